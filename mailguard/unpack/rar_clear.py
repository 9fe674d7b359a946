"""A RAR archive of the same packed bytes, without encryption, as programs read it that know no password of their own.

In: files as rarfile describes them, and their packed bytes in the clear. Out: an archive of version 3 or 5 with these files under
numbers, the checksums left out where the format allows: who asks compares them himself.
"""

import struct
import zlib
from collections.abc import Iterable

import rarfile

from mailguard.unpack.rar_blocks import Packed

_END_3 = 0x4000
_DATE = 0x21 << 16


def archive(files: Iterable[tuple[Packed, bytes]], *, five: bool) -> bytes:
    """All files in this order; of stored ones what encryption added is cut off."""
    write = _file_5 if five else _file_3
    cut = [(file, packed[: file.size] if file.stored else packed) for file, packed in files]
    solid = any(file.solid for file, _ in cut)
    body = b"".join(write(number, file, packed) for number, (file, packed) in enumerate(cut))
    if five:
        return (
            bytes(rarfile.RAR5_ID) + _block_5(b"\x01\x00" + _vint(4 if solid else 0)) + body + _block_5(b"\x05\x00\x00")
        )
    head = _block_3(rarfile.RAR_BLOCK_MAIN, rarfile.RAR_MAIN_SOLID if solid else 0, bytes(6))
    return bytes(rarfile.RAR_ID) + head + body + _block_3(rarfile.RAR_BLOCK_ENDARC, _END_3, b"")


def _file_3(number: int, file: Packed, packed: bytes) -> bytes:
    info, name = file.info, str(number).encode()
    flags = rarfile.RAR_LONG_BLOCK | info.flags & rarfile.RAR_FILE_DICTMASK | rarfile.RAR_FILE_SOLID * file.solid
    fields = rarfile.S_FILE_HDR.pack(
        len(packed), file.size, rarfile.RAR_OS_UNIX, file.crc or 0, _DATE, info.extract_version, info.compress_type,
        len(name), 0o100644,
    )  # fmt: skip
    return _block_3(rarfile.RAR_BLOCK_FILE, flags, fields + name) + packed


def _file_5(number: int, file: Packed, packed: bytes) -> bytes:
    name, info = str(number).encode(), file.info
    fields = (0, file.size, 0o100644, info.file_compress_flags, rarfile.RAR5_OS_UNIX, len(name))
    head = b"\x02" + _vint(rarfile.RAR5_BLOCK_FLAG_DATA_AREA) + _vint(len(packed)) + b"".join(map(_vint, fields)) + name
    return _block_5(head) + packed


def _block_3(kind: int, flags: int, body: bytes) -> bytes:
    rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest


def _block_5(body: bytes) -> bytes:
    sized = _vint(len(body)) + body
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _vint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
