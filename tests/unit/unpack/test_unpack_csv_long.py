"""Long CSV files in batches: the same persons and findings as the whole table, and a first answer that holds."""

import weakref

import pytest

from mailguard.demo import incidents
from mailguard.model import LongTable, Part, Table
from mailguard.unpack import csv, csv_long
from mailguard.unpack.budget import Budget, Limits

ROWS = incidents.one_person_a_row()
DATA = incidents.csv_bytes(ROWS)
PERSONS, HOUSEHOLDS = 3719, 1740


def opened(data):
    [table] = csv.open_part(Part(("list.csv",), data), Budget(Limits(), len(data)))
    return table


ASCII = b"".join([b"number,mail\n", *[b"%d,a%d@example.jp\n" % (row, row) for row in range(3_000)]])


@pytest.fixture
def batches(monkeypatch):
    monkeypatch.setattr(csv_long, "LONG", 10_000)
    monkeypatch.setattr(csv_long, "BATCH", 700)


@pytest.mark.parametrize("codec", ["cp932", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_batches_hold_every_row_once(batches, codec, line_end):
    text = line_end.join(",".join(row) for row in ROWS) + line_end
    table = opened(text.encode(codec))
    assert isinstance(table, LongTable)
    assert [*table.rows, *(row for batch in table.rest() for row in batch)] == ROWS
    assert table.at_most >= len(ROWS)


@pytest.mark.parametrize(
    "data",
    [
        DATA + b"\0",
        DATA + b"\x1b",
        DATA + b"QUJD" * 30 + b"\r\n",
        ASCII + "9,田中@example.jp".encode(),
    ],
    ids=["nul", "escape", "base64", "ascii"],
)
def test_what_needs_the_whole_text_is_read_whole(batches, data):
    assert type(opened(data)) is Table


def test_ascii_alone_is_read_in_batches_unless_it_may_be_utf7(batches):
    table = opened(ASCII)
    assert isinstance(table, LongTable)
    assert [*table.rows, *(row for batch in table.rest() for row in batch)][3_000] == ["2999", "a2999@example.jp"]
    [whole] = csv.open_part(Part(("list.csv",), ASCII, charset="UTF-7"), Budget(Limits(), len(ASCII)))
    assert type(whole) is Table


def test_a_lone_quote_swallows_no_rows(batches):
    rows = [list(row) for row in ROWS]
    rows[9][1] = '"' + rows[9][1]
    data = "\r\n".join(",".join(row) for row in rows).encode("cp932")
    table = opened(data)
    assert isinstance(table, LongTable)
    assert len([*table.rows, *(row for batch in table.rest() for row in batch)]) == len(rows)


def test_no_batch_is_kept_while_the_next_is_read(batches, monkeypatch):
    class Row(list):  # a list cannot be referred to weakly
        pass

    met = []

    def rows(reading):
        for number in range(4 * csv_long.BATCH):
            if number % csv_long.BATCH == 0 and met:
                assert met[-1]() is None
            row = Row([str(number)])
            if number % csv_long.BATCH == 0:
                met.append(weakref.ref(row))
            yield row

    monkeypatch.setattr(csv_long._Reading, "rows", rows)
    quoted = csv_long._Reading(b'"', "ascii", ",", 0, 0)
    assert sum(map(len, quoted.batches(csv_long.BATCH))) == 3 * csv_long.BATCH


def test_no_batch_of_plain_lines_is_kept_while_the_next_is_read(batches, monkeypatch):
    class Row(list):
        pass

    met = []

    def split(lines, delimiter):
        assert not met or met[-1]() is None
        rows = [Row(line.split(delimiter)) for line in lines]
        met.append(weakref.ref(rows[0]))
        return rows

    monkeypatch.setattr(csv_long.plain_rows, "split", split)
    table = opened(DATA)
    table.rows.clear()
    assert sum(map(len, table.rest())) == len(ROWS) - csv_long.BATCH
    assert len(met) > 3


def test_cells_are_charged(batches):
    limits = Limits(cells=10_000)
    budget = Budget(limits, len(DATA))
    with pytest.raises(Exception, match="cells"):
        list(csv.open_part(Part(("list.csv",), DATA), budget))


def test_a_long_table_counts_as_a_short_one(engine, monkeypatch):
    short = engine.file("list.csv", DATA)
    monkeypatch.setattr(csv_long, "LONG", 10_000)
    monkeypatch.setattr(csv_long, "BATCH", 700)
    long = engine.file("list.csv", DATA)
    assert (long.persons, long.persons_exact, long.households) == (PERSONS, True, HOUSEHOLDS)
    assert [(f.kind, f.where, f.count, f.distinct) for f in long.findings] == [
        (f.kind, f.where, f.count, f.distinct) for f in short.findings
    ]


@pytest.mark.parametrize("last", [1, 64, 65])
def test_persons_of_a_short_last_batch_count_too(engine, batches, monkeypatch, last):
    monkeypatch.setattr(csv_long, "BATCH", len(ROWS) - last)
    found = engine.file("list.csv", DATA)
    assert (found.persons, found.persons_exact, found.households) == (PERSONS, True, HOUSEHOLDS)


def test_the_beginning_holds_and_counts_the_most_there_may_be(engine, batches):
    first = engine.file("list.csv", DATA, beginning=True)
    assert first.findings
    assert first.persons >= PERSONS
    assert not first.persons_exact
    assert engine.file("list.csv", DATA).persons == PERSONS
