"""Numbers in bytes that no reader gives: fields of pictures for programs, records and objects of PDF and SQLite that nothing points at."""

import io
import json
import struct
import zlib

import data_samples
import pikepdf
import pytest
import unpack_samples as make

from mailguard.model import Table, Text
from mailguard.unpack import unseen

PEOPLE = [f"山田 太郎{number} 090-1234-56{number:02d}" for number in range(12)]
ALL = " / ".join(PEOPLE)
SEEN = "090-1234-5607"
CSV = "\r\n".join(PEOPLE).encode("cp932")
ICON = make.png(50, 50)


def png(kind: bytes, body: bytes) -> bytes:
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return ICON[:-12] + chunk + ICON[-12:]


def picture(form: str) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (50, 50)).save(out, form)
    return out.getvalue()


def jpeg(marker: int, body: bytes) -> bytes:
    data = picture("JPEG")
    return data[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + data[2:]


def gif() -> bytes:
    blocks = b"".join(bytes([len(CSV[at : at + 255])]) + CSV[at : at + 255] for at in range(0, len(CSV), 255))
    return b"GIF89a\x0a\0\x0a\0\0\0\0!\xff\x0bAAAAAAAA1.0" + blocks + b"\0;"


def bmp() -> bytes:
    data = bytearray(picture("BMP"))
    struct.pack_into("<I", data, 10, 54 + len(CSV))
    data[54:54] = CSV
    return bytes(data)


def pdf(change) -> bytes:
    with pikepdf.open(io.BytesIO(make.pdf("Hello"))) as file:
        change(file)
        out = io.BytesIO()
        file.save(out)
    return out.getvalue()


def stream(file: pikepdf.Pdf) -> None:
    file.Root.X = file.make_indirect(pikepdf.Stream(file, CSV))


def zipped(file: pikepdf.Pdf) -> None:
    file.Root.X = file.make_indirect(pikepdf.Stream(file, make.zipped({"a.txt": CSV})))


def strings(file: pikepdf.Pdf) -> None:
    file.Root.PieceInfo = pikepdf.Dictionary(A=pikepdf.Array([pikepdf.String(one) for one in PEOPLE]))


def names(file: pikepdf.Pdf) -> None:
    for number, one in enumerate(PEOPLE):
        file.Root[f"/X{number}"] = pikepdf.Name("/" + one.replace(" ", "_"))


def keys(file: pikepdf.Pdf) -> None:
    for one in PEOPLE:
        file.Root["/" + one.replace(" ", "_")] = 1


def maker(file: pikepdf.Pdf) -> None:
    file.trailer.Info = file.make_indirect(pikepdf.Dictionary(Author=pikepdf.String(ALL)))


def contents(more: bytes):
    def change(file: pikepdf.Pdf) -> None:
        file.pages[0].Contents = pikepdf.Stream(file, file.pages[0].Contents.read_bytes() + more)

    return change


ACTUAL = b"/Span <</ActualText <FEFF" + ALL.encode("utf-16-be").hex().encode() + b">>> BDC EMC"
SAMPLES = {
    "png: a private chunk": png(b"prVt", CSV),
    "png: a profile of colours": png(b"iCCP", b"c\0\0" + zlib.compress(CSV)),
    "png: UTF-16": png(b"prVt", ALL.encode("utf-16-le")),
    "jpeg: a segment of some program": jpeg(0xEF, CSV),
    "jpeg: a profile of colours": jpeg(0xE2, b"ICC_PROFILE\0\1\1" + CSV),
    "gif: a block of some program": gif(),
    "bmp: before the pixels": bmp(),
    "tiff: behind": picture("TIFF") + CSV,
    "webp: a chunk of some program": picture("WEBP") + b"ABCD" + struct.pack("<I", len(CSV)) + CSV,
    "sqlite: behind": data_samples.sqlite("create table t(a)", "insert into t values(1)") + CSV,
    "dbf: behind": data_samples.dbf() + CSV,
    "pdf: a stream that nothing shows": pdf(stream),
    "pdf: a ZIP in a stream": pdf(zipped),
    "pdf: strings of some program": pdf(strings),
    "pdf: names": pdf(names),
    "pdf: keys": pdf(keys),
    "pdf: the maker": pdf(maker),
    "pdf: comments of a page": pdf(contents(b"\n% " + "\n% ".join(PEOPLE).encode())),
    "pdf: text instead of marks": pdf(contents(b"\n" + ACTUAL)),
    "svg: letters apart": (
        "<svg>"
        + "".join(f"<text>{''.join(f'<tspan>{sign}</tspan>' for sign in one)}</text>" for one in PEOPLE)
        + "</svg>"
    ).encode(),
    "text: bytes as escapes": "\n".join("".join(f"\\x{byte:02x}" for byte in one.encode()) for one in PEOPLE).encode(),
    "json: keys": json.dumps(dict.fromkeys(PEOPLE, 1)).encode(),
    "xml: instructions": f"<?xml version='1.0'?><?x {ALL}?><r><a>1</a><?x {ALL}?></r>".encode(),
}


def said(data: bytes) -> str:
    return "".join(
        item.text if isinstance(item, Text) else str(item.rows)
        for item in make.leaves(data)
        if isinstance(item, Text | Table)
    )


@pytest.mark.parametrize("place", SAMPLES)
def test_what_no_reader_shows_is_read(place: str) -> None:
    assert SEEN in said(SAMPLES[place])


def test_two_numbers_of_a_maker_and_packed_data_say_nothing() -> None:
    assert unseen.words(b"support 03-1234-5678, fax 03-1234-5679", "") == ""
    assert unseen.words(CSV, ALL) == ""
    assert make.leaves(png(b"prVt", bytes(range(256)) * 40)) == make.leaves(ICON)


def test_time_is_linear() -> None:
    for piece in (b"0", b"-", b"090-", b"+81", b"\0" * 9 + b"0"):
        assert unseen.words(piece * (1_000_000 // len(piece)), "") == ""
