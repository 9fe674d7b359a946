"""Nested data (JSON, XML, property lists) as tables: a record a row, its keys as the header, whatever lies inside it flattened.

In: dicts, lists and plain values. Out: one table for each list of records, lists at the same place put together; all values
that stand in none, and long ones, as text; bytes as they are. Nothing is left out.
"""

import datetime as dt
import html
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.model import Part, Table, Text
from mailguard.unpack import cards, writing
from mailguard.unpack.budget import Budget

_FEW = 3  # records inside a record that are still part of it (two telephones)
_PROSE = 80  # characters from which a value may be writing, which is read by sentences
_LONG_KEY = 10  # characters
_COORDINATES = 50  # plain numbers in a list beyond these are a measurement

Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Records:
    """What was found. tables: by the place of the list, without numbers."""

    tables: dict[tuple[str, ...], list[Pairs]] = field(default_factory=dict)
    grids: list[list[list[str]]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, value: object, place: tuple[str, ...] = ()) -> None:
        """A value that stands in no record."""
        records = _records(value)
        if records:
            self.tables.setdefault(place, []).extend([self._record(record, place) for record in records])
        elif isinstance(value, dict):
            pairs: Pairs = []
            for key, inner in value.items():
                if isinstance(inner, dict | list):
                    self.add(inner, (*place, str(key)))
                else:
                    pairs += self._plain(str(key), inner)
            if pairs:
                self.tables.setdefault((*place, "{}"), []).append(pairs)
        elif isinstance(value, list) and value and all(isinstance(row, list) for row in value) and not _numbers(value):
            self.grids.append([[text for cell in row for _, text in self._flat("", cell, place)] for row in value])
        else:
            self.lines += [text for _, text in self._flat("", value, place)]

    def _record(self, record: dict[str, object], place: tuple[str, ...]) -> Pairs:
        return [pair for key, value in record.items() for pair in self._flat(str(key), value, (*place, str(key)))]

    def _flat(self, key: str, value: object, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """What lies below a key of a record, under the innermost key; many records in it are a table of their own."""
        if isinstance(value, dict):
            if len(_records(value)) > _FEW:
                self.add(value, place)
                return
            for inner, below in value.items():
                yield from self._flat(str(inner), below, (*place, str(inner)))
        elif isinstance(value, list):
            if len(value) > _FEW and any(isinstance(item, dict) for item in value):
                self.add(value, place)
            elif not (len(value) > _COORDINATES and _numbers(value)):
                for item in value:
                    yield from self._flat(key, item, place)
        else:
            yield from self._plain(key, value)

    def _plain(self, key: str, value: object) -> Pairs:
        if isinstance(value, bytes):
            self.files.append((key, value))
            return []
        if len(key) > _LONG_KEY and writing.number(key):  # a name is a header, which is not read for people
            self.lines.append(f"{key} {shown(value)}")
        text = shown(value)
        text = html.unescape(text) if "&#" in text else text
        if len(text) > _PROSE:
            self.lines.append(text)
        return [(key, text)]

    def items(self, part: Part, budget: Budget) -> Iterator[Part | Text | Table]:
        """All of it, as what a handler gives."""
        budget.text(
            sum(map(len, self.lines))
        )  # before they are put together: some formats have one value in many places
        text = "\n".join(self.lines)
        yield Text(part.path, text)
        for rows in (*map(cards.rows, self.tables.values()), *self.grids):
            budget.spend_cells(sum(map(len, rows)))
            if rows:
                yield Table(part.path, rows)
        for name, data in self.files:
            budget.file(part.depth + 1)
            budget.spend(len(data))
            yield Part((*part.path, f"({name or 'data'})"), data, depth=part.depth + 1)


def shown(value: object) -> str:
    """As a person would write it; nothing for null."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e16:
            return str(int(value))
        case dt.datetime():
            return value.isoformat(" ")
        case dt.date():
            return value.isoformat()
        case _:
            return str(value)


def _records(value: object) -> list[dict[str, object]]:
    """A list of records, or records by their ids; [] for anything else."""
    if isinstance(value, dict):
        inner = list(value.values())
        alike = len(inner) >= _FEW and all(isinstance(item, dict) and item.keys() & inner[0].keys() for item in inner)
        return [{"id": key, **item} for key, item in value.items()] if alike else []
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [item if isinstance(item, dict) else {"": item} for item in value]
    return []


def _numbers(value: list[object]) -> bool:
    return all(_numbers(item) if isinstance(item, list) else isinstance(item, float | int) for item in value)
