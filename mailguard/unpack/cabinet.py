"""Cabinet files (MS-CAB): whether one is what its headers say. libarchive writes beyond its memory on some that are not.

In: a cabinet, with or without bytes behind it. Out: what is wrong with it. Nothing is unpacked.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_HEAD = struct.Struct("<4s4xI4xI4x2B3H4x")  # mark, size, first file, version, folders, files, flags (§2.1)
_FOLDER = struct.Struct("<I2H")  # first block, blocks, compression (§2.2)
_FILE = struct.Struct("<2IH6x")  # size, offset, folder (§2.3); its name follows
_BLOCK = struct.Struct("<I2H")  # checksum, packed, unpacked (§2.4)
_PREVIOUS, _NEXT, _RESERVED = 1, 2, 4
_SPANNING = 0xFFFD  # numbers of folders from here on go over to another cabinet
_MOST = 32_768  # bytes that a block unpacks to
_GROWN = 6_144  # and that it may be longer when packed


@dataclass(frozen=True, slots=True)
class _Head:
    size: int
    first_file: int
    folders: int
    files: int
    at: int
    folder_reserve: int
    block_reserve: int


def fault(data: bytes) -> str:
    """What is wrong, "" if nothing."""
    try:
        head = _head(data)
        whole = data[: head.size]
        reaches, left = [], head.size
        for number in range(head.folders):
            packed, unpacked = _folder(whole, head, number, left)
            left -= packed
            reaches.append(unpacked)
        for size, offset, folder in _files(whole, head):
            if folder < _SPANNING and offset + size > reaches[folder]:
                return "a file that its folder is too short for"
    except (struct.error, ValueError, IndexError):
        return "not what its headers say"
    return ""


def _head(data: bytes) -> _Head:
    mark, size, first_file, _, _, folders, files, flags = _HEAD.unpack_from(data)
    if mark != b"MSCF" or flags & ~(_PREVIOUS | _NEXT | _RESERVED) or not first_file <= size <= len(data):
        raise ValueError
    at, folder_reserve, block_reserve = _HEAD.size, 0, 0
    if flags & _RESERVED:
        reserve, folder_reserve, block_reserve = struct.unpack_from("<H2B", data, at)
        at += 4 + reserve
    for flag in (_PREVIOUS, _NEXT):
        for _ in range(2 if flags & flag else 0):  # name and disk of the other cabinet
            at = data.index(b"\0", at) + 1
    return _Head(size, first_file, folders, files, at, folder_reserve, block_reserve)


def _folder(data: bytes, head: _Head, number: int, most: int) -> tuple[int, int]:
    """Bytes of all its blocks, of which there are at most so many, and what they unpack to. Raises ValueError."""
    first, blocks, _ = _FOLDER.unpack_from(data, head.at + number * (_FOLDER.size + head.folder_reserve))
    at, total = first, 0
    for _ in range(blocks):
        checksum, packed, unpacked = _BLOCK.unpack_from(data, at)
        start = at + _BLOCK.size + head.block_reserve
        block = data[start : start + packed]
        if len(block) < packed or unpacked > _MOST or packed > _MOST + _GROWN or start + packed - first > most:
            raise ValueError
        if checksum and checksum != _checksum(data[at + 4 : start]) ^ _checksum(block):
            raise ValueError
        total += unpacked
        at = start + packed
    return at - first, total


def _checksum(data: bytes) -> int:
    """All words exclusive-or'ed; of those left over the first is the highest (§3.1)."""
    words = len(data) // 4
    return int(np.bitwise_xor.reduce(np.frombuffer(data, "<u4", words), initial=0)) ^ int.from_bytes(data[words * 4 :])


def _files(data: bytes, head: _Head) -> Iterator[tuple[int, int, int]]:
    at = head.first_file
    for _ in range(head.files):
        size, offset, folder = _FILE.unpack_from(data, at)
        yield size, offset, folder
        at = data.index(b"\0", at + _FILE.size) + 1
