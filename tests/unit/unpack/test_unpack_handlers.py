"""Every format: what comes out, and what becomes a Problem instead."""

import base64
import datetime as dt
import io
import re
import zipfile
import zlib

import openpyxl
import pytest
import unpack_samples as make

from mailguard.model import BODY, HEADERS, HTML, PartInfo, Problem, ProblemKind, Table, Text
from mailguard.unpack import csv as csv_handler
from mailguard.unpack import html as html_handler
from mailguard.unpack import image, signature, sniff
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import HANDLERS, Leaf


def kinds(items: list[Text | Table | Problem]) -> list[ProblemKind]:
    return [item.kind for item in items if isinstance(item, Problem)]


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.NAME)
def test_every_handler_has_a_sample_it_opens_and_tells_its_limits(handler) -> None:
    found = [data for name, data in make.samples() if name == handler.NAME]
    assert found
    assert re.fullmatch(r"[A-Z].*\.", handler.LIMITATIONS)
    for data in found:
        part = make.Part(("file",), data)
        first = next(one for one in HANDLERS if one.matches(part, sniff.sniff(data)))
        assert first is handler
        assert list(handler.open_part(part, Budget(Limits(), len(data)))) or handler is signature


def test_a_list_in_a_zip_in_a_zip_in_a_mail_is_read_in_tree_order() -> None:
    inner = make.zipped({"会員.csv": make.csv(), "ソ表.txt": b"hello"})
    outer = make.zipped({"名簿.zip": inner})
    attached = b'Content-Type: application/zip; name="a.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    eml = make.mail(b"\r\nhello", attached + base64.encodebytes(outer), head="From: a@example.com\r\nSubject: x\r\n")
    out = make.opened(eml, "a.eml")
    paths = [one.path for one in out if isinstance(one, PartInfo)]
    zip_path = ("a.eml", "a.zip", "名簿.zip")
    assert paths == [
        ("a.eml",), ("a.eml", BODY), zip_path[:2], zip_path, (*zip_path, "会員.csv"), (*zip_path, "ソ表.txt")
    ]  # fmt: skip
    tables = [one for one in out if isinstance(one, Leaf) and isinstance(one.item, Table)]
    assert [one.item.rows for one in tables] == [make.ROWS]
    assert tables[0].key == make.digest(make.csv())
    assert [one.depth for one in out if isinstance(one, PartInfo)] == [0, 1, 1, 2, 3, 3]


def test_an_encrypted_zip_still_shows_its_names() -> None:
    items = make.leaves(make.encrypted(make.zipped({"会員.csv": make.csv()})), "名簿.zip")
    assert [(item.kind, item.path) for item in items] == [(ProblemKind.ENCRYPTED, ("名簿.zip", "会員.csv"))]
    assert items[0].key


def test_names_with_the_utf8_flag_and_stored_and_bzip2_members() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("髙﨑.csv", make.csv())
        assert make.leaves(out.getvalue()) == [Table(("file", "髙﨑.csv"), make.ROWS)]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda data: data.replace(zlib.crc32(make.csv()).to_bytes(4, "little"), b"\1\2\3\4"), ProblemKind.DAMAGED),
        (lambda data: data.replace(len(make.csv()).to_bytes(4, "little"), b"\1\0\0\0"), ProblemKind.DAMAGED),
        (lambda data: data[:-30], ProblemKind.DAMAGED),
        (lambda data: data.replace(b"a.csv", b"b.txt", 1), ProblemKind.AMBIGUOUS),
        (lambda data: make.zipped({"hidden.csv": b"x"})[:60] + data, ProblemKind.AMBIGUOUS),
    ],
    ids=["checksum", "lying size", "no directory", "two names", "unlisted member"],
)
def test_a_zip_that_two_readers_would_read_differently_is_a_problem_and_read_all_the_same(change, kind) -> None:
    items = make.leaves(change(make.zipped({"a.csv": make.csv()})))
    assert kind in kinds(items)
    assert any(isinstance(item, Table) and item.rows == make.ROWS for item in items)


def test_overlapping_members_are_damaged() -> None:
    data = make.zipped({"a.csv": make.csv(), "b.csv": make.csv()})
    second = data.rfind(b"PK\x01\x02")
    overlapping = data[: second + 42] + b"\0\0\0\0" + data[second + 46 :]
    assert ProblemKind.DAMAGED in kinds(make.leaves(overlapping))


def test_an_unknown_zip_method_is_named() -> None:
    data = make.zipped({"a.csv": b"x"}).replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x5d\x00")
    assert make.leaves(data)[0].detail == "ZIP method 93"


@pytest.mark.parametrize("codec", ["cp932", "utf-8", "utf-8-sig", "utf-16", "euc_jp"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_table_in_any_charset_with_any_delimiter(codec: str, delimiter: str) -> None:
    assert make.leaves(make.csv(codec, delimiter), "list.txt") == [Table(("list.txt",), make.ROWS)]


def test_quotes_ragged_rows_and_titles_stay_as_they_are() -> None:
    text = '会員一覧\n作成日 2024\n氏名,住所\n"山田, 太郎","東京都\n港区"\n佐藤\n鈴木,大阪,余り\n'
    (table,) = make.leaves(text.encode(), "a.csv")
    assert table.rows == [
        ["会員一覧"], ["作成日 2024"], ["氏名", "住所"], ["山田, 太郎", "東京都\n港区"], ["佐藤"], ["鈴木", "大阪", "余り"]
    ]  # fmt: skip


def test_full_width_commas_and_quotes_are_no_delimiters() -> None:
    (table,) = make.leaves("a,b\n1，2,＂3＂\n".encode(), "a.csv")
    assert table.rows == [["a", "b"], ["1，2", "＂3＂"]]


def test_a_lone_quote_does_not_swallow_the_rest() -> None:
    text = "氏名,電話\n" + '5" 山田,090\n' + '"佐藤,080\n' + "鈴木,070\n" * 50
    (table,) = make.leaves(text.encode(), "a.csv")
    assert len(table.rows) == 53


def test_excel_may_declare_its_delimiter() -> None:
    (table,) = make.leaves("sep=;\r\n氏名;電話\r\n山田;090\r\n".encode(), "a.csv")
    assert table.rows == [["氏名", "電話"], ["山田", "090"]]


@pytest.mark.parametrize(
    "text",
    [
        "Dear Sir,\n\nwe are glad to tell you, with all due respect, that the course starts.\nYours,\nA. Smith\n",
        "これは文章です。表ではありません。\n次の行です。\n",
        "Thank you, and goodbye.\nSee you, soon I hope.\n",
    ],
)
def test_prose_with_commas_is_text(text: str) -> None:
    assert make.leaves(text.encode(), "a.txt") == [Text(("a.txt",), text)]


def test_a_body_is_never_a_table() -> None:
    assert isinstance(make.leaves(make.csv(), BODY)[0], Text)
    assert not csv_handler.matches(make.Part((BODY,), make.csv()), sniff.TEXT)


def test_workbooks_are_read_with_hidden_sheets_numbers_and_dates() -> None:
    book = make.workbook()
    for state in ("hidden", "veryHidden"):
        sheet = book.create_sheet(state)
        sheet.append([9012345678.0, 1.5, dt.datetime(1980, 1, 2), dt.datetime(2024, 1, 2, 3, 4), True])  # noqa: DTZ001 - cells know no zone
        sheet.sheet_state = state
    out = make.opened(make.saved(book), "a.xlsx")
    values = ["9012345678", "1.5", "1980-01-02", "2024-01-02 03:04:00", "TRUE"]
    found = [one for one in out if isinstance(one, Leaf) and not isinstance(one.item, Text)]
    assert [(one.item.path, one.item.rows) for one in found] == [
        (("a.xlsx", "会員"), make.ROWS), (("a.xlsx", "hidden"), [values]), (("a.xlsx", "veryHidden"), [values])
    ]  # fmt: skip
    assert {one.key for one in found} == {make.digest(make.saved(book))} or len({one.key for one in found}) == 1


def test_furigana_is_not_glued_to_the_cell() -> None:
    shared = (
        '<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1">'
        '<si><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh><phoneticPr fontId="1"/></si></sst>'
    )
    cell = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    types = '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    relation = '<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="/xl/sharedStrings.xml"/>'

    def change(name: str, data: bytes) -> bytes:
        if name.endswith("sheet1.xml"):
            return re.sub(rb"<sheetData>.*</sheetData>", f"<sheetData>{cell}</sheetData>".encode(), data)
        if name == "[Content_Types].xml" and b"sharedStrings" not in data:
            return data.replace(b"</Types>", types.encode() + b"</Types>")
        if name.endswith("workbook.xml.rels") and b"sharedStrings" not in data:
            return data.replace(b"</Relationships>", relation.encode() + b"</Relationships>")
        return shared.encode() if name == "xl/sharedStrings.xml" else data

    data = make.saved(make.workbook())
    missing = (
        {}
        if "xl/sharedStrings.xml" in zipfile.ZipFile(io.BytesIO(data)).namelist()
        else {"xl/sharedStrings.xml": shared.encode()}
    )
    assert make.leaves(make.rezipped(data, change, missing)) == [Table(("file", "会員"), [["山田"]])]


@pytest.mark.parametrize("corner", ["XFD1048576", "CV100000"], ids=["beyond the limit", "within it, and empty"])
def test_two_cells_at_the_far_corners_are_too_big_and_not_opened(corner: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = book.active[corner] = "x"
    assert kinds(make.leaves(make.saved(book))) == [ProblemKind.TOO_BIG]


def test_comments_page_headers_and_pictures_of_a_workbook_are_seen() -> None:
    book = make.workbook()
    book.active["A1"].comment = openpyxl.comments.Comment("注記 鈴木一郎", "author")
    book.active.oddHeader.center.text = "部外秘 高橋"
    data = make.rezipped(make.saved(book), lambda _, data: data, {"xl/media/image1.png": make.png(300, 300)})
    items = make.leaves(data, "a.xlsx")
    text = "\n".join(item.text for item in items if isinstance(item, Text))
    assert "鈴木一郎" in text
    assert "高橋" in text
    assert kinds(items) == [ProblemKind.NOT_READ]


def test_an_encrypted_workbook_is_named_so() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
    assert kinds(make.leaves(data)) == [ProblemKind.ENCRYPTED]


def test_pdf_pages_are_joined_by_form_feeds() -> None:
    (text,) = make.leaves(make.pdf("Hello", "World"))
    assert text.text.startswith("Hello\fWorld\f")  # its title comes last


def test_a_locked_pdf_is_encrypted() -> None:
    assert kinds(make.leaves(make.pdf("Hello", locked=True))) == [ProblemKind.ENCRYPTED]


def test_a_page_that_is_a_picture_is_not_read() -> None:
    items = make.leaves(make.pdf("Hello", picture=make.png(50, 50)))
    assert kinds(items) == [ProblemKind.NOT_READ]
    assert items[1].detail.startswith("page 2: ")


def test_html_breaks_at_blocks_and_gives_its_tables_twice() -> None:
    page = (
        "<html><head><style>p{}</style></head><body><p>一行目<br>二行目</p><script>var x</script>"
        "<table><tr><th>氏名</th><th>電話</th></tr><tr><td><b>山田</b> 太郎</td><td>090</td></tr></table><!-- no -->終</body></html>"
    )
    text, table = make.leaves(page.encode(), HTML, media_type="text/html")
    assert text.text.split("\n") == ["一行目", "二行目", "氏名\t電話", "山田 太郎\t090", "終"]
    assert table.rows == [["氏名", "電話"], ["山田 太郎", "090"]]


def test_html_nested_too_deep_for_the_parser_loses_nothing() -> None:
    page = "<html><body>" + "<div>" * 5000 + "<p>深い山田</p>" + "</div>" * 5000 + "後の佐藤</body></html>"
    (text,) = make.leaves(page.encode())
    assert "深い山田" in text.text
    assert "後の佐藤" in text.text


def test_html_without_a_tree_drops_tags_comments_and_scripts() -> None:
    assert html_handler.tagless("<p>a<!-- b --><script>c</script>d &amp; e</p>1<2") == "ad & e\n1<2"


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (make.png(3, 4), (3, 4)),
        (b"GIF89a\x03\0\x04\0", (3, 4)),
        (b"BM" + b"\0" * 12 + b"\x28\0\0\0\x03\0\0\0\xfc\xff\xff\xff" + b"\0" * 10, (3, 4)),
        (b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x11\x08\x00\x04\x00\x03\x03" + b"\0" * 9, (3, 4)),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\x02\0\0\x03\0\0", (3, 4)),
        (b"\x89PNG", (0, 0)),
    ],
    ids=["png", "gif", "bmp", "jpeg", "webp", "cut off"],
)
def test_the_size_of_an_image_is_in_its_header(data: bytes, size: tuple[int, int]) -> None:
    assert image.size(data) == size


def test_small_and_inline_images_pass_and_others_do_not() -> None:
    assert make.leaves(make.png(200, 200)) == []
    assert kinds(make.leaves(make.png(201, 200))) == [ProblemKind.NOT_READ]
    assert make.leaves(make.png(900, 900), inline=True) == []
    assert kinds(make.leaves(make.png(100, 100) + b"x" * 300_000)) == [ProblemKind.NOT_READ]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"7z\xbc\xaf\x27\x1c" + bytes(range(256)), ProblemKind.DAMAGED),
        (b"\x28\xb5\x2f\xfd" + bytes(600), ProblemKind.DAMAGED),
        (b"xar!" + bytes(range(256)), ProblemKind.UNKNOWN_FORMAT),
        (bytes(range(256)) * 8, ProblemKind.UNKNOWN_FORMAT),
        (b"=ybegin line=128 size=3 name=a\n=yend size=3\n", ProblemKind.DAMAGED),
        (b"(This file must be converted with BinHex 4.0)\n\n:abc:\n", ProblemKind.DAMAGED),
        (b"-----BEGIN PGP MESSAGE-----\n\nabc\n", ProblemKind.ENCRYPTED),
        (b"x\nN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8E=52\n", ProblemKind.NOT_READ),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, kind: ProblemKind) -> None:
    assert kinds(make.leaves(data)) == [kind]


def test_empty_files_pass() -> None:
    assert make.leaves(b"") == []


def test_escapes_of_json_and_xml_are_undone() -> None:
    written = rb'{"name": "\u5c71\u7530 \ud842\udfb7 &#x592a;"}'
    (text,), (table,) = make.leaves(b"log: " + written), make.leaves(written)
    assert text.text == 'log: {"name": "山田 𠮷 太"}'
    assert table.rows == [["name"], ["山田 𠮷 太"]]


def test_a_nested_mail_shows_its_headers_and_body() -> None:
    inner = b"From: =?utf-8?B?5bGx55Sw?= <a@example.com>\r\nSubject: x\r\n\r\nhello\r\n"
    items = make.leaves(inner, "a.eml")
    assert [item.path for item in items] == [("a.eml", HEADERS), ("a.eml", BODY)]
    assert "山田" in items[0].text


def test_part_of_a_message_is_not_the_message() -> None:
    data = b"From: a@example.com\r\nSubject: x\r\n\r\nhello"
    assert kinds(make.leaves(data, media_type="message/partial")) == [ProblemKind.NOT_READ]


def test_an_exception_of_a_handler_tells_its_type_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicError(BaseException):
        pass

    def panic(part, budget):
        yield Text(part.path, "before")
        raise PanicError("山田太郎")

    monkeypatch.setattr(HANDLERS[-1], "open_part", panic)
    items = make.leaves(b"hello")
    assert items[0] == Text(("file",), "before")
    assert (items[1].kind, items[1].detail) == (ProblemKind.DAMAGED, "PanicError")


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        (Limits(depth=1), ProblemKind.TOO_DEEP),
        (Limits(files=2), ProblemKind.TOO_MANY),
        (Limits(member_bytes=20), ProblemKind.TOO_BIG),
        (Limits(total_bytes=100), ProblemKind.TOO_BIG),
        (Limits(cells=2), ProblemKind.TOO_BIG),
        (Limits(text_chars=2), ProblemKind.TOO_BIG),
        (Limits(ratio_floor_bytes=1_000), ProblemKind.RATIO),
    ],
)
def test_every_limit_hit_is_named(limits: Limits, kind: ProblemKind) -> None:
    inner = make.zipped({"a.csv": make.csv(), "b.txt": b"hello", "zeros.txt": b"0" * 300_000})
    assert kind in kinds(make.leaves(make.zipped({"inner.zip": inner}), limits=limits))


def test_a_branch_over_its_limit_leaves_the_others_readable() -> None:
    data = make.zipped({"big.txt": b"hello " * 50, "a.csv": make.csv()})
    items = make.leaves(data, limits=Limits(member_bytes=100))
    assert kinds(items) == [ProblemKind.TOO_BIG]
    assert items[0].path == ("file", "big.txt")
    assert items[1] == Table(("file", "a.csv"), make.ROWS)
