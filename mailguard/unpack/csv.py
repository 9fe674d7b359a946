"""Comma, tab, semicolon and bar separated files.

In: a text file. Out: a Table with every row as it stands, or Text when the file only has commas in its prose.
Cells are never normalised before the split: a full-width comma or quote belongs to a value.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Literal

from mailguard.model import BODY, HTML, Part, Problem, Table, Text
from mailguard.unpack import charset, csv_long, part_text, plain_rows, sniff
from mailguard.unpack.budget import Budget

NAME = "CSV, TSV"
LIMITATIONS = "Columns of fixed width are read as text, not as a table."

_DELIMITERS = ",\t;|"
_SAMPLE = 65_536
_SAMPLE_ROWS = 300
_DECLARED = {"text/csv", "text/tab-separated-values", "application/csv", "application/vnd.ms-excel"}
_SUFFIX = (".csv", ".tsv", ".tab")
_SEP = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_BATCH = 8_192
_LONGEST = 60  # characters; a longer cell may be prose
_CELL_LINES = 20  # a cell of more lines was not meant: a lone quote swallowed them


def matches(part: Part, sniffed: str) -> bool:
    """Text that is declared or named as a table, or whose lines fall into columns; never the body of a mail."""
    if sniffed not in {sniff.TEXT, sniff.HTML, sniff.MAIL} or part.path[-1] in {BODY, HTML}:
        return False
    if _named(part):
        return True
    return sniffed == sniff.TEXT and bool(_delimiter(_sample(charset.decode(_head(part.data), part.charset)), 0.6))


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The whole file as one table; `sep=` of Excel is obeyed."""
    if len(part.data) >= csv_long.LONG:
        long = _long(part, budget)
        if long is not None:
            yield long
            return
    text = charset.decode(part.data, part.charset)
    yield from part_text.faults(part, text)
    declared = _SEP.match(text)
    sample = _sample(text)
    delimiter = declared[1] if declared else _delimiter(sample, 0.6) or _delimiter(sample, 0.3) or ","
    if declared:
        text = text[declared.end() :]
    yield Table(part.path, _rows(text, delimiter, budget))


def _long(part: Part, budget: Budget) -> Table | None:
    head = charset.decode(csv_long.sample(part.data), part.charset)
    declared = _SEP.match(head)
    sample = _sample(head)
    delimiter = declared[1] if declared else _delimiter(sample, 0.6)
    if not delimiter or charset.unreadable(head) > charset.UNREADABLE:
        return None
    return csv_long.long_table(part, head, delimiter, int(declared is not None), budget)


def _named(part: Part) -> bool:
    return part.media_type in _DECLARED or part.path[-1].lower().endswith(_SUFFIX)


def _head(data: bytes) -> bytes:
    """Enough bytes to see columns in; ends at a line end so that no character is cut (UTF-16 included)."""
    if len(data) <= _SAMPLE:
        return data
    cut = data.rfind(b"\n", 0, _SAMPLE)
    even = cut + 2 if data[cut + 1 : cut + 2] == b"\0" else cut + 1
    return data[:even] if cut > 0 else data[:_SAMPLE]


def _sample(text: str) -> list[str]:
    lines = text[:_SAMPLE].splitlines(keepends=True)[:_SAMPLE_ROWS]
    return lines[:-1] if len(lines) > 1 and len(text) > _SAMPLE else lines


def _delimiter(sample: list[str], share: float) -> str:
    """The delimiter under which at least `share` of the lines have the same number of cells; "" if none does."""
    best, chosen = 0.0, ""
    for delimiter in _DELIMITERS:
        fit = _fit(sample, delimiter) if any(delimiter in line for line in sample) else 0.0
        if fit >= share and fit > best:
            best, chosen = fit, delimiter
    return chosen


def _fit(sample: list[str], delimiter: str) -> float:
    try:
        rows = [row for row in _sampled(sample, delimiter) if any(row)]
    except csv.Error:
        return 0.0
    # Prose ends lines with a comma or has one here and there: cells that are empty or begin with a blank do not count.
    widths = Counter([len(row) for row in rows if len(list(islice(filter(str.strip, row), 2))) == 2])
    if not widths or len(rows) < 2:
        return 0.0
    width, count = widths.most_common(1)[0]
    if width < 2 or count < 2 or _prose(rows, width, delimiter):
        return 0.0
    return count / len(rows) + width / 1_000


def _sampled(sample: list[str], delimiter: str) -> Iterable[list[str]]:
    if plain_rows.QUOTE in "".join(sample):
        return csv.reader(sample, delimiter=delimiter)
    return plain_rows.split([line.rstrip("\r\n") for line in sample], delimiter)


def _prose(rows: list[list[str]], width: int, delimiter: str) -> bool:
    cells = list(chain.from_iterable([row for row in rows if len(row) == width]))
    if sum(map(_LONGEST.__lt__, map(len, cells))) * 3 > len(cells):
        return True
    return delimiter in ",;" and width <= 3 and sum(cell.startswith(" ") for cell in cells) * 3 > len(cells)


def _rows(text: str, delimiter: str, budget: Budget) -> list[list[str]]:
    ends = text.count("\n")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        if plain_rows.QUOTE not in text and plain_rows.plain(delimiter):
            return _split(text, delimiter, budget)
        rows = _read(text, delimiter, budget, csv.QUOTE_MINIMAL)
    except csv.Error:
        return _read(text, delimiter, budget, csv.QUOTE_NONE)
    if len(rows) * 2 < ends and any(cell.count("\n") > _CELL_LINES for row in rows for cell in row):
        return _read(text, delimiter, budget, csv.QUOTE_NONE)
    return rows


def _split(text: str, delimiter: str, budget: Budget) -> list[list[str]]:
    lines = text.removesuffix("\n").split("\n") if text else []
    budget.spend_cells(text.count(delimiter) + len(lines) - lines.count(""))
    return plain_rows.split(lines, delimiter)


def _read(text: str, delimiter: str, budget: Budget, quoting: Literal[0, 3]) -> list[list[str]]:
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
    rows: list[list[str]] = []
    while batch := list(islice(reader, _BATCH)):
        budget.spend_cells(sum(map(len, batch)))
        rows += batch
    return rows
