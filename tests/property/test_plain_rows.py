"""Rows that are split without the csv module are those that it reads."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.model import Part
from mailguard.unpack import csv as separated
from mailguard.unpack import csv_long, plain_rows
from mailguard.unpack.budget import Budget, Limits

PIECES = [
    "a",
    "",
    ",",
    ",,",
    ";",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " ",
    "佐藤 花子",
    "\x1f",
    "\x0b",
    "\x85",
    "\u2028",
    "'",
    "\\",
    "\0",
    "1-2-3",
]
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def _read(text, delimiter):
    return list(
        csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline=""), delimiter=delimiter)
    )


@given(texts, st.sampled_from(",;\t|"))
def test_a_text_without_quotes_has_the_rows_of_csv(text, delimiter):
    budget = Budget(Limits(), len(text))
    assert separated._rows(text, delimiter, budget) == _read(text, delimiter)
    assert budget.cells == sum(map(len, _read(text, delimiter)))


@given(texts.map(lambda text: text.replace("\0", "")), st.sampled_from(["", "sep=,\n"]))
def test_batches_of_a_long_file_are_its_rows(text, declared):
    reading = csv_long._Reading((declared + text).encode(), "utf-8", ",", csv.QUOTE_MINIMAL, int(bool(declared)))
    assert [row for batch in reading.batches(0) for row in batch] == _read(text, ",")
    assert [row for batch in reading.batches(2) for row in batch] == _read(text, ",")[2:]


def test_a_cell_that_csv_refuses_is_refused():
    with pytest.raises(csv.Error):
        plain_rows.split(["a," + "b" * csv.field_size_limit() + "c"], ",")
    long = "b" * csv.field_size_limit()
    assert plain_rows.split([f"{long},c"], ",") == [[long, "c"]]


def test_a_file_with_a_quote_is_read_by_csv():
    part = Part(("a.csv",), '氏名,住所\r\n"佐藤, 花子",東京\r\n佐藤 次郎,大阪\r\n'.encode())
    [table] = separated.open_part(part, Budget(Limits(), 100))
    assert table.rows[1] == ["佐藤, 花子", "東京"]
