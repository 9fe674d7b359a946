"""Records of an Excel 97 to 2003 workbook (MS-XLS): how far its cells reach, and what is written outside of them.

In: the stream `Workbook` (or `Book` of Excel 5 and 95, or a pivot cache). Out: comments, text boxes, page headers, links, charts and
pivot caches as lines; pictures. Cells are calamine's.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.unpack import charset

_BOF, _FILEPASS, _CONTINUE, _TXO, _NOTE, _DRAWINGS = 0x809, 0x2F, 0x3C, 0x1B6, 0x1C, 0xEB
_CELLS = frozenset({0x06, 0x206, 0x406, 0x203, 0x204, 0x205, 0x27E, 0xFD, 0xD6, 0xBD})
_HEADERS = frozenset({0x14, 0x15})
_PIVOT_STRING, _SERIES_TEXT, _LINK, _CACHED = 0xCD, 0x100D, 0x1B8, 0x5A
_BIFF8 = 0x600
_HEADER_CODES = re.compile(r'&(?:[LCRPNDTZFAGUESBIXYOH]|"[^"]*"|K[0-9A-F]{6}|[0-9]+)')  # as ECMA-376 part 1 §18.3.1.46
_WIDE = re.compile(rb"(?:[\x20-\x7e\x80-\xff]\0|[\0-\xff][\x30-\x9f\xff]){6,}")


@dataclass(slots=True)
class Book:
    """What was found. cells: filled ones; area: what calamine makes room for, all sheets together."""

    lines: list[str] = field(default_factory=list)
    cells: int = 0
    area: int = 0
    encrypted: bool = False
    drawings: bytes = b""


def read(stream: bytes) -> Book:
    """The whole stream. Never raises on any bytes."""
    reader = _Reader()
    for kind, data in _records(stream):
        try:
            reader.record(kind, data)
        except (struct.error, IndexError):
            continue  # a record that is too short says nothing
    reader.end_sheet()
    reader.book.drawings = b"".join(reader.drawings)
    return reader.book


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


class _Reader:
    """Takes the records in order; some go on in the next one."""

    def __init__(self) -> None:
        self.book = Book()
        self.drawings: list[bytes] = []
        self._wide = True
        self._rows: set[int] = set()
        self._columns: set[int] = set()
        self._left = 0  # characters of a text box still to come
        self._last = 0

    def record(self, kind: int, data: bytes) -> None:
        if kind in _CELLS:
            self._cell(kind, data)
        elif kind == _BOF:
            self.end_sheet()
            self._wide = len(data) < 2 or struct.unpack_from("<H", data)[0] >= _BIFF8
        elif kind == _FILEPASS:
            self.book.encrypted = True
        elif kind == _CONTINUE:
            self._continue(data)
        else:
            self._writing(kind, data)
        if kind != _CONTINUE:
            self._last = kind

    def end_sheet(self) -> None:
        if self._rows and self._columns:
            self.book.area += (max(self._rows) - min(self._rows) + 1) * (max(self._columns) - min(self._columns) + 1)
        self._rows, self._columns = set(), set()

    def _cell(self, kind: int, data: bytes) -> None:
        row, column = struct.unpack_from("<2H", data)
        self._rows.add(row)
        self._columns.add(column)
        if kind == 0xBD:  # MULRK: numbers side by side, the last column at the end
            (column,) = struct.unpack_from("<H", data, len(data) - 2)
            self._columns.add(column)
        self.book.cells += 1

    def _continue(self, data: bytes) -> None:
        if self._last == _DRAWINGS:
            self.drawings.append(data)
        elif self._last == _TXO and self._left > 0 and data:
            text = _characters(data[1:], data[0] & 1)[: self._left]
            self._left -= len(text)
            self.book.lines.append(text)

    def _writing(self, kind: int, data: bytes) -> None:
        if kind == _DRAWINGS:
            self.drawings.append(data)
        elif kind == _TXO:
            (self._left,) = struct.unpack_from("<H", data, 10)
        else:
            self.book.lines += self._lines(kind, data)

    def _lines(self, kind: int, data: bytes) -> Iterator[str]:
        if kind == _NOTE and not self._wide:
            yield charset.decode(data[6:], "cp932")
        elif kind in _HEADERS and data:
            text = _string(data, 0) if self._wide else charset.decode(data[1:], "cp932")
            yield _HEADER_CODES.sub(" ", text).strip()
        elif kind == _PIVOT_STRING:
            yield _string(data, 0) if self._wide else charset.decode(data[2:], "cp932")
        elif kind == _SERIES_TEXT and self._wide:
            yield _characters(data[4:], data[3] & 1)
        elif kind == _CACHED:
            yield "\t".join(_cached(data, 4))
        elif kind == _LINK:
            yield from (match[0].decode("utf-16-le", "replace") for match in _WIDE.finditer(data))


def _cached(data: bytes, at: int) -> Iterator[str]:
    """Strings of a row that another workbook had (CRN, §2.5.240)."""
    while at < len(data):
        if data[at] != 2:
            at += 9
            continue
        text = _string(data, at + 1)
        yield text
        at += 4 + len(text) * (2 if data[at + 3] & 1 else 1)


def _string(data: bytes, at: int) -> str:
    """XLUnicodeString: length in characters, flag, characters (§2.5.294)."""
    if len(data) < at + 3:
        return ""
    (length,) = struct.unpack_from("<H", data, at)
    return _characters(data[at + 3 :], data[at + 2] & 1)[:length]


def _characters(data: bytes, wide: int) -> str:
    return data[: len(data) & ~1].decode("utf-16-le", "replace") if wide else data.decode("latin-1")
