"""Cells that reach over several rows or columns: put out cell by cell, so that each row has its own (HTML, 4.9.12).

In: the tree of a page. Changes the tree: a cell with rowspan comes again, by its short text, in each row that it reaches; behind
one with colspan stand empty ones. Tables with tables inside are layout and stay as they are.
"""

from collections.abc import Iterator
from typing import Any

import lxml.etree

MOST_CELLS = 100_000  # put into one page at most; what reaches further is read where it stands
WIDEST = 100  # columns that one cell reaches over
_SHORT = 100  # characters of a cell that are worth to be read again


def unspan(root: Any) -> None:
    """Do it for all tables of the page."""
    left = MOST_CELLS
    for table in data_tables(root):
        if table.find(".//*[@rowspan]") is not None or table.find(".//*[@colspan]") is not None:
            left = _unspan(table, left)


def data_tables(root: Any) -> Iterator[Any]:
    """Tables without a table inside."""
    # The nearest table around each is enough, since that one in turn marks its own.
    outer = {id(above) for table in root.iter("table") for above in [next(table.iterancestors("table"), None)]}
    yield from [table for table in root.iter("table") if id(table) not in outer]


def _unspan(table: Any, left: int) -> int:
    reaching: dict[int, tuple[int, str]] = {}  # by column: rows still to come, and the text
    for row in table.iter("tr"):
        children = _Row(row, reaching, left)
        if 0 < children.added < left:
            row[:] = children.all
        left -= children.added
        if left <= 0:
            break
    return left


class _Row:
    """The children of a row with those that reach into it, `most` at most; tells `reaching` of those that reach on."""

    def __init__(self, row: Any, reaching: dict[int, tuple[int, str]], most: int) -> None:
        self.all: list[Any] = []
        self.added = self._column = 0
        self._most = most
        self._reaching = reaching
        last = max(reaching, default=-1)
        for child in row:
            if child.tag in {"td", "th"}:
                self._reached()
                self._own(child)
            else:
                self.all.append(child)
        while self._column <= last and self.added < most:
            self._reached()
            if self._column <= last:
                self._add("")

    def _reached(self) -> None:
        """Cells of rows above, up to the next free column."""
        while self._column in self._reaching and self.added < self._most:
            rows, text = self._reaching.pop(self._column)
            if rows > 1:
                self._reaching[self._column] = rows - 1, text
            self._add(text)

    def _own(self, cell: Any) -> None:
        wide = min(_number(cell, "colspan"), WIDEST, self._most - self.added + 1)
        high = _number(cell, "rowspan")
        first, text = self._column, _short(cell) if high > 1 else ""
        self.all.append(cell)
        self._column += 1
        for _ in range(wide - 1):
            self._add("")
        if high > 1:
            self._reaching.update({first + n: (high - 1, "" if n else text) for n in range(wide)})

    def _add(self, text: str) -> None:
        cell = lxml.etree.Element("td")
        cell.text = text
        self.all.append(cell)
        self.added += 1
        self._column += 1


def _short(cell: Any) -> str:
    text = " ".join("".join(cell.itertext()).split())
    return text if len(text) <= _SHORT else ""


def _number(cell: Any, name: str) -> int:
    value = cell.get(name, "1").strip()
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) <= 5 and int(value) else 1
