"""Made-up files, one builder per format; and the shortest way to open one."""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import archive_samples
import data_samples
import mail_samples
import office_samples
import ole_samples
import openpyxl
import outlook_samples
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from mailguard.model import Part, PartInfo, Problem, Table, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import Leaf, unpack

ROWS = [["氏名", "電話番号"], ["山田 太郎", "090-1234-5678"], ["佐藤 花子", "03-1234-5678"]]

PGP_SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCgAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n"


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def opened(data: bytes, name: str = "file", limits: Limits | None = None, **declared: object) -> list[Leaf | PartInfo]:
    part = Part((name,), data, **declared)
    return list(unpack(part, Budget(limits or Limits(), len(data)), digest))


def leaves(
    data: bytes, name: str = "file", limits: Limits | None = None, **declared: object
) -> list[Text | Table | Problem]:
    """Without the empty texts that say that something was read, and nothing is written in it."""
    items = [out.item for out in opened(data, name, limits, **declared) if isinstance(out, Leaf)]
    return [item for item in items if not (isinstance(item, Text) and not item.text)]


def csv(codec: str = "cp932", delimiter: str = ",") -> bytes:
    return "".join(delimiter.join(row) + "\r\n" for row in ROWS).encode(codec)


def zipped(members: dict[str, bytes], codec: str = "cp932", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP as Japanese Windows makes it: names in `codec`, no UTF-8 flag."""
    out, listed = io.BytesIO(), []
    for name, data in members.items():
        raw, offset = name.encode(codec), out.tell()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush() if method else data
        fixed = struct.pack("<5H3I2H", 20, 0, method, 0, 33, zlib.crc32(data), len(packed), len(data), len(raw), 0)
        out.write(b"PK\x03\x04" + fixed + raw + packed)
        listed.append(b"PK\x01\x02" + struct.pack("<H", 20) + fixed + struct.pack("<3H2I", 0, 0, 0, 0, offset) + raw)
    start = out.tell()
    directory = b"".join(listed)
    out.write(
        directory + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, len(listed), len(listed), len(directory), start, 0)
    )
    return out.getvalue()


def encrypted(archive: bytes) -> bytes:
    """The same archive with the flag that says its members need a password."""
    data = bytearray(archive)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = "会員"
    for row in ROWS:
        book.active.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rezipped(data: bytes, change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def pdf(*pages: str, locked: bool = False, picture: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1, encrypt=StandardEncryption("user", "owner") if locked else None)
    for text in pages:
        canvas.drawString(72, 720, text)
        canvas.showPage()
    if picture:
        canvas.drawImage(ImageReader(io.BytesIO(picture)), 72, 400, width=280, height=280)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + b"\xff\xff\xff" * width) * height
    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def mail(*parts: bytes, boundary: str = "b", head: str = "", close: bool = True) -> bytes:
    text = f'{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'.encode()
    for part in parts:
        text += b"--" + boundary.encode() + b"\r\n" + part + b"\r\n"
    return text + (b"--" + boundary.encode() + b"--\r\n" if close else b"")


def samples() -> Iterator[tuple[str, bytes]]:
    """At least one sample for every handler, by its NAME."""
    yield "Excel (xlsx, xlsm, xlsb)", saved(workbook())
    yield from archive_samples.samples()
    yield from data_samples.samples()
    yield from office_samples.samples()
    yield from ole_samples.samples()
    yield from outlook_samples.samples()
    yield from mail_samples.samples()
    yield "ZIP", zipped({"名簿.csv": csv()})
    yield "PDF", pdf("Hello", "World")
    yield "Images", png(300, 300)
    yield "Mail (message/rfc822, .eml)", mail(b"\r\nhello", head="From: a@example.com\r\nSubject: x\r\n")
    yield "CSV, TSV", csv()
    yield "HTML", b"<html><body><p>hello</p></body></html>"
    yield "Text", "こんにちは".encode()
    yield "Calendars (iCalendar)", b"BEGIN:VCALENDAR\r\nSUMMARY:hello\r\nEND:VCALENDAR\r\n"
    yield "Address cards (vCard)", b"BEGIN:VCARD\r\nN:Sato;Hanako\r\nEND:VCARD\r\n"
    yield "Address books (LDIF)", b"dn: cn=Hanako Sato\ncn: Hanako Sato\n"
    yield "Signatures (S/MIME, OpenPGP)", PGP_SIGNATURE
