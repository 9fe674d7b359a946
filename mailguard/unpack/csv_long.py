"""Long separated files, read a batch of rows at a time: what a million rows hold need never stand in memory at once.

In: the bytes of a file. Out: a `LongTable`, or None where only the whole text can say how it is to be read: a charset that is
not sure from its beginning, NUL or ESC, quotes that swallow lines, lines of one long cell (base64), more cells than are allowed.
"""

import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from mailguard.model import LongTable, Part
from mailguard.unpack import plain_rows
from mailguard.unpack.budget import Budget

if TYPE_CHECKING:
    import _csv

LONG = 8_000_000  # bytes from which a file is read in batches
BATCH = 10_000  # rows
_HEAD = 1 << 18  # bytes that say how the rest is written
_ONE_CELL = 60  # characters of a line without a delimiter that may be base64
_CHUNK = 1 << 23
_CELL_LINES = 20  # a cell of more lines was not meant: a lone quote swallowed them


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the bytes become rows. skip: lines that are no rows (`sep=`)."""

    data: bytes
    encoding: str
    delimiter: str
    quoting: Literal[0, 3]
    skip: int

    def rows(self) -> "_csv.Reader":
        """Every row. Raises csv.Error."""
        return csv.reader(self._lines(), delimiter=self.delimiter, quoting=self.quoting)

    def _lines(self) -> Iterator[str]:
        lines = io.TextIOWrapper(io.BytesIO(self.data), self.encoding, "replace")
        for _ in range(self.skip):
            lines.readline()
        return lines

    def batches(self, skip: int) -> Iterator[list[list[str]]]:
        """Every row behind so many, some thousands at a time. Raises csv.Error."""
        if plain_rows.QUOTE in self.delimiter or b'"' in self.data:
            rows = itertools.islice(self.rows(), skip, None)
            while batch := list(itertools.islice(rows, BATCH)):
                yield batch
                del batch  # before the next one is read
            return
        lines = itertools.islice(self._lines(), skip, None)
        while text := "".join(itertools.islice(lines, BATCH)):
            yield plain_rows.split(text.removesuffix("\n").split("\n"), self.delimiter)


def sample(data: bytes) -> bytes:
    """The beginning of a file, whole lines of it."""
    return data[: data.rfind(b"\n", 0, _HEAD) + 1]


def long_table(part: Part, head: str, delimiter: str, skip: int, budget: Budget) -> LongTable | None:
    """A table in batches; head: the decoded `sample`."""
    data = part.data
    bound = data.count(delimiter.encode()) + data.count(b"\n") + data.count(b"\r") + 1
    if budget.cells + bound > budget.limits.cells or b"\0" in data or b"\x1b" in data:
        return None
    encoding = _encoding(data, head, part.charset)
    if not encoding or not delimiter.isascii() or _odd_lines(data, delimiter):
        return None
    reading = _Reading(data, encoding, delimiter, csv.QUOTE_MINIMAL, skip)
    if b'"' in data and not _quotes_meant(reading):
        reading = _Reading(data, encoding, delimiter, csv.QUOTE_NONE, skip)
    try:
        first = next(reading.batches(0), [])
    except csv.Error:
        return None
    budget.spend_cells(bound)
    ends = data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
    return LongTable(part.path, first, partial(reading.batches, len(first)), ends + 1)


def _encoding(data: bytes, head: str, declared: str) -> str:
    """The charset that gives this beginning; "" if that is not sure. What does not fit it further on shows as U+FFFD."""
    if not head or head.isascii():
        plain = data.isascii() and "7" not in declared  # UTF-7 is written in ASCII
        return "ascii" if head and plain else ""
    for encoding in ("utf-8-sig", "cp932"):
        with suppress(UnicodeError):
            if sample(data).decode(encoding) == head.removeprefix("\ufeff"):
                return encoding
    return ""


def _odd_lines(data: bytes, delimiter: str) -> bool:
    """Whether a line begins with a long stretch without delimiter, as base64 does, or is longer than a cell may be."""
    start = 0
    while start < len(data):
        stretch = np.frombuffer(data, np.uint8, min(_CHUNK, len(data) - start), start)
        ends = np.flatnonzero((stretch == 10) | (stretch == 13))
        if not len(ends) or int(np.diff(ends).max(initial=0)) > csv.field_size_limit():
            return True
        begins = np.concatenate([[0], ends[:-1] + 1])
        stops = np.concatenate([np.flatnonzero(stretch == ord(delimiter)), [len(stretch)]])
        if (np.minimum(stops[np.searchsorted(stops, begins)], ends) - begins >= _ONE_CELL).any():
            return True
        start += int(ends[-1]) + 1 if start + len(stretch) < len(data) else len(stretch)
    return False


def _quotes_meant(reading: _Reading) -> bool:
    """Whether no quote swallows lines, and every row can be read."""
    rows, lines, swallowed = 0, 0, False
    try:
        reader = reading.rows()
        for row in reader:
            rows += 1
            if reader.line_num - lines > _CELL_LINES and not swallowed:
                swallowed = any(cell.count("\n") > _CELL_LINES for cell in row)
            lines = reader.line_num
    except csv.Error:
        return False
    return not (swallowed and rows * 2 < reading.data.count(b"\n"))
