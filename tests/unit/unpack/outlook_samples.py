"""Made-up mail of Outlook: winmail.dat and .msg, property by property."""

import struct
from collections.abc import Iterator

from mailguard.unpack import compound

ONE_OFF = bytes.fromhex("00000000812b1fa4bea310199d6e00dd010f5402")
LONG_CSV = ("氏名,電話番号\r\n" + "".join(f"山田 太郎{n},090-1234-{n:04}\r\n" for n in range(200))).encode("cp932")


def lzfu(rtf: bytes) -> bytes:
    """Compressed RTF of literals only, and the reference that ends it."""
    out = b""
    for at in range(0, len(rtf), 8):
        chunk = rtf[at : at + 8]
        out += bytes((0 if len(chunk) == 8 else 1 << len(chunk),)) + chunk
    end = (207 + len(rtf)) % 4096 << 4
    out += (b"" if len(rtf) % 8 else b"\x01") + struct.pack(">H", end)
    return struct.pack("<II4sI", len(out) + 12, len(rtf), b"LZFu", 0) + out


def one_off(name: str, address: str) -> bytes:
    """The entry id of somebody who is in no address book."""
    return ONE_OFF + b"\0\0\x01\x90" + f"{name}\0SMTP\0{address}\0".encode("utf-16-le")


def properties(*found: tuple[int, int, bytes]) -> bytes:
    """A list inside a winmail.dat: (id, type, value); several values of a fixed size in one."""
    out = struct.pack("<I", len(found))
    for name, kind, value in found:
        out += struct.pack("<HH", kind, name)
        if name >= 0x8000:
            out += bytes(16) + struct.pack("<II", 1, 6) + "名前\0".encode("utf-16-le") + b"\0\0"
        if kind in {0x1E, 0x1F, 0x0D, 0x102}:
            out += struct.pack("<II", 1, len(value)) + value + bytes(-len(value) % 4)
        else:
            out += value
    return out


def attribute(level: int, name: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def tnef(*attributes: bytes, code_page: int = 932) -> bytes:
    head = b"\x78\x9f\x3e\x22\1\0" + attribute(1, 0x9007, 6, struct.pack("<II", code_page, 0))
    return head + b"".join(attributes)


def attached(name: str, data: bytes, codec: str = "cp932") -> bytes:
    return (
        attribute(2, 0x9002, 6, bytes(14))
        + attribute(2, 0x8010, 1, name.encode(codec) + b"\0")
        + attribute(2, 0x800F, 6, data)
    )


def wide(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def stream(name: int, kind: int, value: int = -1) -> str:
    return f"__substg1.0_{name:04X}{kind:04X}" + (f"-{value:08X}" if value >= 0 else "")


def msg(streams: dict[tuple[str, ...], bytes], code_page: int = 932) -> bytes:
    about = bytes(32) + struct.pack("<HHIII", 3, 0x3FFD, 0, code_page, 0)
    return compound.written({("__properties_version1.0",): about, **streams})


def samples() -> Iterator[tuple[str, bytes]]:
    yield "Outlook mail in one file (winmail.dat, TNEF)", tnef(attribute(1, 0x800C, 2, b"hello\0"))
    yield "Outlook files (msg)", msg({(stream(0x1000, 0x1F),): wide("hello")})
