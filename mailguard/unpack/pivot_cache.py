"""Pivot caches: the rows that a pivot table was made of, which stay in the file when their sheet is gone.

In: the members of `xl/pivotCache/` (ECMA-376 part 1 §18.10). Out: one table a cache, titles first.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mailguard.unpack import markup
from mailguard.unpack.budget import Budget
from mailguard.unpack.markup import local
from mailguard.unpack.package import Relations
from mailguard.unpack.workbook import shown

_VALUES = frozenset({"s", "n", "d", "b", "e", "m", "x"})


@dataclass(slots=True)
class _Cache:
    """A definition: titles of the columns, values that the records name by number."""

    titles: list[str] = field(default_factory=list)
    items: list[list[str]] = field(default_factory=list)
    records: str = ""
    open: bool = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = local(tag)
        if name == "cacheField":
            self.titles.append(attributes.get("name", ""))
            self.items.append([])
        elif name == "sharedItems":
            self.open = True
        elif self.open and name in _VALUES and self.items:
            self.items[-1].append(_value(name, attributes))

    def end(self, tag: str) -> None:
        if local(tag) == "sharedItems":
            self.open = False

    def data(self, text: str) -> None:
        """Everything is in attributes."""


class _Records:
    """Rows of (element, value)."""

    def __init__(self, budget: Budget) -> None:
        self.rows: list[list[tuple[str, str]]] = []
        self._budget = budget

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = local(tag)
        if name == "r":
            self.rows.append([])
        elif name in _VALUES and self.rows:
            self._budget.spend_cells(1)
            self.rows[-1].append((name, _value(name, attributes)))

    def end(self, tag: str) -> None:
        """A value is its attribute."""

    def data(self, text: str) -> None:
        """The same."""


class Pivots:
    """The caches of one workbook, in whatever order their members come."""

    def __init__(self, budget: Budget) -> None:
        self.faults: list[markup.Fault] = []
        self._budget = budget
        self._caches: dict[str, _Cache] = {}
        self._records: dict[str, _Records] = {}
        self._relations: dict[str, str] = {}

    def member(self, name: str, content: bytes) -> None:
        """A definition, its records, or what ties them."""
        fault = None
        if name.endswith(".rels"):
            relations = Relations(name, content)
            for _, target in relations.targets.values():
                self._relations[relations.source.lower()] = target.lower()
        elif b"pivotCacheRecords" in content[:2000]:
            records = self._records[name.lower()] = _Records(self._budget)
            fault = markup.read(content, records)
        else:
            cache = self._caches[name.lower()] = _Cache()
            fault = markup.read(content, cache)
        if fault:
            self.faults.append(fault)

    def tables(self) -> Iterator[list[list[str]]]:
        """Titles and rows of each cache; values of a cache without records column by column."""
        left = dict(self._records)
        for name, cache in self._caches.items():
            records = left.pop(self._relations.get(name, ""), None)
            if records is None:
                self._budget.spend_cells(len(cache.items) * max(map(len, cache.items), default=0))
                rows = [list(row) for row in itertools.zip_longest(*cache.items, fillvalue="")]
            else:
                rows = [_row(row, cache.items) for row in records.rows]
            if rows:
                yield [cache.titles, *rows]
        for records in left.values():
            yield from [[[value for _, value in row] for row in records.rows]] if records.rows else []


def _row(row: list[tuple[str, str]], items: list[list[str]]) -> list[str]:
    return [_item(value, column) if name == "x" else value for (name, value), column in zip(row, items, strict=False)]


def _item(number: str, column: list[str]) -> str:
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else len(column)
    return column[at] if at < len(column) else ""


def _value(name: str, attributes: Mapping[str, str]) -> str:
    value = attributes.get("v", "")
    if name != "n":
        return value.removesuffix("T00:00:00") if name == "d" else value
    try:
        return shown(float(value))
    except ValueError:
        return value
