"""Where an archive ends by its own count: what stands behind is read by no unpacker of its format.

In: the bytes. Out: the offset of the first byte behind it; the length of the file where the format does not tell, or it is cut off.
"""

import struct
from collections.abc import Callable
from typing import Final

from mailguard.unpack import sniff

_BLOCK: Final = 512
_CPIO = b"TRAILER!!!\0"
_SECTOR: Final = 2048
_ZSTD, _LZ4 = b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"


def behind(data: bytes, kind: str) -> bytes:
    """The bytes behind the end of an archive of this media type."""
    find = _ENDS.get(kind)
    try:
        end = find(data) if find else len(data)
    except (struct.error, IndexError, ValueError):
        return b""  # cut off, which its reader tells
    return data[end:] if 0 < end < len(data) else b""


def _seven_zip(data: bytes) -> int:
    offset, size = struct.unpack_from("<2Q", data, 12)
    return int(32 + offset + size)


def _cab(data: bytes) -> int:
    return int(struct.unpack_from("<I", data, 8)[0])


def _tar(data: bytes) -> int:
    """Behind the first block of NULs, where readers stop."""
    at = 0
    while at + _BLOCK <= len(data) and any(data[at : at + _BLOCK]):
        at += _BLOCK + -(-tar_size(data[at : at + _BLOCK]) // _BLOCK) * _BLOCK
    return at + _BLOCK


def tar_size(header: bytes) -> int:
    """The bytes of a member: octal figures, or base 256 where they do not reach. Raises ValueError."""
    field = header[124:136]
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    return int(field.strip(b" \0") or b"0", 8)


def _cpio(data: bytes) -> int:
    at = data.rfind(_CPIO)
    return -(-(at + len(_CPIO)) // 4) * 4 if at >= 0 else len(data)


def _iso(data: bytes) -> int:
    sectors = struct.unpack_from("<I", data, 16 * _SECTOR + 80)[0]
    return int(sectors) * _SECTOR


def _lzh(data: bytes) -> int:
    """Headers of levels 0 to 2, until one of no length."""
    at = 0
    while at < len(data) and data[at]:
        level, packed = data[at + 20], struct.unpack_from("<I", data, at + 7)[0]
        if level == 2:
            at += struct.unpack_from("<H", data, at)[0] + packed
        elif level in {0, 1}:
            at += data[at] + 2 + packed
        else:
            return len(data)
    return at + 1


def _zstd(data: bytes) -> int:
    """Frames one after the other (RFC 8878 §3.1.1)."""
    at = 0
    while data.startswith(_ZSTD, at):
        flags = data[at + 4]
        single, checksum = flags >> 5 & 1, flags >> 2 & 1
        at += 5 + (1 - single) + (0, 1, 2, 4)[flags & 3] + ((single, 2, 4, 8)[flags >> 6])
        last = 0
        while not last:
            head = int.from_bytes(data[at : at + 3], "little")
            last, kind, size = head & 1, head >> 1 & 3, head >> 3
            if at + 3 > len(data):
                raise IndexError
            at += 3 + (1 if kind == 1 else size)
        at += 4 * checksum
    return at


def _lz4(data: bytes) -> int:
    """Frames one after the other (LZ4 Frame Format 1.6)."""
    at = 0
    while data.startswith(_LZ4, at):
        flags = data[at + 4]
        at += 7 + 8 * (flags >> 3 & 1) + 4 * (flags & 1)
        while size := struct.unpack_from("<I", data, at)[0]:
            at += 4 + (size & 0x7FFFFFFF) + 4 * (flags >> 4 & 1)
        at += 4 + 4 * (flags >> 2 & 1)
    return at


_ENDS: dict[str, Callable[[bytes], int]] = {
    sniff.SEVEN_ZIP: _seven_zip,
    sniff.CAB: _cab,
    sniff.TAR: _tar,
    "application/x-cpio": _cpio,
    "application/x-iso9660-image": _iso,
    sniff.LZH: _lzh,
    "application/zstd": _zstd,
    "application/x-lz4": _lz4,
}
