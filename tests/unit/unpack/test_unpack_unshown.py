"""A list where a document keeps words that no page shows: attributes, comments of XML, formulas, streams of no program, bytes of no object."""

import io

import office_samples as office
import ole_samples as ole
import openpyxl
import pytest
import unpack_samples as make

from mailguard.model import Table, Text
from mailguard.unpack import formulas, shared_strings

PEOPLE = [f"山田 太郎{number} 090-1234-56{number:02d}" for number in range(12)]
ALL = " / ".join(PEOPLE)
SEEN = "090-1234-5607"
CSV = "\r\n".join(line.replace(" 0", ",0") for line in PEOPLE).encode("cp932")
NAMES = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"


def docx(member: str, content: str | bytes) -> bytes:
    return office.docx(office.paragraph("お知らせ"), {member: content})


def pptx(member: str, content: str) -> bytes:
    return office.pptx(["お知らせ"], {member: content})


def xlsx(member: str, content: str) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["お知らせ"])
    return make.rezipped(make.saved(book), lambda _, data: data, {member: content.encode()})


def strings(*more: str) -> bytes:
    """A workbook with one shared string in a cell, and others in none."""
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    items = "".join(f"<si><t>{text}</t></si>" for text in ("お知らせ", *more))
    table = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{items}</sst>'
    return make.rezipped(
        make.saved(book),
        lambda name, data: (
            data.replace(b'<c r="A1" t="n"><v>1</v>', b'<c r="A1" t="s"><v>0</v>').replace(
                b"</Relationships>",
                b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
            )
            if "rels/workbook" in name or "sheet1" in name
            else data
        ),
        {"xl/sharedStrings.xml": table.encode()},
    )


def formula(*texts: str) -> bytes:
    book = openpyxl.Workbook()
    for row in PEOPLE:
        book.active.append([f'="{row}"' if not texts else "=" + "&".join(f'"{sign}"' for sign in row)])
    return make.saved(book)


def odt(member: str, content: str | bytes) -> bytes:
    return office.odf("text", "<text:p>x</text:p>", {member: content})


def rtf(group: bytes) -> bytes:
    return b"{\\rtf1\\ansi\\ansicpg932 hello{" + group + b"}}"


def attributes(element: str, name: str) -> str:
    return "".join(f"<{element} {name}='{one}'/>" for one in PEOPLE)


PDF = make.pdf("Hello")
SAMPLES = {
    "docx: bookmarks": office.docx(attributes("w:bookmarkStart", "w:name")),
    "docx: tags": office.docx(f"<w:sdt><w:sdtPr>{attributes('w:tag', 'w:val')}</w:sdtPr></w:sdt>"),
    "docx: unknown attributes": office.docx(attributes("w:p", "w:rsidR")),
    "docx: styles": docx("word/styles.xml", f"<w:styles {NAMES}>{attributes('w:name', 'w:val')}</w:styles>"),
    "docx: people": docx("word/people.xml", f"<w:people {NAMES}>{attributes('w:person', 'w:author')}</w:people>"),
    "docx: a comment of XML": office.docx(f"<!-- {ALL} -->"),
    "docx: an instruction": office.docx(f"<?program {ALL}?>"),
    "docx: names of properties": docx(
        "docProps/custom.xml", f"<Properties>{attributes('property', 'name')}</Properties>"
    ),
    "pptx: tags": pptx("ppt/tags/tag1.xml", f"<p>{attributes('tag', 'val')}</p>"),
    "pptx: sections": pptx("ppt/x.xml", f"<p>{attributes('section', 'name')}</p>"),
    "xlsx: styles": xlsx("xl/more.xml", f"<styleSheet>{attributes('cellStyle', 'name')}</styleSheet>"),
    "xlsx: connections": xlsx("xl/connections.xml", f"<connections>{attributes('dbPr', 'command')}</connections>"),
    "xlsx: formulas": formula(),
    "xlsx: formulas, sign by sign": formula("joined"),
    "xlsx: strings in no cell": strings(*PEOPLE),
    "odt: settings": odt("settings.xml", f"<s><config-item>{ALL}</config-item></s>"),
    "odt: layout": odt("layout-cache", CSV),
    "odt: manifest": odt("META-INF/manifest.xml", f"<m>{attributes('file-entry', 'full-path')}</m>"),
    "odt: a comment of XML": office.odf("text", f"<!-- {ALL} -->"),
    "doc: a stream of no program": ole.doc([("x\r", False)], Hidden="\r\n".join(PEOPLE).encode("utf-16-le")),
    "doc: behind": ole.doc([("x\r", False)]) + "\r\n".join(PEOPLE).encode("utf-16-le"),
    "xls: a stream of no program": ole.xls([(0, 0, "x")], Hidden=CSV),
    "object: a text instead of macros": ole.ole(Macros=CSV),
    "rtf: bytes": rtf(b"\\pict\\wbitmap0\\bin%d " % len(CSV) + CSV),
    "rtf: picture of letters": rtf(b"\\pict\\pngblip " + CSV.hex().encode()),
    "rtf: names of fonts": rtf(b"\\fonttbl{\\f0 " + ALL.encode("cp932") + b";}"),
    "rtf: names of fonts, sign by sign": rtf(
        b"\\fonttbl{\\f0 " + b"".join(b"\\u%d?" % ord(sign) for sign in ALL) + b";}"
    ),
    "rtf: a group for programs": rtf(b"\\stylesheet{\\s1 " + ALL.encode("cp932") + b";}"),
    "pdf: in front": CSV + PDF,
    "pdf: behind": PDF + CSV,
    "pdf: a ZIP behind": PDF + make.zipped({"a.csv": CSV}),
    "pdf: between objects": PDF.replace(b"endobj\n", b"endobj\n" + CSV + b"\n", 1),
}


def said(data: bytes) -> str:
    return "".join(
        item.text if isinstance(item, Text) else str(item.rows)
        for item in make.leaves(data)
        if isinstance(item, Text | Table)
    )


@pytest.mark.parametrize("place", SAMPLES)
def test_what_no_page_shows_is_read(place: str) -> None:
    assert SEEN in said(SAMPLES[place])


def test_names_of_makers_fonts_and_layout_are_no_writing() -> None:
    body = (
        office.paragraph("x")
        + "<w:ins w:author='山田 太郎'/><w:rFonts w:eastAsia='ＭＳ 明朝'/><w:p w:rsidR='00A1B2C3'/>"
    )
    assert make.leaves(office.docx(body)) == [Text(("file",), "x")]


def test_strings_of_cells_are_told_once() -> None:
    (table,) = make.leaves(strings())
    assert table.rows == [["お知らせ"]]
    rich = "<sst><si><r><t>山</t></r><r><t xml:space='preserve'>田 </t></r><rPh><t>ヤマダ</t></rPh></si><si><t>a&amp;b_x000D_</t></si></sst>"
    assert shared_strings.unseen(rich.encode(), {"山田", "a&b"}) == []
    assert shared_strings.unseen(rich.encode(), {"a&b"}) == ["山田 "]


def test_a_formula_says_its_own_texts() -> None:
    sheet = b'<row r="1"><c r="A1"><f>"090"&amp;"-1"</f></c><c><f>IF(A2,"x ""y""",3)</f></c><c><f>SUM(A1:A2)</f></c></row><row/>'
    assert formulas.rows(sheet) == [["090-1", 'x "y"']]


def test_bytes_of_a_document_that_say_nothing_are_left_out() -> None:
    noise = io.BytesIO(bytes(range(256)) * 20).getvalue()
    assert [type(item) for item in make.leaves(ole.doc([("x\r", False)], Hidden=noise) + noise)] == [Text]
    assert [type(item) for item in make.leaves(PDF + noise)] == [Text]
