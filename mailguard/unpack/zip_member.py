"""Members of a ZIP that zipfile's own methods do not open: encrypted ones, and deflate64, by stream-unzip.

In: the archive, where a member stands, a password. Out: its bytes in chunks. Both encryptions: ZipCrypto (APPNOTE 6.3.10 §6.1)
and AES (WinZip AE-1, AE-2). The check byte of ZipCrypto lets one wrong password of 256 pass: only the checksum decides.
"""

import struct
import warnings
from collections.abc import Iterator

from stream_unzip import (
    IncorrectPasswordError,
    UnsupportedCompressionTypeError,
    UnsupportedFlagsError,
    UnzipError,
    stream_unzip,
)

FAULTS = (UnzipError, ValueError, OSError, EOFError, IndexError)
"""What a wrong password or a broken member raises; stream-inflate fails with an IndexError at times."""

WRONG = IncorrectPasswordError
UNKNOWN = (UnsupportedCompressionTypeError, UnsupportedFlagsError)

_LOCAL = struct.Struct("<4s5H3I2H")
_DESCRIPTOR = 24  # bytes of the longest data descriptor
_FOLLOWING = b"PK\x01\x02"  # after a member comes another, or the directory
_CHUNK = 1 << 16


def chunks(data: bytes, offset: int, end: int, sizes: tuple[int, int], password: bytes | None) -> Iterator[bytes]:
    """The bytes of the member whose local header is at `offset`; raises one of `FAULTS`.

    sizes: packed and unpacked, by the directory: a header written before its data does not know them. Checked at the end:
    checksum or HMAC, and size.
    """
    mark, version, flags, method, at, day, crc, packed, size, name, extra = _LOCAL.unpack_from(data, offset)
    if flags & 0x8 and not packed and not size:
        packed, size = sizes
    head = _LOCAL.pack(mark, version, flags, method, at, day, crc, packed, size, 0, extra)
    start = offset + _LOCAL.size + name
    member = _pieces(memoryview(data)[start : end + _DESCRIPTOR], head)
    with warnings.catch_warnings():
        # AES in ZIP is defined with 1,000 rounds of SHA-1: the library below says each time that this is weak.
        warnings.simplefilter("ignore", DeprecationWarning)
        _, _, unpacked = next(stream_unzip(member, password, chunk_size=_CHUNK))
        first = next(unpacked, b"")
    yield first
    yield from unpacked


def _pieces(member: memoryview, head: bytes) -> Iterator[bytes]:
    yield head
    for at in range(0, len(member), _CHUNK):
        yield bytes(member[at : at + _CHUNK])
    yield _FOLLOWING * 8  # the descriptor of the last member ends in what follows it
