"""A list in a notation or a place that people seldom look at is read all the same; what looks like it and is not, is left alone."""

import base64
import io
import struct
import zipfile
import zlib
from urllib.parse import quote

import ole_samples as ole
import openpyxl
import pytest
import unpack_samples as make
from openpyxl.styles.stylesheet import Stylesheet  # noqa: F401 - makes openpyxl.writer importable by itself
from openpyxl.writer.theme import theme_xml
from PIL import Image

from mailguard.model import BODY, HTML, Problem, Table, Text
from mailguard.unpack import ascii85, escapes, html_data, short_lines, spread

NAMES = [f"山田{sign}" for sign in "太次三四五六七八九十"]
PEOPLE = [f"{name} 090-1234-56{number:02}" for number, name in enumerate(NAMES)]
LONGER = "\n".join(
    f"{name} 090-{n * 7_919 % 9_000 + 1_000}-{n * 104_729 % 9_000 + 1_000}" for n, name in enumerate(NAMES * 4)
).encode()
ALL = "\n".join(PEOPLE).encode()
LETTERS = [list(one.replace(" ", "")) for one in PEOPLE]
SEEN, NAME = "090-1234-5607", NAMES[7]


def lines(packed: str | bytes, width: int = 76) -> bytes:
    text = packed.decode("ascii") if isinstance(packed, bytes) else packed
    return "\n".join(text[at : at + width] for at in range(0, len(text), width)).encode() + b"\n"


def png(kind: bytes, body: bytes) -> bytes:
    whole = make.png(300, 300)
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return whole[:33] + chunk + whole[33:]


def jpeg(body: bytes) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 300)).save(out, "JPEG")
    return b"\xff\xd8\xff\xe9" + struct.pack(">H", len(body) + 2) + body + out.getvalue()[2:]


def rtf(group: str, data: bytes) -> bytes:
    return f"{{\\rtf1 hello{{\\*\\{group} ".encode() + lines(data.hex(), 128) + b"}}"


def theme(*members: tuple[str, bytes]) -> bytes:
    """As Word puts one into an RTF."""
    out = io.BytesIO()
    types = '<Types><Override PartName="/theme/theme/theme1.xml" ContentType="application/vnd.openxmlformats-officedocument.theme+xml"/></Types>'
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("theme/theme/theme1.xml", theme_xml)
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def book(rows: list[list[str]]) -> bytes:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    return make.saved(workbook)


ZIP = make.zipped({"a.txt": ALL})
WAYS = {
    "Ascii85": ("a.txt", lines(base64.a85encode(ALL))),
    "Ascii85 of Adobe": ("a.txt", b"see <~" + lines(base64.a85encode(ALL)) + b"~>"),
    "Ascii85 in one line": (BODY, base64.a85encode(ALL)),
    "Ascii85 of a ZIP": (BODY, "お知らせ\n\n".encode() + lines(base64.a85encode(ZIP))),
    "RFC 1924": ("a.txt", lines(base64.b85encode(ALL))),
    "zlib": ("a.bin", zlib.compress(ALL)),
    "zlib in base64": ("a.txt", lines(base64.b64encode(zlib.compress(LONGER)))),
    "zlib in figures": ("a.txt", lines(zlib.compress(LONGER).hex())),
    "figures with blanks": ("a.txt", lines(ALL.hex(" "), 48)),
    "figures as a program shows them": ("a.txt", "".join(f"{at:08x}: {ALL[at : at + 16].hex(' ', 2)}  ....\n" for at in range(0, len(ALL), 16)).encode()),
    "addresses of links": ("a.txt", quote(ALL).encode()),
    "private chunk": ("a.png", png(b"prVt", ALL)),
    "names in a private chunk": ("a.png", png(b"prVt", "\n".join(NAMES).encode())),
    "zlib in a private chunk": ("a.png", png(b"prVt", zlib.compress(ALL))),
    "ZIP in a private chunk": ("a.png", png(b"prVt", ZIP)),
    "names for a profile of colours": ("a.png", png(b"iCCP", b"x\0\0" + zlib.compress("\n".join(NAMES).encode()))),
    "names in a segment": ("a.jpg", jpeg("\n".join(NAMES).encode())),
    "theme of an RTF": ("a.rtf", rtf("themedata", ZIP)),
    "beside the theme of an RTF": ("a.rtf", rtf("themedata", theme(("theme/a.txt", ALL)))),
    "data of add-ins in an RTF": ("a.rtf", rtf("datastore", ALL)),
    "streams for add-ins in an RTF": ("a.rtf", rtf("datastore", b"\1\5\0\0Msxml2" + ole.ole(**{"MsoDataStore/a/Item": ALL}))),
    "colours of an RTF": ("a.rtf", rtf("colorschememapping", "\n".join(NAMES).encode("utf-16"))),
    "a letter a cell": ("a.csv", "\n".join(",".join(row) for row in LETTERS).encode("cp932")),
    "a letter a cell, downwards": ("a.xlsx", book([[sign] for row in LETTERS for sign in (*row, " ")])),
    "a person a column": ("a.xlsx", book([list(row) for row in zip(*LETTERS, strict=True)])),
}  # fmt: skip
PAGES = {
    "ids": "".join(f"<i id='m{one.replace(' ', '_').replace('-', '_')}'></i>" for one in PEOPLE),
    "tags": "".join(f"<x-{one.replace(' ', '-')}>x</x-{one.replace(' ', '-')}>" for one in PEOPLE),
    "names in a comment": f"<!-- {' '.join(NAMES)} {' '.join(NAMES)} -->",
    "names of classes": "".join(f"<i class='{name}'></i><i class='{name}様'></i>" for name in NAMES),
}


def said(name: str, data: bytes) -> str:
    found = make.leaves(data, name, media_type="text/html" if name == HTML else "")
    return "\n".join(item.text if isinstance(item, Text) else str(getattr(item, "rows", "")) for item in found)


@pytest.mark.parametrize("way", WAYS)
def test_a_list_is_read(way: str) -> None:
    assert NAME in said(*WAYS[way])


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize("name", ["a.html", HTML])
def test_a_list_that_no_page_shows_is_read(place: str, name: str) -> None:
    assert NAME in said(name, f"<html><body><p>お知らせ</p>{PAGES[place]}</body></html>".encode())


def test_names_in_a_comment_of_a_script_are_read_in_files() -> None:
    page = f"<html><body><p>x</p><script>/* {' '.join(NAMES)} */ go('あ') // {NAME}様</script></body></html>"
    assert f"{NAME} " in said("a.html", page.encode())
    assert f"{NAME}様" in said("a.html", page.encode())


USUAL = {
    "RTF of Word": ("a.rtf", rtf("themedata", theme())),
    "RTF with an empty store": ("a.rtf", rtf("datastore", b"\1\5\0\0Msxml2" + ole.ole())),
    "RTF with a list of sources": ("a.rtf", rtf("datastore", ole.ole(**{"MsoDataStore/a/Item": b'<b:Sources StyleName="APA"/>'.ljust(4_100)}))),
    "RTF with colours": ("a.rtf", rtf("colorschememapping", b'<?xml version="1.0"?><a:clrMap bg1="lt1" tx1="dk1"/>')),
    "RTF with ids of pictures": ("a.rtf", rtf("blipuid", bytes(range(16)) * 8)),
}  # fmt: skip


@pytest.mark.parametrize("file", USUAL)
def test_what_word_writes_itself_is_no_content(file: str) -> None:
    assert make.leaves(USUAL[file][1], "a.rtf") == [Text(("a.rtf",), "hello")]


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/" + "a1!$&'()*+,;=:@-._~/?" * 12,
        "function(a,b){return a*b;};" * 12,
        "=-=" * 30 + "\n" + "=-=" * 30 + "\n" + "=-=" * 30 + "\n",
        "".join(f"{(number * 7919) % 251:02x}:" for number in range(60)),
    ],
    ids=["address", "program", "rule", "fingerprint"],
)
def test_long_words_are_no_files(text: str) -> None:
    assert [type(item) for item in make.leaves(text.encode(), BODY)] == [Text]


def test_a_comment_of_a_template_is_not_read_in_a_body() -> None:
    page = "<html><body><!-- ヘッダー開始 --><p class='本文'>お知らせ</p><!-- ここまで 担当 山田太郎 --></body></html>"
    assert said(HTML, page.encode()) == "お知らせ"


def test_a_table_of_marks_is_no_writing() -> None:
    marks = [["○", "×", "1", "0"] * 5 for _ in range(30)]
    assert spread.cells(marks) == ""
    items = make.leaves("\n".join(",".join(row) for row in marks).encode("cp932"), "a.csv")
    assert [type(item) for item in items] == [Table]


def test_links_in_a_body_stay_as_they_are() -> None:
    link = "https://example.com/" + quote("京都の祭り" * 4)
    assert said(BODY, link.encode()) == link
    assert "京都の祭り" in said("a.txt", link.encode())


def test_zlib_of_nothing_known_is_a_problem() -> None:
    noise = bytes(range(256)) * 20
    assert [type(item) for item in make.leaves(zlib.compress(noise))] == [Problem]


@pytest.mark.parametrize("piece", ["<~", "!~" * 20 + "\n", "!" * 250, "z" * 50 + "!\n", "0a ", "00 0\n", "<~!!~>"])
def test_time_is_linear(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    assert list(ascii85.files(text)) == []
    assert list(short_lines.files(text)) == []
    assert escapes.unquoted(text, links=True) == text
    assert html_data._lines("'あ'" + "/*" + text) != ""
