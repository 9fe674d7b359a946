"""Sheets of a workbook by calamine, once it is known that it makes room for no more than there is.

In: an xlsx, xlsm, xlsb or xls whose ranges were checked. Out: each sheet with cells as a Table, values as a person would write them.
"""

import datetime as dt
import io
from collections.abc import Iterator

import python_calamine

from mailguard.model import Part, Problem, ProblemKind, Table
from mailguard.unpack.budget import Budget

_CELL_LESS = (python_calamine.SheetTypeEnum.ChartSheet, python_calamine.SheetTypeEnum.Vba)  # no set: unhashable


def sheets(part: Part, budget: Budget) -> Iterator[Table | Problem]:
    """Calamine's own errors are Problems; its PanicException, which is no Exception, passes through."""
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(part.data))
    except python_calamine.PasswordError:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed")
        return
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
        return
    with book:
        for sheet in book.sheets_metadata:
            if sheet.typ not in _CELL_LESS:
                yield from _sheet(part, book, sheet.name, budget)


def _sheet(part: Part, book: python_calamine.CalamineWorkbook, name: str, budget: Budget) -> Iterator[Table | Problem]:
    path = (*part.path, name)
    try:
        cells = book.get_sheet_by_name(name)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        yield Problem(path, ProblemKind.DAMAGED, type(error).__name__)
        return
    budget.spend_cells(cells.height * cells.width)
    rows = [
        [value if value.__class__ is str else shown(value) for value in row]
        for row in cells.to_python(skip_empty_area=True)
    ]
    if rows:
        yield Table(path, rows)


def shown(value: object) -> str:
    """A value as a person would write it: 9012345678.0 is 9012345678, a date is ISO 8601."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
        case dt.datetime():
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)
