"""Rows of a table that are about nobody: headers printed again, hints and examples under the header, totals, remarks.

In: a `Layout` before the rows are counted. Out: rows to leave out, and rows that may be about nobody. What holds a contact
is never left out below the first rows.
"""

import re
from collections.abc import Callable, Iterator

import numpy as np

from mailguard.detect.cells import NAMES, tells, tie_form
from mailguard.detect.folding import fold_cell
from mailguard.detect.layout import Column, Layout
from mailguard.model import Kind

Holds = Callable[[Column, str], float]

UNDER_HEADER = 3  # rows right below the header that may be hints
_PLAUSIBLE = 0.35
_CONTACTS = (Kind.EMAIL, Kind.PHONE, Kind.ADDRESS, Kind.POSTAL_CODE)
_HINT = re.compile(
    r"全角|半角|文字|必須|任意|入力|記入|例|形式|漢字|カタカナ|ハイフン|(?:n?var)?char|text|string|int(?:eger)?|date|number|required|optional|example|sample",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"[-=*・\s]*(?:.*(?:合計|総計|小計|累計|通計|中計|人数|件数|総数|者数|余白)|[合総小累通]?計|以上|以下.*|平均|総数|終|終わり|end|eof|(?:sub|grand)?[ -]?totals?|sum|全|計)[:\s]*[0-9,]*[名人件組]?[-=*・\s]*",
    re.IGNORECASE,
)
_ODD = re.compile(r"[0-9()※:%\[\]【】<>★●■◆]")
_BEHIND = re.compile(r"\([^)]*\)|[0-9]+")
_SHORT = 6  # characters from which a cell says something
_RARE = 0.2  # rows without any contact among rows with one


def no_data(layout: Layout, holds: Holds) -> tuple[frozenset[int], frozenset[int]]:
    """Rows that are no data, and rows that are perhaps none."""
    if not layout.columns:
        return frozenset(), frozenset()
    gone = set(_repeated(layout))
    gone.update(_under_header(layout, holds, gone))
    unsure: set[int] = set()
    for row, sure in _remarks(layout, holds, gone):
        (gone if sure else unsure).add(row)
    return frozenset(gone), frozenset(unsure)


def _repeated(layout: Layout) -> Iterator[int]:
    """Rows that say the titles again, as a list printed with a header on every page does."""
    titles = {column.index: fold_cell(column.title) for column in layout.columns if column.title}
    rows = {
        row
        for column in layout.columns
        if titles.get(column.index) and titles[column.index] in column.cells.met
        for row in column.cells.rows([value == titles[column.index] for value in column.cells.values])
    }
    for row in rows:
        filled = [column for column in layout.columns if column.cells[row]]
        if 2 * sum(column.cells[row] == titles.get(column.index) for column in filled) >= len(filled):
            yield row


def _under_header(layout: Layout, holds: Holds, gone: set[int]) -> Iterator[int]:
    if not any(layout.titles):
        return
    for row in range(min(UNDER_HEADER, len(layout.columns[0].cells))):
        filled = [(column, column.cells[row]) for column in layout.columns if column.cells[row]]
        if row in gone or not filled:
            continue
        if not _is_hint(layout, filled, row, holds):
            return
        yield row


def _is_hint(layout: Layout, filled: list[tuple[Column, str]], row: int, holds: Holds) -> bool:
    if any(
        cells[row].strip("()[]【】:") in {"例", "記入例", "入力例", "見本", "サンプル", "example", "sample"}
        for _, cells in layout.free
    ):
        return True
    if any(_value(column, value, holds) for column, value in filled):
        return False
    contacts = sum(column.kind in _CONTACTS for column, _ in filled)
    return contacts > 0 or all(_HINT.search(value) for _, value in filled)


def _value(column: Column, value: str, holds: Holds) -> bool:
    """Whether a cell holds a value of its column's kind, and no stand-in for one."""
    if column.kind in NAMES:
        return tells(column.kind, value) and holds(column, value) >= _PLAUSIBLE
    if column.kind in {Kind.EMAIL, Kind.PHONE} and not tie_form(column.kind, value):
        return False
    return holds(column, value) >= _PLAUSIBLE


def _remarks(layout: Layout, holds: Holds, gone: set[int]) -> Iterator[tuple[int, bool]]:
    """Rows without any other personal cell whose cell of a name is none, with whether that is sure."""
    names = [column for column in layout.columns if column.kind is Kind.NAME]
    others = [column for column in layout.columns if column.kind is not Kind.NAME]
    if not names:
        return
    candidates = [row for row in _candidates(names, others) if row not in gone]
    candidates = [
        row for row in candidates if not any(c.cells[row] and _beside(c, c.cells[row], holds) for c in others)
    ]
    rare = len(candidates) <= max(2, _RARE * len(names[0].cells))
    for row in candidates:
        cells = [(column, column.cells[row]) for column in names if tells(Kind.NAME, column.cells[row])]
        doubts = [_doubt(column, cell, holds) for column, cell in cells]
        if doubts and min(doubts) > 0:
            yield row, min(doubts) == 3 or (min(doubts) == 2 and rare and bool(others))


def _candidates(names: list[Column], others: list[Column]) -> list[int]:
    """Rows where the best filled other column says next to nothing; without others, rows whose name looks odd."""
    contacts = [column for column in others if column.kind in _CONTACTS] or others
    filled = max(contacts, key=lambda column: column.cells.filled, default=None)
    if filled is None:
        return [
            row
            for column in names
            for row in column.cells.rows([bool(_ODD.search(v) or _TOTAL.fullmatch(v)) for v in column.cells.values])
        ]
    values = filled.cells.values
    return filled.cells.rows(np.fromiter(map(len, values), np.int64, len(values)) < _SHORT)


def _beside(column: Column, cell: str, holds: Holds) -> bool:
    if column.kind in {Kind.MEMBER_NUMBER, Kind.EMPLOYEE_NUMBER}:
        return any(char.isdecimal() for char in cell)
    return holds(column, cell) >= _PLAUSIBLE


def _doubt(column: Column, cell: str, holds: Holds) -> int:
    """0: a name; 1: perhaps none; 2: nothing speaks for a name; 3: none."""
    if _TOTAL.fullmatch(cell):
        return 3
    if _ODD.search(cell):
        bare = _BEHIND.sub("", cell).strip()
        return 1 if bare and max(holds(column, bare), holds(column, cell)) >= _PLAUSIBLE else 3
    sure = holds(column, cell)
    return int(sure < _PLAUSIBLE) + int(sure == 0)
