"""Files that need a password, made up for the tests: ZIP with both encryptions, PDF; and mails that carry them."""

import io
import struct
import zlib
from email.message import EmailMessage

import pyzipper
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

ROWS = [
    ["氏名", "電話番号", "住所"],
    *[
        [f"{family}{given}", f"090-1234-56{number:02d}", f"東京都港区芝{number}-2-3"]
        for number, (family, given) in enumerate(
            [
                ("山田", "太郎"),
                ("佐藤", "花子"),
                ("鈴木", "一郎"),
                ("高橋", "美咲"),
                ("田中", "健太"),
                ("伊藤", "裕子"),
            ],
            1,
        )
    ],
]
CSV = "".join(",".join(row) + "\r\n" for row in ROWS).encode("cp932")
PERSONS = len(ROWS) - 1


def aes_zip(password: bytes, name: str = "会員名簿.csv", data: bytes = CSV) -> bytes:
    """AES-256 (WinZip AE-2)."""
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        archive.setpassword(password)
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        archive.writestr(name, data)
    return out.getvalue()


class _ZipCrypto:
    """Traditional encryption (APPNOTE 6.3.10 §6.1)."""

    def __init__(self, password: bytes) -> None:
        self._keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self._update(byte)

    def encrypt(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            pad = (self._keys[2] | 2) & 0xFFFF
            out.append(byte ^ ((pad * (pad ^ 1) >> 8) & 0xFF))
            self._update(byte)
        return bytes(out)

    def _update(self, byte: int) -> None:
        keys = self._keys
        keys[0] = _crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc(keys[2], keys[1] >> 24)


def _crc(crc: int, byte: int) -> int:
    return zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def zipcrypto_zip(
    password: bytes, name: str = "会員名簿.csv", data: bytes = CSV, *, streamed: bool = False, stored: bool = False
) -> bytes:
    """As most programs of Windows make it. streamed: sizes and checksum follow the data."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = data if stored else packer.compress(data) + packer.flush()
    raw, crc, at, method = name.encode("cp932"), zlib.crc32(data), 0x6A21, 0 if stored else 8
    check = at >> 8 if streamed else crc >> 24
    packed = _ZipCrypto(password).encrypt(b"eleven byte" + bytes([check]) + plain)
    flags = 0x9 if streamed else 0x1
    known = (crc, len(packed), len(data))
    local = struct.pack("<5H3I2H", 20, flags, method, at, 0x5D73, *((0, 0, 0) if streamed else known), len(raw), 0)
    fixed = struct.pack("<5H3I2H", 20, flags, method, at, 0x5D73, *known, len(raw), 0)
    descriptor = b"PK\x07\x08" + struct.pack("<3I", *known) if streamed else b""
    body = b"PK\x03\x04" + local + raw + packed + descriptor
    listed = b"PK\x01\x02" + struct.pack("<H", 20) + fixed + struct.pack("<3H2I", 0, 0, 0, 0, 0) + raw
    return body + listed + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(listed), len(body), 0)


def pdf(user: str, owner: str = "owner") -> bytes:
    """A list as a page. user: the password to open it, "" for none."""
    out = io.BytesIO()
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    canvas = Canvas(out, invariant=1, encrypt=StandardEncryption(user, owner, strength=128))
    canvas.setFont("HeiseiMin-W3", 10)
    for number, row in enumerate(ROWS):
        canvas.drawString(72, 720 - 20 * number, " ".join(row))
    canvas.save()
    return out.getvalue()


def mail(
    body: str,
    *files: tuple[str, bytes],
    subject: str = "ファイル送付の件",
    sender: str = "tantou@tool.example.jp",
    html: str = "",
) -> bytes:
    """With CRLF line ends."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "kyaku@client.example.com", subject
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
