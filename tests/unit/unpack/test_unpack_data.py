"""Files of data come out as tables: every row under its header, and nothing of them is left out."""

import json
import plistlib
import struct

import data_samples as data
import pytest
import unpack_samples as make

from mailguard.model import Problem, ProblemKind, Table, Text
from mailguard.unpack.budget import Limits
from mailguard.unpack.records import Records

TABLE = [data.HEADER, *data.ROWS]


def tables(content: bytes) -> list[list[list[str]]]:
    return [item.rows for item in make.leaves(content) if isinstance(item, Table)]


def text_of(content: bytes) -> str:
    return "\n".join(item.text for item in make.leaves(content) if isinstance(item, Text))


def problems(content: bytes) -> list[tuple[ProblemKind, str]]:
    return [(item.kind, item.detail) for item in make.leaves(content) if isinstance(item, Problem)]


@pytest.mark.parametrize(("name", "content"), [*data.samples()])
def test_every_format_gives_its_people_as_a_table(name: str, content: bytes) -> None:
    (rows,) = tables(content)
    titles = sorted(range(2), key=lambda column: rows[0][column] != "氏名")
    assert [[row[column] for column in titles] for row in rows] == TABLE
    assert problems(content) == []


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(data.PEOPLE, indent=1, ensure_ascii=False).encode("cp932"),
        "\n".join(json.dumps(one) for one in data.PEOPLE).encode(),
        json.dumps({"count": 3, "members": data.PEOPLE}).encode("utf-16"),
        json.dumps({f"A{number}": one for number, one in enumerate(data.PEOPLE)}).encode(),
        json.dumps([{"members": data.PEOPLE[:1] * 4}, {"members": data.PEOPLE[1:] * 2}]).encode(),
        json.dumps({"features": [{"geometry": {"coordinates": [[1.5, 2.5]]}, "properties": one} for one in data.PEOPLE]}).encode(),
        plistlib.dumps({"people": data.PEOPLE}),
    ],
)  # fmt: skip
def test_records_are_found_wherever_they_stand(written: bytes) -> None:
    found = [rows for rows in tables(written) if "氏名" in rows[0]]
    assert len(found) == 1
    assert {row[found[0][0].index("氏名")] for row in found[0][1:]} == {"佐藤花子", "鈴木一郎", "高橋表"}


def test_few_records_in_a_record_stay_in_its_row() -> None:
    people = [
        {"name": "佐藤花子", "tel": [{"no": "090-1"}, {"no": "090-2"}]},
        {"name": "鈴木一郎", "tel": [{"no": "090-3"}]},
    ]
    assert tables(json.dumps(people).encode()) == [
        [["name", "no", "no2"], ["佐藤花子", "090-1", "090-2"], ["鈴木一郎", "090-3", ""]]
    ]


def test_rows_without_keys_are_a_table() -> None:
    assert tables(json.dumps(TABLE).encode()) == [TABLE]


@pytest.mark.parametrize(
    "value", ["佐藤花子", ["佐藤花子"], {"a": ["佐藤花子"]}, {"a": {"b": [[["佐藤花子"]]]}}, [[], "佐藤花子"], [1, {"a": "佐藤花子"}]]
)  # fmt: skip
def test_no_value_is_left_out(value: object) -> None:
    records = Records()
    records.add(value)
    said = [*records.lines, *(text for pairs in records.tables.values() for one in pairs for _, text in one)]
    assert "佐藤花子" in [*said, *(cell for rows in records.grids for row in rows for cell in row)]


def test_a_key_that_stands_twice_keeps_both_values() -> None:
    assert tables('{"a": "佐藤", "a": "鈴木", "b": 1}'.encode())[0][1] == ["佐藤", "鈴木", "1"]


def test_long_values_are_text_too() -> None:
    assert "長い文" * 40 in text_of(json.dumps([{"a": "長い文" * 40}]).encode())


@pytest.mark.parametrize(
    "content", ["[お知らせ]\n佐藤花子\n[終わり]", "{氏名: 佐藤花子}", "[" * 100_000 + "]" * 100_000]
)
def test_what_only_looks_like_json_is_text(content: str) -> None:
    assert text_of(content.encode()) == content


def test_xml_texts_attributes_comments_and_named_fields_are_read() -> None:
    xml = """<?xml version="1.0"?><!DOCTYPE r SYSTEM "r.dtd"><r xmlns="urn:x"><!-- 控え 佐藤 --><row><field name="氏名">鈴木</field></row>
    <row><field name="氏名">高橋</field></row><note lang="ja">本文<b>太字</b>続き</note></r>"""
    assert [["氏名"], ["鈴木"], ["高橋"]] in tables(xml.encode())
    said = text_of(xml.encode()) + str(tables(xml.encode()))
    assert all(word in said for word in ("控え 佐藤", "本文", "太字", "続き"))


def test_entities_are_never_resolved() -> None:
    xml = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]><r>&e;</r>'
    assert problems(xml) == [(ProblemKind.DAMAGED, "a document type declaration with entities")]
    assert "&e;" in text_of(xml)


def test_broken_xml_is_text() -> None:
    assert "佐藤花子" in text_of(data.XML.encode("cp932"))


def test_a_property_list_that_is_broken_is_damaged() -> None:
    assert problems(b"bplist00" + b"\xff" * 40)[0][0] == ProblemKind.DAMAGED


def test_deleted_dbf_records_are_read() -> None:
    assert tables(data.dbf(deleted=1)) == [TABLE]


def test_a_dbf_in_utf_8_is_read() -> None:
    (rows,) = tables(data.dbf("utf-8"))
    assert rows[1:] == data.ROWS


def test_a_dbf_cut_off_is_damaged_and_memos_are_not_read() -> None:
    assert problems(data.dbf()[:-50]) == [(ProblemKind.DAMAGED, "cut off")]
    assert problems(data.dbf(sort=b"M")) == [(ProblemKind.NOT_READ, "memos in another file")]


def test_sqlite_with_a_write_ahead_log_opens() -> None:
    content = data.sqlite()
    assert tables(content[:18] + b"\2\2" + content[20:]) == [TABLE]


def test_sqlite_views_never_run_and_files_inside_are_parts() -> None:
    endless = "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    assert tables(data.sqlite(endless)) == [TABLE]
    inside = data.sqlite('INSERT INTO "会員" VALUES (?, ?)', values=("名簿", make.csv() * 20))
    assert ("file", "会員", "#1") in [item.path for item in make.leaves(inside) if isinstance(item, Table)]


def test_columns_that_are_computed_are_counted() -> None:
    """Twenty columns, each twice the one before it: megabytes a row, of a file of kilobytes."""
    columns = ", ".join(f"c{number} AS (c{number - 1}||c{number - 1})" for number in range(1, 20))
    content = data.sqlite(f"CREATE TABLE t (c0, {columns})", "INSERT INTO t (c0) VALUES ('0123456789')")
    with_more = data.sqlite(
        f"CREATE TABLE t (c0, {columns})", *["INSERT INTO t (c0) VALUES ('0123456789')" for _ in range(9)]
    )
    assert problems(content) == []
    found = make.leaves(with_more, "a", Limits(total_bytes=50_000_000))
    assert [item.kind for item in found if isinstance(item, Problem)] == [ProblemKind.TOO_BIG]
    longer = make.leaves(content, "a", Limits(member_bytes=1_000_000))
    assert [item.kind for item in longer if isinstance(item, Problem)] == [ProblemKind.DAMAGED]


def test_a_property_list_of_lists_that_share_theirs_is_counted() -> None:
    objects = [b"\x51a", *(b"\xaa" + bytes([level] * 10) for level in range(9))]
    at = [8 + sum(map(len, objects[:number])) for number in range(len(objects))]
    end = struct.pack(">6xBBQQQ", 1, 1, len(objects), len(objects) - 1, 8 + sum(map(len, objects)))
    content = b"bplist00" + b"".join(objects) + bytes(at) + end
    assert problems(content)[0][0] == ProblemKind.TOO_BIG


def test_a_broken_database_is_damaged() -> None:
    assert problems(data.sqlite()[:5000])[0][0] == ProblemKind.DAMAGED


def test_sql_values_keep_quotes_brackets_and_commas() -> None:
    dump = r"INSERT INTO t VALUES (1, 'O''Neil (a, b); \'x\'', NULL, now()), (2, N'佐藤', 0, 1);"
    assert tables(dump.encode())[0] == [["1", "O'Neil (a, b); 'x'", "", "now"], ["2", "佐藤", "0", "1"]]


def test_postgresql_copy_is_a_table_and_the_rest_is_text() -> None:
    dump = 'SET x;\nCOPY public.m ("氏名", tel) FROM stdin;\n佐藤\t090-1\n鈴木\t\\N\n\\.\n-- 終わり 高橋\n'
    assert tables(dump.encode()) == [[["氏名", "tel"], ["佐藤", "090-1"], ["鈴木", ""]]]
    assert "高橋" in text_of(dump.encode())
    assert "佐藤" not in text_of(dump.encode())
