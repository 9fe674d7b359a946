"""Made-up archives of formats that no library at hand writes: LZH and RAR with stored files, and the programs to read them."""

import gzip
import io
import struct
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator

import py7zr

from mailguard.model import ProblemKind
from mailguard.unpack.tools import TOOLS, ToolError, not_installed


class Programs:
    """Starts the programs themselves; how they are locked down is tested elsewhere."""

    def __init__(self, *without: str) -> None:
        self.without = without

    def run(self, tool, arguments, data, most=100_000_000):
        if tool in self.without:
            raise not_installed(tool)
        path = next(each.path for each in TOOLS if each.name == tool)
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            command = [path, *(argument.replace("{input}", file.name) for argument in arguments)]
            done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=20, check=False)
        if done.returncode:
            raise ToolError(ProblemKind.DAMAGED, f"program {tool} failed", done.stdout)
        return done.stdout[:most]


def samples() -> Iterator[tuple[str, bytes]]:
    """One for each handler, by its NAME."""
    members = {"list.csv": b"a,b\r\n1,2\r\n"}
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.writestr(members["list.csv"], "list.csv")
    yield "7z", out.getvalue()
    yield "RAR", rar(members)
    yield "LZH", lzh(members)
    yield "Self-extracting archives", b"MZ" + bytes(200) + rar(members)
    yield "gzip, zlib, bzip2, xz, lzma, zstd, lz4, lzip, compress", gzip.compress(members["list.csv"])
    yield "tar, cpio, ar, cab, ISO 9660", tar(members)


def cab(members: dict[str, bytes], *, size: int = 0, flags: int = 0, checksum: int = 0) -> bytes:
    """Stored files in one folder of one block. size, flags: that its header lies about."""
    content = b"".join(members.values())
    files, at = b"", 0
    for name, data in members.items():
        files += struct.pack("<2I4H", len(data), at, 0, 0x21, 0, 0x20) + name.encode("cp932") + b"\0"
        at += len(data)
    first = 36 + 8
    block = struct.pack("<I2H", checksum, len(content), len(content)) + content
    total = size or first + len(files) + len(block)
    head = struct.pack("<4s5I2B5H", b"MSCF", 0, total, 0, first, 0, 3, 1, 1, len(members), flags, 0, 0)
    return head + struct.pack("<I2H", first + len(files), 1, 0) + files + block


def tar(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT, encoding: str = "utf-8") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding=encoding) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def lzh(members: dict[str, bytes], codec: str = "cp932") -> bytes:
    """Headers of level 0, method -lh0-."""
    out = b""
    for name, data in members.items():
        raw = name.encode(codec)
        rest = struct.pack("<5sIIIBBB", b"-lh0-", len(data), len(data), 0x21, 0x20, 0, len(raw)) + raw
        rest += struct.pack("<H", _crc16(data))
        out += struct.pack("<BB", len(rest), sum(rest) & 0xFF) + rest + data
    return out + b"\0"


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def rar(members: dict[str, bytes], *, encrypted: bool = False) -> bytes:
    """Version 3, stored; `encrypted` sets the flag alone: what is inside is noise to any reader."""
    out = b"Rar!\x1a\x07\x00" + _block(0x73, 0, b"\0" * 6)
    for name, data in members.items():
        raw = name.encode("ascii")
        fields = struct.pack(
            "<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 0x21 << 16, 29, 0x30, len(raw), 0x20
        )
        salt = b"saltsalt" if encrypted else b""
        flags = 0x8000 | (0x0404 if encrypted else 0)
        out += _block(0x74, flags, fields + raw + salt) + data
    return out + _block(0x7B, 0x4000, b"")


def _block(kind: int, flags: int, body: bytes) -> bytes:
    rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest
