"""Telephone numbers in the bytes of a file that its reader did not give: in fields for programs, deleted records, gaps, pixels.

In: the bytes, as they are or as UTF-16, and what was read. Out: the stretches of writing around at least three such numbers, or "": packed data
has no three by chance, and what belongs to the file alone (its maker's, a support line) are fewer.
"""

import re
from typing import Final

from mailguard.model import Table, Text
from mailguard.unpack import charset, writing

LEAST: Final = 3
_AROUND = 200  # bytes of writing before and behind a number
_MOST = 20_000
_WIDE = re.compile(rb"0\0[1-9]\0[0-9-]\0")  # the beginning of a number in UTF-16
_BREAK = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]+")


def said(item: object) -> str:
    """What a reader gave, as far as it is writing."""
    if isinstance(item, Text):
        return item.text
    return "\n".join(",".join(row) for row in item.rows) if isinstance(item, Table) else ""


def words(data: bytes, shown: str) -> str:
    """shown: all that was read of the file."""
    found = _numbers(data, shown)
    if len(found) < LEAST and _WIDE.search(data):
        data = data.replace(b"\0", b"")
        found = _numbers(data, shown)
    if len(found) < LEAST:
        return ""
    lines = (charset.decode(_around(data, start, end)) for start, end in list(found.values())[:_MOST])
    return "\n".join(dict.fromkeys(lines))


def _numbers(data: bytes, shown: str) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for match in writing.numbers_in(data):
        found.setdefault(match[0].decode("ascii"), match.span())
    hidden = writing.untold(found.keys() - set(writing.numbers(shown)), shown)
    return {number: place for number, place in found.items() if number in hidden}


def _around(data: bytes, start: int, end: int) -> bytes:
    before = _BREAK.split(data[max(start - _AROUND, 0) : start])[-1].rpartition(b"\n")[2]
    behind = _BREAK.split(data[end : end + _AROUND])[0].partition(b"\n")[0]
    return before + data[start:end] + behind
