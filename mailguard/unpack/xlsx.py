"""Excel workbooks (xlsx, xlsm, xlsb): every sheet, hidden ones too, as a Table.

In: a workbook. Out: sheets as tables (calamine); then comments, text boxes, page headers, names, charts, properties, links as one
text; pivot caches and cached links as tables; files inside as parts. Sizes are checked before calamine sees the file: it trusts them.
"""

import re
from collections.abc import Iterator

from mailguard.model import Part, Problem, Table, Text
from mailguard.unpack import biff12, formulas, package, shared_strings, sheet_range, sniff, workbook
from mailguard.unpack.budget import Budget
from mailguard.unpack.openxml_sweep import Sweep
from mailguard.unpack.package import Package
from mailguard.unpack.pivot_cache import Pivots

NAME = "Excel (xlsx, xlsm, xlsb)"
LIMITATIONS = "Furigana, in an xlsb strings that no cell shows, who made or commented it, and the small preview picture are not read."

_STRINGS = "sharedstrings.xml"
_SHEET_DATA = re.compile(rb"<(?:\w+:)?sheetData\b[^<>]*>")
_KEPT = re.compile(rb"<(?:\w+:)?externalLink\b")  # rows of another workbook, which calamine does not read
_SHEET_DATA_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")


def matches(part: Part, sniffed: str) -> bool:
    """By its content types."""
    del part
    return sniffed in {sniff.XLSX, sniff.XLSB}


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Sheets first, then the sweep."""
    return package.opened(part, budget, _contents)


def _contents(part: Part, package: Package, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    sweep, pivots, strings = Sweep(package, budget), Pivots(budget), b""
    for name, content in package.members():
        if isinstance(content, bytes) and name.lower().rpartition("/")[2] == _STRINGS:
            strings += content
        else:
            _member(name, content, sweep, pivots, budget)
    if not any(isinstance(one, Problem) for one in sweep.others):
        seen: set[str] = set()
        for sheet in workbook.sheets(part, budget):
            if strings and isinstance(sheet, Table):
                for row in sheet.rows:
                    seen.update(row)
            yield sheet
        sweep.add(_STRINGS, "\n".join(shared_strings.unseen(strings, set(map(shared_strings.squeezed, seen)))))
    yield Text(part.path, "\f".join(text for _, text in sweep.texts))
    for rows in (*sweep.tables, *pivots.tables()):
        yield Table(part.path, rows)
    yield from (*sweep.others, *(Problem(part.path, *fault) for fault in pivots.faults))


def _member(name: str, content: bytes | Problem, sweep: Sweep, pivots: Pivots, budget: Budget) -> None:
    low = name.lower()
    if isinstance(content, Problem):
        sweep.member(name, content)
    elif low.rpartition("/")[2] == "sharedstrings.bin":
        return  # of an xlsb: calamine reads them where a cell shows them
    elif biff12.is_biff12(low):
        sweep.add(name, biff12.text(content, budget))
    elif low.startswith("xl/pivotcache/") and low.endswith((".xml", ".rels")):
        pivots.member(name, content)
    else:
        if rows := formulas.rows(content):
            sweep.tables.append(rows)
        sweep.member(name, _without_cells(content, budget))


def _without_cells(content: bytes, budget: Budget) -> bytes:
    """A sheet without its cells, which calamine reads, if it can be trusted with their places."""
    begin = _SHEET_DATA.search(content)
    if begin is None or _KEPT.search(content, 0, begin.start()):
        return content
    sheet_range.check(content, budget)
    end = _end(content, begin.end())
    if not end:
        return content if begin[0].endswith(b"/>") else content[: begin.start()]
    return content[: begin.start()] + content[end:]


def _end(content: bytes, start: int) -> int:
    """Where the last end tag of the cells ends; 0 if there is none."""
    at = content.rfind(b"</sheetData>", start)
    if at >= 0 and content.find(b"sheetData", at + 12) < 0:
        return at + 12
    return max((match.end() for match in _SHEET_DATA_END.finditer(content, start)), default=0)
