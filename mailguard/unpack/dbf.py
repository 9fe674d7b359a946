"""dBASE and FoxPro tables (dbf), in which many older Japanese systems keep their customers.

In: a dbf file. Out: one Table; records that are marked as deleted, too. The charset is cp932 unless the records are UTF-8.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import dbf_header, sniff
from mailguard.unpack.budget import Budget

NAME = "dBASE (dbf)"
LIMITATIONS = "Memos, which stand in a file of their own (dbt, fpt), are not read."

_MEMO = frozenset("MGPBW")


@dataclass(frozen=True, slots=True)
class _Records:
    data: bytes
    header: dbf_header.Header

    def __iter__(self) -> Iterator[bytes]:
        size = self.header.record
        for at in range(self.header.end, len(self.data) - size + 1, size):
            if self.data[at : at + 1] == b"\x1a":
                return
            yield self.data[at : at + size]


def matches(part: Part, sniffed: str) -> bool:
    """By its header."""
    del part
    return sniffed == sniff.DBF


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """One table."""
    header = dbf_header.read(part.data)
    assert header is not None
    codec = _codec(part.data[header.end :])
    rows = [[field.name.decode(codec, "replace") for field in header.fields]]
    for record in _Records(part.data, header):
        budget.spend_cells(len(header.fields))
        rows.append(
            [_cell(record[field.start : field.start + field.size], field.sort, codec) for field in header.fields]
        )
    yield Table(part.path, rows)
    if len(rows) - 1 < header.count:
        yield Problem(part.path, ProblemKind.DAMAGED, "cut off")
    if any(field.sort in _MEMO for field in header.fields):
        yield Problem(part.path, ProblemKind.NOT_READ, "memos in another file")


def _codec(records: bytes) -> str:
    try:
        records.decode()
    except UnicodeDecodeError:
        return "cp932"
    return "utf-8"


def _cell(raw: bytes, sort: str, codec: str) -> str:
    if sort == "I" and len(raw) == 4:
        return str(int.from_bytes(raw, "little", signed=True))
    text = raw.decode(codec, "replace").strip(" \0\u3000")
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if sort == "D" and len(text) == 8 and text.isdigit() else text
