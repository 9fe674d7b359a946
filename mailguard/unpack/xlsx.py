"""Excel workbooks (xlsx, xlsm): every sheet, hidden ones too, as a Table.

In: a workbook. Out: sheets as tables (calamine), then comments, text boxes, page headers, pivot caches and cached
links as text, pictures and embedded files as parts. Sizes are checked before calamine sees the file: it trusts them.
"""

import datetime as dt
import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import lxml.etree
import python_calamine

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import sniff
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.header import clean_name

NAME = "Excel (xlsx, xlsm)"
LIMITATIONS = "Author and company in the file's properties, chart pictures and macros are not read."

_CELL = re.compile(rb"<(?:\w+:)?c\s[^<>]*?\br\s*=\s*[\"']([A-Za-z]{1,4})([0-9]{1,8})[\"']")
_HEADER_FOOTER = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)\b[^<>]*>([^<>]{1,4000})<")
_CODES = re.compile(r'&(?:[LCRPNDTZFAGUESBIXYOH]|"[^"]*"|K[0-9A-F]{6}|[0-9]+)')  # ECMA-376 part 1 §18.3.1.46
_STRUCTURE = (
    "sharedstrings",
    "styles",
    "workbook",
    "calcchain",
    "metadata",
    "theme",
    "printersettings",
    "_rels",
    "tablestyles",
)
_SPARSE = 5_000_000  # cells of the used range, from which it must be filled to one part in `_FILLED`
_FILLED = 20
_CHUNK = 1 << 20
_CELL_LESS = (python_calamine.SheetTypeEnum.ChartSheet, python_calamine.SheetTypeEnum.Vba)  # no set: unhashable


@dataclass(frozen=True, slots=True)
class _Extra:
    """What the sweep found in one member beside the cells."""

    name: str
    text: str = ""
    data: bytes = b""


def matches(part: Part, sniffed: str) -> bool:
    """By content; an encrypted workbook too, which is no ZIP any more."""
    del part
    return sniffed in {sniff.XLSX, sniff.ENCRYPTED_OFFICE}


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Sheets first, then the sweep."""
    if not part.data.startswith(b"PK"):
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed")
        return
    try:
        extras = list(_sweep(part.data, budget))
    except (zipfile.BadZipFile, lxml.etree.LxmlError, EOFError, ValueError, NotImplementedError, OSError) as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
        return
    yield from _sheets(part, budget)
    for extra in extras:
        path = (*part.path, extra.name)
        if extra.text:
            budget.text(len(extra.text))
            yield Text(path, extra.text)
        if extra.data:
            yield Part(path, extra.data, depth=part.depth + 1)


def _sheets(part: Part, budget: Budget) -> Iterator[Table | Problem]:
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(part.data)) as book:
        for sheet in book.sheets_metadata:
            if sheet.typ in _CELL_LESS:
                continue
            path = (*part.path, sheet.name)
            try:
                cells = book.get_sheet_by_name(sheet.name)
            except python_calamine.CalamineError as error:
                yield Problem(path, ProblemKind.DAMAGED, type(error).__name__)
                continue
            budget.spend_cells(cells.height * cells.width)
            rows = [[_shown(value) for value in row] for row in cells.to_python(skip_empty_area=True)]
            if rows:
                yield Table(path, rows)


def _shown(value: object) -> str:
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


def _sweep(data: bytes, budget: Budget) -> Iterator[_Extra]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if len(archive.infolist()) > budget.limits.files:
            raise LimitError(ProblemKind.TOO_MANY, f"more than {budget.limits.files} files in one workbook")
        for info in archive.infolist():
            content = _member(archive, info, budget)
            extra = _extra(info.filename, content, budget)
            if extra is not None:
                yield extra


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    if info.file_size > budget.limits.member_bytes:
        raise LimitError(ProblemKind.TOO_BIG, f"a file of more than {budget.limits.member_bytes} bytes")
    out: list[bytes] = []
    with archive.open(info) as file:
        while chunk := file.read(_CHUNK):
            budget.spend(len(chunk))
            out.append(chunk)
            budget.member(sum(map(len, out)), info.compress_size)
    return b"".join(out)


def _extra(name: str, content: bytes, budget: Budget) -> _Extra | None:
    low = name.lower()
    if b"sheetData" in content:
        _check_range(content, budget)
        shown = b"\n".join(_HEADER_FOOTER.findall(content)).decode("utf-8", "replace")
        return _Extra(clean_name(name.rpartition("/")[2]), text=_header_text(shown)) if shown else None
    if not low.startswith("xl/") or any(word in low for word in _STRUCTURE) or not content:
        return None
    short = clean_name(name.rpartition("/")[2])
    if low.endswith((".xml", ".vml")):
        return _Extra(short, text=_words(content))
    if "/media/" in low or "/embeddings/" in low:
        budget.file(1)
        return _Extra(short, data=content)
    return None


def _check_range(content: bytes, budget: Budget) -> None:
    """Two cells at the far corners make calamine ask for 549 GB: read the used range before it does."""
    if b"\0" in content[:200]:
        raise ValueError("UTF-16")
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    count = 0
    for column, row in _CELL.findall(content):
        columns.add(column)
        rows.add(row)
        count += 1
    if not count:
        return
    numbers = [_number(column) for column in columns]
    lines = [int(row) for row in rows]
    area = (max(numbers) - min(numbers) + 1) * (max(lines) - min(lines) + 1)
    if area > budget.limits.cells or (area > _SPARSE and area > count * _FILLED):
        raise LimitError(ProblemKind.TOO_BIG, f"a sheet of {area} cells with {count} filled")


def _number(column: bytes) -> int:
    total = 0
    for letter in column.upper():
        total = total * 26 + letter - 64
    return total


def _header_text(shown: str) -> str:
    return _CODES.sub(" ", html.unescape(shown)).strip()


def _words(content: bytes) -> str:
    """Text of an XML file, and the values that pivot caches keep in attributes; entities stay closed."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=True, load_dtd=False)
    root = lxml.etree.fromstring(content, parser)
    if root is None:
        return ""
    words: list[str] = []
    for element in root.iter(lxml.etree.Element):
        value = element.get("v")
        words += [word for word in (value, element.text and element.text.strip()) if word]
    return "\n".join(words)
