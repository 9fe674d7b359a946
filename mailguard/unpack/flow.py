"""The text of a document as it grows: paragraphs, tables, and boxes that stand apart from the line they hang on.

In: what a reader of a format meets, in order. Out: the lines, and each innermost table as rows. A table of one column or around
others is layout: its rows are lines, with tabs between cells. Nothing is glued together that a person sees apart.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from mailguard.unpack.budget import Budget

WIDEST = 100  # columns that one cell reaches over
_PROSE = 80  # characters from which a cell may be writing, which is read by sentences
_REPEATED = 100  # characters of a cell that are worth to be read again in the rows it reaches down to


@dataclass(slots=True)
class _Frame:
    """Something that holds lines: the document, a paragraph, a cell, a box. after: lines of the boxes in it."""

    words: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def end_line(self) -> None:
        line = "".join(self.words).strip()
        if line:
            self.lines.append(line)
        self.lines += self.after
        self.words, self.after = [], []


@dataclass(slots=True)
class _Open:
    """A table that is being read. outer: there is another one inside."""

    rows: list[list[str]] = field(default_factory=list)
    outer: bool = False


class Flow:
    """One story. What is opened must be closed by the same pair of calls; what is left open at the end is closed.

    sheets: every table is data, and no part of the text.
    """

    def __init__(self, budget: Budget, *, sheets: bool = False) -> None:
        self._sheets = sheets
        self.tables: list[list[list[str]]] = []
        self._budget = budget
        self._chars = 0
        self._frames = [_Frame()]
        self._open: list[_Open] = []

    def add(self, text: str) -> None:
        """Characters, within the line."""
        self._chars += len(text)
        self._budget.text(self._chars)
        self._frames[-1].words.append(text)

    def end_line(self) -> None:
        """What comes next stands on a line of its own."""
        self._frames[-1].end_line()

    def open_frame(self) -> None:
        """A paragraph, a box, a branch: lines of its own."""
        self._frames.append(_Frame())

    def close_frame(self, *, apart: bool = False) -> None:
        """apart: its lines come after the line it stands in."""
        lines = self._pop()
        (self._frames[-1].after if apart else self._frames[-1].lines).extend(lines)

    def close_inline(self, unless: Collection[str] = ()) -> str:
        """Back into the line around it, unless it says what was said. Returns what was in it."""
        frame = self._frames.pop() if len(self._frames) > 1 else _Frame()
        text = "\n".join(("".join(frame.words), *frame.lines, *frame.after))
        if text not in unless:
            self._frames[-1].words += frame.words
            self._frames[-1].after += frame.lines + frame.after
        return text

    def drop_frame(self) -> str:
        """Forget it. Returns what was in it."""
        return "\n".join(self._pop())

    def open_table(self) -> None:
        """Rows and cells follow."""
        if self._open:
            self._open[-1].outer = True
        self._open.append(_Open())

    def open_row(self) -> None:
        """Cells follow."""
        if self._open:
            self._open[-1].rows.append([])

    def open_cell(self) -> None:
        """Paragraphs follow."""
        self.open_frame()

    def close_cell(self, *, span: int = 1, below: bool = False) -> None:
        """below: it belongs to the cell above it, whose text it repeats."""
        text = self.drop_cell()
        if below and not text and self._open and self._open[-1].rows:
            text = _above(self._open[-1].rows)
        self.put_cells(text, 1)
        self.put_cells("", min(span, WIDEST) - 1)

    def drop_cell(self) -> str:
        """What stands in the cell; it is not put into the row."""
        return "\n".join(self._pop())

    def put_cells(self, text: str, times: int) -> None:
        """Cells with the same text."""
        if self._open and self._open[-1].rows:
            self._budget.spend_cells(times)
            self._budget.spend(len(text) * (times - 1))
            self._open[-1].rows[-1].extend([text] * times)
        elif text:
            self._frames[-1].lines.append(text)

    def close_row(self, times: int = 1) -> None:
        """times: how often the row comes."""
        rows = self._open[-1].rows if self._open else []
        if times > 1 and rows and any(rows[-1]):
            self._budget.spend_cells(len(rows[-1]) * (times - 1))
            self._budget.spend(sum(map(len, rows[-1])) * (times - 1))
            rows += [rows[-1]] * (times - 1)

    def close_table(self) -> list[list[str]]:
        """It goes into `tables`; into the text go layout and prose: tables around others, single columns, long cells."""
        if not self._open:
            return []
        table = self._open.pop()
        rows = [row for row in table.rows if any(row)]
        self._frames[-1].end_line()
        data = self._sheets or not (table.outer or max(map(len, rows), default=0) <= 1)
        if rows and data:
            self.tables.append(rows)
        if not self._sheets:
            self._frames[-1].lines += _prose(rows) if data else _lines(rows)
        return rows

    def text(self) -> str:
        """All lines."""
        while self._open:
            self.close_table()
        while len(self._frames) > 1:
            self.close_frame()
        self._frames[0].end_line()
        return "\n".join(self._frames[0].lines)

    def _pop(self) -> list[str]:
        if len(self._frames) == 1:
            self._frames[0].end_line()
            return []
        frame = self._frames.pop()
        frame.end_line()
        return frame.lines


def _above(rows: list[list[str]]) -> str:
    column = len(rows[-1])
    text = rows[-2][column] if len(rows) > 1 and column < len(rows[-2]) else ""
    return text if len(text) <= _REPEATED else ""


def _lines(rows: list[list[str]]) -> list[str]:
    return ["\t".join(row).strip() for row in rows]


def _prose(rows: list[list[str]]) -> list[str]:
    return [cell for row in rows for cell in row if len(cell) > _PROSE]
