"""What a workbook holds beside the cells it shows, and how far these reach."""

import struct

import pytest
import unpack_samples as make

from mailguard.model import Problem, ProblemKind, Table, Text
from mailguard.unpack import biff12, sheet_range
from mailguard.unpack.budget import Budget, LimitError, Limits

BUDGET = Budget(Limits(), 10)


def with_members(members: dict[str, bytes]) -> list[Text | Table | Problem]:
    return make.leaves(make.rezipped(make.saved(make.workbook()), lambda _, data: data, members))


def test_the_rows_behind_a_pivot_table_are_a_table() -> None:
    definition = (
        '<pivotCacheDefinition><cacheField name="氏名"><sharedItems><s v="山田 太郎"/><s v="佐藤 花子"/></sharedItems></cacheField>'
        '<cacheField name="電話番号"><sharedItems/></cacheField></pivotCacheDefinition>'
    )
    records = '<pivotCacheRecords><r><x v="1"/><n v="9012345678.0"/></r><r><x v="0"/><s v="03-1234-5678"/></r></pivotCacheRecords>'
    relations = '<Relationships><Relationship Id="r" Type="t/pivotCacheRecords" Target="pivotCacheRecords1.xml"/></Relationships>'
    members = {
        "xl/pivotCache/pivotCacheDefinition1.xml": definition.encode(),
        "xl/pivotCache/pivotCacheRecords1.xml": records.encode(),
        "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels": relations.encode(),
    }
    rows = [["氏名", "電話番号"], ["佐藤 花子", "9012345678"], ["山田 太郎", "03-1234-5678"]]
    assert Table(("file",), rows) in with_members(members)
    del members["xl/pivotCache/pivotCacheRecords1.xml"]
    assert Table(("file",), [["氏名", "電話番号"], ["山田 太郎", ""], ["佐藤 花子", ""]]) in with_members(members)


def test_a_cache_of_many_columns_and_values_is_counted() -> None:
    values = "".join(f'<s v="{number}"/>' for number in range(9_000))
    columns = '<cacheField name="a"><sharedItems/></cacheField>' * 9_000
    definition = f'<pivotCacheDefinition><cacheField name="b"><sharedItems>{values}</sharedItems></cacheField>{columns}</pivotCacheDefinition>'
    items = with_members({"xl/pivotCache/pivotCacheDefinition1.xml": definition.encode()})
    assert [item.kind for item in items if isinstance(item, Problem)] == [ProblemKind.TOO_BIG]


def test_rows_of_another_workbook_that_are_kept_are_a_table() -> None:
    link = '<externalLink><sheetData><row r="1"><cell r="A1" t="str"><v>山田</v></cell><cell r="B1"><v>090</v></cell></row></sheetData></externalLink>'
    assert Table(("file",), [["山田", "090"]]) in with_members({"xl/externalLinks/externalLink1.xml": link.encode()})


def test_cells_without_a_value_may_reach_to_the_corner() -> None:
    filled = b'<row><c r="A1"><v>1</v></c></row>'
    sheet_range.check(filled + b'<row><c r="XFD1048576" s="1"/></row>', BUDGET)
    with pytest.raises(LimitError):
        sheet_range.check(filled + b'<row><c r="XFD1048576" t="a/><v>1</v></c></row>', BUDGET)


def test_cells_without_a_place_are_counted_and_an_odd_place_is_not_guessed() -> None:
    sheet_range.check(b"<row><c><v>1</v></c><c><v>2</v></c></row>", BUDGET)
    with pytest.raises(LimitError):
        sheet_range.check(b'<row r="1048576">' + b"<c/>" * 16_384 + b"</row>", BUDGET)
    with pytest.raises(LimitError, match="cannot be told"):
        sheet_range.check(b'<row><c t=">" r="XFD1048576"><v>1</v></c></row>', BUDGET)


PLACED = b'<row r="2"><c r="B2" s="1" t="s"><v>1</v></c><c r="D2"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("content", "area"),
    [
        (PLACED, 3),
        (PLACED + b'<row r="9"><c r="Z9" s="1"/></row><cols><col min="1"/></cols>', 3),
        (PLACED + b'<row r="9"><c r="Z9" t="a/"></c></row>', 25 * 8),
        (PLACED + b'<row r="9"><c s="1" r="Z9"><v>1</v></c></row>', 25 * 8),
        (PLACED + b'<x:row r="9"><x:c r="Z9"><v>1</v></x:c></x:row>', 25 * 8),
        (PLACED + b'<row r="9"><c\nr="Z9"><v>1</v></c></row>', 25 * 8),
        (PLACED + b"<row r=\"9\"><c r='Z9'><v>:c</v></c></row>", 25 * 8),
        (PLACED + b"<row><c><v>1</v></c></row>", 4 * 4),
    ],
)
def test_however_cells_are_written_their_range_is_told(
    monkeypatch: pytest.MonkeyPatch, content: bytes, area: int
) -> None:
    areas: list[int] = []
    monkeypatch.setattr(sheet_range, "check_filled", lambda area, *_: areas.append(area))
    monkeypatch.setattr(sheet_range, "_STRETCH", 40)
    sheet_range.check(content, BUDGET)
    assert areas == [area]


def test_binary_members_give_their_strings_and_how_far_they_reach() -> None:
    def record(kind: int, data: bytes) -> bytes:
        return bytes((kind, len(data))) + data

    text = "注釈 山田"
    comment = record(0x70, b"\0" + struct.pack("<I", len(text)) + text.encode("utf-16-le"))
    assert biff12.text(comment, BUDGET) == text
    corners = b"".join(record(0, struct.pack("<II", row, 0)) + record(5, struct.pack("<II", column, 0)) for row, column in ((0, 0), (1_048_575, 16_383)))  # fmt: skip
    with pytest.raises(LimitError):
        biff12.text(corners, BUDGET)


def test_a_member_that_is_broken_is_named_and_its_cells_are_not_trusted() -> None:
    items = with_members({"xl/worksheets/sheet9.xml": b"\xff\xfe<\0w\0"})
    assert [item.kind for item in items if isinstance(item, Problem)] == [ProblemKind.DAMAGED]
    assert not any(isinstance(item, Table) for item in items)
