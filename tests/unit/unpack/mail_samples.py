"""Made-up S/MIME, mailboxes, uuencoded files, and files of a Mac."""

import binascii
import re
import struct
import zlib
from collections.abc import Iterator

PKCS7, ZIPPED = "2a864886f70d0107", "2a864886f70d0109100109"


def der(tag: int, *values: bytes) -> bytes:
    data = b"".join(values)
    size = len(data).to_bytes(max(1, (len(data).bit_length() + 7) // 8), "big")
    return bytes((tag,)) + (bytes((len(data),)) if len(data) < 128 else bytes((0x80 | len(size),)) + size) + data


def ber(tag: int, *values: bytes) -> bytes:
    """The same with indefinite length."""
    return bytes((tag, 0x80)) + b"".join(values) + b"\0\0"


def oid(digits: str) -> bytes:
    return der(6, bytes.fromhex(digits))


def signed(content: bytes | None, build=der) -> bytes:
    """SignedData without signers; the octets in pieces where the lengths are indefinite."""
    inside = b""
    if content is not None:
        pieces = [der(4, content[at : at + 100]) for at in range(0, len(content), 100)]
        inside = build(0xA0, build(0x24, *pieces) if build is ber else der(4, content))
    data = build(0x30, der(2, b"\1"), der(0x31), build(0x30, oid(PKCS7 + "01"), inside), der(0x31))
    return build(0x30, oid(PKCS7 + "02"), build(0xA0, data))


def uuencoded(name: str, data: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    return b"begin 644 " + name.encode("cp932") + b"\n" + lines + b"`\nend\n"


def yencoded(name: str, data: bytes, *, crc: int | None = None, part: tuple[int, int] | None = None) -> bytes:
    """part: begin and total of the whole file, of which `data` is one piece."""
    signs = bytearray()
    for byte in data:
        sign = (byte + 42) % 256
        signs += bytes((ord("="), (sign + 64) % 256)) if sign in b"\0\r\n=" else bytes((sign,))
    lines = b"".join(bytes(signs[at : at + 100]) + b"\r\n" for at in range(0, len(signs), 100))
    crc = zlib.crc32(data) if crc is None else crc
    size = part[1] if part else len(data)
    begin = f"=ybegin{' part=1 total=2' if part else ''} line=100 size={size} name=".encode() + name.encode() + b"\r\n"
    piece = f"=ypart begin={part[0]} end={part[0] + len(data) - 1}\r\n".encode() if part else b""
    return begin + piece + lines + f"=yend size={len(data)} {'p' * bool(part)}crc32={crc:08x}\r\n".encode()


_BINHEX = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"


def binhexed(name: str, data: bytes, resources: bytes = b"") -> bytes:
    """Runs of four and more written short."""
    raw = name.encode("cp932")
    head = bytes((len(raw),)) + raw + b"\0TEXTttxt" + bytes(2) + struct.pack(">II", len(data), len(resources))
    plain = b"".join(piece + struct.pack(">H", binascii.crc_hqx(piece, 0)) for piece in (head, data, resources))
    packed = re.sub(
        rb"\x90|([^\x90])\1{3,100}",
        lambda run: run[1] + b"\x90" + bytes((len(run[0]),)) if run[1] else b"\x90\0",
        plain,
    )
    bits = "".join(f"{byte:08b}" for byte in packed)
    signs = "".join(_BINHEX[int(bits[at : at + 6].ljust(6, "0"), 2)] for at in range(0, len(bits), 6)) + ":"
    lines = "\r\n".join(signs[at : at + 63] for at in range(0, len(signs), 63))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n:" + lines.encode() + b"\r\n"


def apple(*entries: tuple[int, bytes], magic: bytes = b"\0\5\x16\7") -> bytes:
    at, table = 26 + 12 * len(entries), b""
    for kind, value in entries:
        table += struct.pack(">III", kind, at, len(value))
        at += len(value)
    return magic + bytes(20) + struct.pack(">H", len(entries)) + table + b"".join(value for _, value in entries)


MBOX = b"From - Mon Nov  2 10:00:00 2026\nFrom: a@example.jp\nSubject: 1\n\nhello\n\nFrom a@example.jp Mon Nov  2 10:00:00 2026\nSubject: 2\n\n>From me\n"
PGP = b"\x85\x00\x0b\3" + bytes(8) + b"\1\2" + b"\xd2\x03\1ab"


def samples() -> Iterator[tuple[str, bytes]]:
    yield "S/MIME (p7m, p7s)", signed(b"hello")
    yield "Mailboxes (mbox)", MBOX
    yield "Files of a Mac (AppleDouble, AppleSingle)", apple((3, b"hello"))
    yield "OpenPGP (encrypted)", PGP
    yield "yEnc", yencoded("a.txt", b"hello")
