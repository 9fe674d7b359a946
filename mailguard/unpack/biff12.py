"""Binary members of an xlsb (MS-XLSB): how far their cells reach, and the strings that stand in no cell.

In: one member. Out: its strings, a line each: comments, page headers, names, pivot caches. Cells are calamine's.
"""

import re
import struct
from collections.abc import Iterator

from mailguard.unpack import charset, sheet_range
from mailguard.unpack.budget import Budget

_ROW = 0  # BrtRowHdr, §2.4.727
_CELLS = frozenset({*range(1, 12), 62})  # BrtCellBlank … BrtFmlaError, BrtCellRString: the column comes first
_NO_RECORDS = re.compile(
    r"printersettings|vbaproject|embeddings/|activex|media/|customproperty|attachedtoolbars|model/|ctrlprops|styles\.bin|theme"
)
_LONGEST = 32_767  # characters of a string
_SHORT = struct.Struct("<I")
_NUL = b"\0\0"


def is_biff12(name: str) -> bool:
    """Whether a member of that name, in lower case, is made of records."""
    return name.startswith("xl/") and name.endswith(".bin") and _NO_RECORDS.search(name) is None


def text(content: bytes, budget: Budget) -> str:
    """The strings. Raises LimitError when the cells reach too far."""
    rows: set[int] = set()
    columns: set[int] = set()
    found: list[str] = []
    count = 0
    for kind, start, size in _records(content):
        if kind in _CELLS and size >= 8:
            columns.add(int.from_bytes(content[start : start + 4], "little"))
            count += 1
        elif kind == _ROW and size >= 8:
            rows.add(int.from_bytes(content[start : start + 4], "little"))
        elif size >= 8:
            found += _strings(content[start : start + size])
    sheet_range.check_area(rows, columns, count, budget)
    return "\n".join(found)


def _records(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Type, start and size: numbers of seven bits a byte (§2.1.4)."""
    at, end = 0, len(content)
    while at + 1 < end:
        kind = content[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | content[at] << 7
            at += 1
        size = shift = 0
        while at < end and shift < 28:
            byte = content[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, at, min(size, end - at)
        at += size


def _strings(record: bytes) -> Iterator[str]:
    """XLWideString (§2.5.171) wherever one stands: its length in characters, then UTF-16."""
    at = 0
    while at + 6 <= len(record):
        (length,) = _SHORT.unpack_from(record, at)
        end = at + 4 + 2 * length
        if 0 < length <= _LONGEST and end <= len(record):
            string = record[at + 4 : end].decode("utf-16-le", "replace")
            if charset.unreadable(string) == 0 and "\0" not in string:
                yield string
                at = end
                continue
        at += 1
