"""How far a sheet reaches, before a library makes room for it: A1 and XFD1048576 alone ask calamine for 549 GB.

In: the places of the cells. Out: nothing, or the LimitError that the sheet is too big, or mostly empty and big.
"""

import re
from collections.abc import Collection

from mailguard.model import ProblemKind
from mailguard.unpack.budget import Budget, LimitError

_CELL = re.compile(rb"<(?:\w+:)?c\s[^<>]*?\br\s*=\s*[\"']([A-Za-z]{1,4})([0-9]{1,8})[\"']([^<>]*)")
# The same as Excel and most others write it, with something in it; it begins with letters, which `re` looks for far faster.
_USUAL = re.compile(rb'<c r="([A-Za-z]{1,4})([0-9]{1,8})"[^<>/]*>')
_BLANK = re.compile(rb'<c r="[A-Za-z]{1,4}[0-9]{1,8}"(?: [a-z]{1,9}="[^<>/"\']*")*/>')
_STRETCH = 1 << 22  # bytes that are looked through at a time: the places of all cells take more memory than the sheet
_ROW = re.compile(rb"<(?:\w+:)?row\s[^<>]*?\br\s*=\s*[\"']([0-9]{1,8})[\"']")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_ANY_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_PLACED = re.compile(rb"<(?:\w+:)?c\s[^<]*\br\s*=")
_SPARSE = 5_000_000  # cells of the used range, from which it must be filled to one part in `_FILLED`
_FILLED = 20


def check(content: bytes, budget: Budget) -> None:
    """The places of the cells of a worksheet's XML (ECMA-376 part 1 §18.3.1.4)."""
    count, columns, rows = _usual(content)
    cells = _cells(content)
    if count and (count == cells or count + sum(1 for _ in _BLANK.finditer(content)) == cells):
        check_area({int(row) for row in rows}, {_number(column) for column in columns}, count, budget)
        return
    columns, rows = set(), set()
    count = filled = 0
    for column, row, rest in _CELL.findall(content):
        count += 1
        # Formatted cells without a value reach to the corner in many workbooks; calamine leaves them out.
        if rest[-1:] != b"/" or rest.count(b'"') % 2 or rest.count(b"'") % 2:
            columns.add(column)
            rows.add(row)
            filled += 1
    numbers = {_number(column) for column in columns}
    lines = {int(row) for row in rows}
    if cells != count:
        numbers |= _unplaced(content, count)
        lines |= {int(row) for row in _ROW.findall(content)}
        lines |= {1, max(lines, default=0) + len(_ANY_ROW.findall(content))}
        filled = cells
    check_area(lines, numbers, filled, budget)


def _usual(content: bytes) -> tuple[int, set[bytes], set[bytes]]:
    """(how many cells are written as Excel does and have something in them, their columns, their rows)."""
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    count = start = 0
    while start < len(content):
        end = content.rfind(b"<", start, start + _STRETCH) if start + _STRETCH < len(content) else len(content)
        end = end if end > start else len(content)
        found = _USUAL.findall(content, start, end)
        count += len(found)
        if found:
            of_columns, of_rows = zip(*found, strict=True)
            columns.update(of_columns)
            rows.update(of_rows)
        start = end
    return count, columns, rows


def _cells(content: bytes) -> int:
    """How many cells there are. Most of what begins as one does is a cell, which is counted faster than matched."""
    if b":c" not in content and content.count(b"<c") == content.count(b"<c ") + content.count(b"<col"):
        return content.count(b"<c ")
    return sum(1 for _ in _ANY_CELL.finditer(content))


def check_area(rows: Collection[int], columns: Collection[int], count: int, budget: Budget) -> None:
    """`count` cells in these rows and columns."""
    if not rows or not columns:
        return
    check_filled((max(columns) - min(columns) + 1) * (max(rows) - min(rows) + 1), count, budget)


def check_filled(area: int, count: int, budget: Budget) -> None:
    """`count` filled cells in a range of `area`."""
    if area > budget.limits.cells or (area > _SPARSE and area > count * _FILLED):
        raise LimitError(ProblemKind.TOO_BIG, f"a sheet of {area} cells with {count} filled")


def _unplaced(content: bytes, placed: int) -> set[int]:
    """Cells may leave out their place; then they follow each other. One whose place is written oddly is not guessed."""
    widest = 0
    for row in _ANY_ROW.split(content):
        cells = _ANY_CELL.split(row)
        widest = max(widest, len(cells) - 1)
    if len(_PLACED.findall(content)) != placed:
        raise LimitError(ProblemKind.TOO_BIG, "a cell whose place cannot be told")
    return {1, widest}


def _number(column: bytes) -> int:
    total = 0
    for letter in column.upper():
        total = total * 26 + letter - 64
    return total
