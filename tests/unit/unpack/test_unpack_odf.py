"""OpenDocument files: texts, sheets, notes, and what hides beside them."""

import office_samples as office
import pytest
import unpack_samples as make

from mailguard.model import Problem, ProblemKind, Table, Text

ROW = "<table:table-row>{}</table:table-row>"
CELL = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
ROWS = [["氏名", "電話番号"], ["山田 太郎", "090-1234-5678"]]


def table(rows: list[list[str]], name: str = "会員") -> str:
    lines = "".join(ROW.format("".join(CELL.format("", cell) for cell in row)) for row in rows)
    return f'<table:table table:name="{name}">{lines}</table:table>'


def test_a_text_with_its_table() -> None:
    data = office.odf("text", "<text:p>前</text:p>" + table(ROWS) + "<text:h>後</text:h>")
    assert make.leaves(data) == [
        Text(("file",), "前\n後"), Table(("file",), ROWS)
    ]  # fmt: skip


def test_spans_are_one_word_and_what_stands_apart_is_not_glued_to_it() -> None:
    content = (
        "<text:p>山<text:span>田</text:span><office:annotation><dc:creator>鈴木</dc:creator><text:p>注釈</text:p></office:annotation>"
        '太郎<text:s text:c="2"/>様<text:ruby><text:ruby-base>佐藤</text:ruby-base><text:ruby-text>さとう</text:ruby-text></text:ruby>'
        '<text:a xlink:href="mailto:a@example.com">連絡先</text:a><text:note><text:note-body><text:p>脚注</text:p></text:note-body></text:note>'
        "<draw:text-box><text:p>箱</text:p></draw:text-box></text:p>"
        "<text:tracked-changes><text:deletion><text:p>消した</text:p></text:deletion></text:tracked-changes>"
    )
    (found,) = make.leaves(office.odf("text", content))
    assert found.text == "山田太郎  様佐藤連絡先\n注釈\nさとう\na@example.com\n脚注\n箱\n消した"


def test_sheets_are_tables_under_their_names_with_numbers_as_they_are() -> None:
    cells = CELL.format(' office:value-type="float" office:value="9012345678"', "9,012,345,678") + CELL.format(
        ' office:value-type="date" office:date-value="1980-01-02"', "55.1.2"
    )
    note = "<table:table-cell><office:annotation><text:p>注釈</text:p></office:annotation><text:p>x</text:p></table:table-cell>"
    data = office.odf("spreadsheet", f'<table:table table:name="隠し">{ROW.format(cells + note)}</table:table>')
    assert make.leaves(data) == [Text(("file",), "注釈"), Table(("file", "隠し"), [["9012345678", "1980-01-02", "x"]])]


@pytest.mark.parametrize(
    "repeated",
    [
        "<table:table-row table:number-rows-repeated='900'><table:table-cell>{}</table:table-cell></table:table-row>",
        "<table:table-row><table:table-cell table:number-columns-repeated='900'>{}</table:table-cell></table:table-row>",
    ],
)
def test_repeated_text_is_counted_as_often_as_it_comes(repeated: str) -> None:
    row = repeated.format(f"<text:p>{'a b ' * 50_000}</text:p>")
    items = make.leaves(office.odf("spreadsheet", f"<table:table table:name='a'>{row}</table:table>"))
    assert [item.kind for item in items] == [ProblemKind.TOO_BIG]


def test_repeated_cells_and_rows_cost_what_they_say() -> None:
    row = (
        '<table:table-row table:number-rows-repeated="{}"><table:table-cell table:number-columns-repeated="2"><text:p>a</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="{}"/>{}</table:table-row>'
    )
    end = CELL.format("", "b")
    data = office.odf("spreadsheet", f"<table:table>{row.format(2, 1, end)}{row.format(1, 16_000, '')}</table:table>")
    (found,) = make.leaves(data)
    assert found.rows == [["a", "a", "", "b"], ["a", "a", "", "b"], ["a", "a"]]
    empty = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    assert make.leaves(office.odf("spreadsheet", f"<table:table>{empty}</table:table>")) == []
    filled = row.format(1_000_000, 1, end)
    (found,) = make.leaves(office.odf("spreadsheet", f"<table:table>{filled}</table:table>"))
    assert len(found.rows) == 1_000


def test_a_sheet_of_endless_empty_cells_before_the_last_one_is_too_big() -> None:
    row = f'<table:table-row><table:table-cell table:number-columns-repeated="9999999"/>{CELL.format("", "b")}</table:table-row>'
    items = make.leaves(office.odf("spreadsheet", f"<table:table>{row * 6}</table:table>"))
    assert [item.kind for item in items] == [ProblemKind.TOO_BIG]


def test_headers_properties_and_files_inside() -> None:
    members = {
        "styles.xml": '<s xmlns:text="text"><text:p>頭</text:p></s>',
        "meta.xml": '<m xmlns:dc="dc" xmlns:meta="meta"><dc:title>題</dc:title><dc:creator>鈴木</dc:creator><meta:generator>x</meta:generator></m>',
        "Object 1/content.xml": '<c xmlns:text="text"><text:p>図</text:p></c>',
        "Pictures/a.png": make.png(300, 300),
        "Object 2": make.saved(make.workbook()),
        "Thumbnails/thumbnail.png": make.png(256, 256),
    }
    items = make.leaves(office.odf("presentation", "<text:p>本文</text:p>", members))
    assert items[0] == Text(("file",), "本文\f頭\f題\f図")
    assert [item.path for item in items[1:]] == [("file", "a.png"), ("file", "Object 2", "会員")]


def test_with_a_password_or_without_content_it_is_named() -> None:
    manifest = {"META-INF/manifest.xml": "<m><encryption-data/></m>"}
    items = make.leaves(office.odf("text", "<text:p>x</text:p>", manifest))
    assert [item.kind for item in items] == [ProblemKind.ENCRYPTED]
    assert [item.kind for item in make.leaves(office.odf("text", "<x>"))] == [ProblemKind.DAMAGED]
    bare = office.package({"mimetype": "application/vnd.oasis.opendocument.text"})
    assert [item.kind for item in make.leaves(bare) if isinstance(item, Problem)] == [ProblemKind.DAMAGED]
