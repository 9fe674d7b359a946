"""The header of a dbf file (dBASE III to 7, FoxPro): a file has no magic number, only a header that fits together.

In: the beginning of a file. Out: its fields, or None where it is none.
"""

from dataclasses import dataclass

_VERSIONS = frozenset(b"\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\x8c\xcb\xf5\xfb")
_FIELD = 32


@dataclass(frozen=True, slots=True)
class Field:
    """name: without the NULs. sort: one letter. start: within the record, whose first byte says whether it is deleted."""

    name: bytes
    sort: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """end: where records begin. record: bytes of one. count: records that there should be."""

    fields: tuple[Field, ...]
    end: int
    record: int
    count: int


def read(data: bytes) -> Header | None:
    """Fields fill the record exactly, and the date of the last change is one."""
    if len(data) < 65 or data[0] not in _VERSIONS or not (data[2] <= 12 and data[3] <= 31):
        return None
    end, record = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    fields: list[Field] = []
    at, start = _FIELD, 1
    while at + _FIELD <= min(end, len(data)) and data[at] != 0x0D:
        raw = data[at : at + _FIELD]
        sort = chr(raw[11])
        if not sort.isascii() or not sort.isalnum():
            return None
        size = raw[16] + (raw[17] << 8 if sort == "C" else 0)
        fields.append(Field(raw[:11].split(b"\0", 1)[0], sort, start, size))
        start += size
        at += _FIELD
    if not fields or start != record or data[at : at + 1] != b"\r" or at >= end:
        return None
    return Header(tuple(fields), end, record, int.from_bytes(data[4:8], "little"))
