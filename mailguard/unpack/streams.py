"""Compressed streams that Python reads itself: gzip, bzip2, xz, lzma, one after the other as in a file; Deflate inside other formats.

In: bytes. Out: chunks. Raises EOFError when the last stream is cut off, ValueError when other bytes follow it.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Generator, Iterator

from mailguard.unpack.member import CHUNK

_STEP = 1 << 16  # input at a time: what is left over is copied in each round
_MEMORY = 256 * 1024 * 1024  # of the dictionary that an xz stream asks for


GZIP, ZLIB, DEFLATE = 31, zlib.MAX_WBITS, -zlib.MAX_WBITS
"""What is around the same compressed bytes: a header of gzip (RFC 1952), one of zlib (RFC 1950), nothing (RFC 1951)."""


class Inflate:
    """zlib's object with the manners of the others. around: GZIP, ZLIB or DEFLATE."""

    def __init__(self, around: int) -> None:
        self._inner = zlib.decompressobj(around)
        self._rest = b""

    @property
    def eof(self) -> bool:
        """Whether its end was reached."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """What follows the end."""
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        """Whether all that was given is used up."""
        return not self._rest

    def decompress(self, data: bytes, most: int) -> bytes:
        """The next bytes, at most so many."""
        out = self._inner.decompress(self._rest + data, most)
        self._rest = self._inner.unconsumed_tail
        return out


_Kind = Inflate | bz2.BZ2Decompressor | lzma.LZMADecompressor
STREAMS: dict[str, Callable[[], _Kind]] = {
    "application/gzip": lambda: Inflate(GZIP),
    "application/zlib": lambda: Inflate(ZLIB),
    "application/x-bzip2": bz2.BZ2Decompressor,
    "application/x-xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY),
    "application/x-lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY),
}
"""By media type."""


def read(data: bytes, kind: str) -> Iterator[bytes]:
    """What is in all streams of a file."""
    rest = data
    while rest.strip(b"\0") or rest is data:
        stream = STREAMS[kind]()
        try:
            at = yield from one(stream, rest)
        except (zlib.error, lzma.LZMAError, OSError):
            if rest is data:
                raise
            raise ValueError("other bytes after the end") from None
        rest = stream.unused_data + rest[at:]


def one(stream: _Kind, data: bytes | memoryview) -> Generator[bytes, None, int]:
    """The chunks of one stream, whatever follows it; how far into `data` it was read. Raises EOFError when it is cut off."""
    at = 0
    while not stream.eof:
        piece = bytes(data[at : at + _STEP]) if stream.needs_input else b""
        at += len(piece)
        if chunk := stream.decompress(piece, CHUNK):
            yield chunk
        elif at >= len(data) and stream.needs_input and not stream.eof:
            raise EOFError  # only now: zlib may hold back the end of what it was given
    return at


def only(stream: _Kind, data: bytes | memoryview) -> Iterator[bytes]:
    """The chunks of one stream with nothing behind it. Raises ValueError when other bytes follow."""
    at = yield from one(stream, data)
    if at < len(data) or stream.unused_data:
        raise ValueError("other bytes after the end")
