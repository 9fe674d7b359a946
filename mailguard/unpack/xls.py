"""Excel 97 to 2003 workbooks (MS-XLS), and those of Excel 5 and 95.

In: an xls or xlt. Out: every sheet, hidden ones too, as a Table (calamine); comments, text boxes, headers and pivot caches as one text;
objects and pictures inside as parts. How far the cells reach is checked before calamine makes room for them.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import biff, compound, ole_parts, sheet_range, sniff, workbook
from mailguard.unpack.budget import Budget

NAME = "Excel 97-2003 (xls)"
LIMITATIONS = "Defined names, lists of allowed values, who made or commented it, and macros are not read."

_PIVOTS = "_sx_db"


def matches(part: Part, sniffed: str) -> bool:
    """By its stream `Workbook` or `Book`."""
    del part
    return sniffed == sniff.XLS


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Sheets first, then what stands beside the cells."""
    return ole_parts.opened(part, budget, _contents)


def _contents(part: Part, file: compound.Compound, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    stream = file.find("Workbook") or file.find("Book") or b""
    book = biff.read(stream)
    if book.encrypted:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed")
        return
    sheet_range.check_filled(book.area, book.cells, budget)
    yield from workbook.sheets(part, budget)
    yield from _beside(part, file, book, budget)


def _beside(part: Part, file: compound.Compound, book: biff.Book, budget: Budget) -> Iterator[Part | Text | Problem]:
    lines = list(book.lines)
    for path in file.streams:
        if path[0].lower().startswith(_PIVOTS):
            lines += biff.read(file.read(path)).lines
    text = "\n".join([*filter(None, lines), ole_parts.properties(part.data)]).strip()
    budget.text(len(text))
    yield Text(part.path, text)
    yield from ole_parts.inside(part, file, (book.drawings,), budget)
