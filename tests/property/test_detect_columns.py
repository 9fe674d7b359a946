"""Work over distinct values of columns gives what work over single cells and rows gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard import normal
from mailguard.detect import forms, kinds, table_arrays
from mailguard.detect.cells import house, houses, tells, tie_form, told, tying
from mailguard.detect.column_finding import finding
from mailguard.detect.columns import Reader
from mailguard.detect.evidence import Values, normalise
from mailguard.detect.folding import fold_all, fold_cell
from mailguard.detect.personal import Personal
from mailguard.detect.persons import Record
from mailguard.detect.rows import packed
from mailguard.detect.ruleset import load, shipped_dir
from mailguard.detect.table_rows import TableRows, block
from mailguard.digest import Digester
from mailguard.model import Kind

PIECES = [
    "山田",
    "太郎",
    "さん",
    "様",
    "氏",
    "1",
    "2",
    "3",
    "10",
    "二十三",
    "〇",
    "一",
    "百",
    "丁目",
    "番地",
    "番地の",
    "番町",
    "番",
    "号室",
    "号",
    "ノ",
    "の",
    "-",
    "ー",
    "〜",
    "#",
    "room",
    "rm.",
    "no.",
    "R",
    "棟",
    "館",
    "東京都",
    "神奈川県",
    "北海道",
    "港区",
    "条",
    "線",
    "髙",
    "﨑",
    "・",
    "ヤマダ",
    "ﾔﾏﾀﾞ",
    "やまだ",
    "ッ",
    "o",
    "ou",
    "oh",
    "@",
    "a@b.jp",
    "info@x.jp",
    "info-@x.jp",
    "aaa@x.jp",
    "x@x.jp",
    "TEST@y.jp",
    "階",
    "建",
    "室",
    "町",
    "08001234567",
    "0901111",
    "null",
    "Null",
    "taRo",
    "shyun",
    "tchi",
    "090-1234-5678",
    "０９０",
    "+81",
    ".0",
    "81",
    "810",
    "<",
    ">",
    "\x1f",
    "\n",
    "²",
    "３",
    "½",
    "ẞ",
    "é",
    "なし",
    "本人",
    "＊＊",
    "N/A",
    "\u3000",
    "\u200b",
    "𠮷",
    "�",
]
cells = st.lists(st.sampled_from([*PIECES, " "]), max_size=6).map("".join)
folded = st.lists(cells.map(fold_cell), min_size=1, max_size=5)
KINDS = (Kind.NAME, Kind.NAME_KANA, Kind.EMAIL, Kind.PHONE, Kind.ADDRESS, Kind.POSTAL_CODE, Kind.SEX)


@settings(max_examples=300, deadline=None)
@given(st.lists(cells, min_size=1, max_size=5))
def test_a_column_folds_as_its_cells_do(values):
    assert fold_all(values) == [fold_cell(value) for value in values]


@settings(max_examples=400, deadline=None)  # the first value loads a dictionary
@given(folded)
def test_forms_and_placeholders_of_many_are_those_of_each(values):
    for kind in KINDS:
        assert forms.forms(kind, values) == [normalise(kind, value) for value in values]
        assert told(kind, values) == [tells(kind, value) for value in values]
    assert forms.readings(values) == [normal.reading(value) for value in values]
    for kind in (Kind.EMAIL, Kind.PHONE):
        assert tying(kind, forms.forms(kind, values)) == [tie_form(kind, value) for value in values]
    found = houses(values, forms.addresses(values))
    assert found == [normal.address(value) if house(value) else "" for value in values]


@pytest.fixture(scope="module")
def layout_of():
    rules = load(shipped_dir())
    every = kinds.build(rules)
    reader = Reader(
        header=rules.header_kind,
        cells={detector.kind: detector.cell for detector in every.all},
        family=every.name.family,
        given=every.name.given,
        labels=rules.headers.labels,
    )

    def layout(rows):
        return reader.layout(rows)

    return layout


FAMILY, GIVEN = ["佐藤", "鈴木", "髙橋", "田中", "山〇"], ["太郎", "花子", "健一", "美咲", ""]
whole = st.builds("{}{}{}".format, st.sampled_from(FAMILY), st.sampled_from(["　", " ", ""]), st.sampled_from(GIVEN))
COLUMNS = {
    "氏名": st.one_of(whole, whole, whole, st.sampled_from(["", "本人", "佐藤 太郎、佐藤 花子", "佐藤太郎・鈴木花子", "Sato Taro", "さとう はなこ"])),
    "フリガナ": st.sampled_from(["サトウ タロウ", "ｻﾄｳ ﾊﾅｺ", "さとう はなこ", "", "-"]),
    "姓": st.sampled_from([*FAMILY, ""]),
    "名": st.sampled_from(GIVEN),
    "電話番号": st.sampled_from(["090-1234-5671", "０９０ー１２３４ー５６７２", "9012345673", "03-1234-5678 / 090-1111-2222", "なし", "000-0000-0000", ""]),
    "メール": st.sampled_from(["a1@x.example.jp", "B2@x.example.jp", "info@x.example.jp", "c@x.example.jp d@x.example.jp", "", "-"]),
    "住所": st.sampled_from(["東京都港区芝1-2-3", "港区芝一丁目２番３号", "東京都港区芝4丁目5番", "東京都港区", "", "港区芝********"]),
    "会員番号": st.sampled_from(["A0001", "A0002", "A0003", ""]),
    "担当者": st.sampled_from(["加藤 一郎", "加藤 一郎", "中村"]),
}  # fmt: skip


@st.composite
def tables(draw):
    titles = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=7, unique=True))
    rows = draw(st.lists(st.tuples(*[COLUMNS[title] for title in titles]), min_size=1, max_size=25))
    return [titles, *map(list, rows)]


@settings(max_examples=150, deadline=None)
@given(rows=tables())
def test_arrays_hold_the_records_of_the_rows(layout_of, rows):
    layout = layout_of(rows)
    if not layout.columns:
        return
    personal = Personal.of(layout)
    one_by_one = [record for record in TableRows(personal).records() if record.names or record.idents]
    arrays = table_arrays.records(personal)
    assert _lined_up(arrays) == _lined_up(packed([_named(record) for record in one_by_one]))


def _named(record):
    """What identifies counts only where no name stands; arrays leave it out elsewhere."""
    idents = () if record.names else record.idents
    return Record(
        record.names, record.ties, idents, False, record.readings, record.families, record.spelt, record.unsure
    )


def _lined_up(rows):
    """Rows as a multiset of what stands in them, staff in any order."""
    by_row = {number: ([], [], []) for number in range(rows.height)}
    table = table_arrays.np
    names = zip(
        *(table.frombuffer(part, table.int64).tolist() for part in (rows.names, rows.readings, rows.families)),
        rows.spelt,
        strict=True,
    )
    for row, name in zip(table.frombuffer(rows.named, table.int32).tolist(), names, strict=True):
        by_row[row][0].append(name)
    for place, at, values in ((1, rows.tied, rows.ties), (2, rows.identified, rows.idents)):
        for row, value in zip(
            table.frombuffer(at, table.int32).tolist(), table.frombuffer(values, table.int64).tolist(), strict=True
        ):
            by_row[row][place].append(value)
    unsure = set(table.frombuffer(rows.unsure, table.int32).tolist())
    return sorted(
        (sorted(names), sorted(ties), idents, number in unsure) for number, (names, ties, idents) in by_row.items()
    )


@settings(max_examples=100, deadline=None)
@given(rows=tables())
def test_a_finding_of_a_column_is_that_of_its_cells(layout_of, rows):
    digester = Digester(b"k" * 32)
    for column in layout_of(rows).columns:
        values = Values(column.kind, f"table.{column.kind}", column.confidence)
        for row, cell in enumerate(column.cells):
            if cell and tells(column.kind, cell):
                values.clear.append(cell)
                values.blocks.append(block(row))
        found = finding(column, told(column.kind, column.cells.values), digester, ("a.csv",), "列 1", b"key")
        expected = values.finding(digester, ("a.csv",), "列 1", b"key", organisation=column.organisation)
        assert found == (expected if values.clear else None)
