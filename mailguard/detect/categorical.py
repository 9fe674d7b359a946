"""One column of a table with each of its values once: work over a column is work over its distinct values.

In: the cells of a column. Out: `Categorical`: distinct values in the order in which they first stand, and for each row the
number of its value. Reads like the sequence of the cells.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import count
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from mailguard.model import Kind

T = TypeVar("T")
_LOOKED_AT = 100  # cells at the top of a column that say whether all may differ
VOTERS = 300  # distinct cells asked for the whole column, spread over it

Codes = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Categorical(Sequence[str]):
    """values: each once; what no row has any more may still be among them. codes: one a row."""

    __slots__ = ("_hashes", "_known", "_met", "_voters", "codes", "values")

    def __init__(self, values: list[str], codes: Codes, met: AbstractSet[str] | None = None) -> None:
        self.values, self.codes = values, codes
        self._met = met
        self._voters: tuple[str, ...] | None = None
        self._known: dict[tuple[str, str], list[Any]] = {}
        self._hashes: dict[tuple[str, str], NDArray[np.int64]] = {}

    @classmethod
    def of(cls, cells: Sequence[str]) -> "Categorical":
        """Factorise the cells of a column."""
        if len(set(cells[:_LOOKED_AT])) == len(cells[:_LOOKED_AT]):  # perhaps all differ, as member numbers do
            met = set(cells)
            if len(met) == len(cells):
                return cls(list(cells), np.arange(len(cells), dtype=np.int32), met)
        number: dict[str, int] = defaultdict(count().__next__)  # the next number for what is new, in one look
        codes = np.fromiter(map(number.__getitem__, cells), np.int32, len(cells))
        return cls(list(number), codes, number.keys())

    def renamed(self, values: Sequence[str]) -> "Categorical":
        """Other values in place of these, one for each; equal ones become one."""
        if values == self.values:
            return self
        return self.merged(values, self.codes)

    @classmethod
    def merged(cls, values: Sequence[str], codes: Codes) -> "Categorical":
        """Values of which some may be equal, and the number of the value in each row."""
        met = set(values)
        if len(met) == len(values):
            return cls(list(values), codes, met)
        once = cls.of(values)
        return cls(once.values, once.codes[codes])

    def without(self, rows: Iterable[int]) -> "Categorical":
        """Nothing in these rows."""
        values = self.values if "" in self.met else [*self.values, ""]
        codes = self.codes.copy()
        codes[list(rows)] = values.index("")
        return Categorical(values, codes)

    def rows(self, flags: Sequence[bool] | Flags) -> list[int]:
        """The rows whose value is flagged."""
        found: list[int] = np.flatnonzero(np.asarray(flags, dtype=bool)[self.codes]).tolist()
        return found

    def each(self, kind: Kind, make: Callable[[Kind, Sequence[str]], list[T]]) -> list[T]:
        """What `make` says of each value of that kind; it is asked once."""
        known = self._known.get((kind, make.__name__))
        if known is None:
            known = self._known[kind, make.__name__] = make(kind, self.values)
        return known

    def hashes(self, kind: Kind, make: Callable[[Kind, Sequence[str]], list[str]]) -> NDArray[np.int64]:
        """The hashes of what `make` says of each value, 0 of nothing; made while that is still in the processor's cache."""
        known = self._hashes.get((kind, make.__name__))
        if known is None:
            known = np.fromiter(map(hash, self.each(kind, make)), np.int64, len(self.values))
            self._hashes[kind, make.__name__] = known
        return known

    @property
    def met(self) -> AbstractSet[str]:
        """The values as a set."""
        if self._met is None:
            self._met = set(self.values)
        return self._met

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many rows have each value."""
        return np.bincount(self.codes, minlength=len(self.values))

    @property
    def full(self) -> Flags:
        """Which rows have any value."""
        full: Flags = self.codes != (self.values.index("") if "" in self.met else -1)
        return full

    @property
    def filled(self) -> int:
        """How many rows have any value."""
        return int(np.count_nonzero(self.full))

    @property
    def empty(self) -> bool:
        """Whether no row has any value."""
        return not any(self.values)

    @property
    def voters(self) -> tuple[str, ...]:
        """Distinct cells that are asked for the whole column."""
        if self._voters is None:
            distinct = list(filter(None, self.values))
            step = max(1, len(distinct) // VOTERS)
            self._voters = tuple(distinct[::step][:VOTERS])
        return self._voters

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str]:
        return map(self.values.__getitem__, self.codes.tolist())

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self.values[code] for code in self.codes[row].tolist()]
        return self.values[int(self.codes[row])]


def together(columns: Sequence[Categorical], between: str = "") -> Categorical:
    """The cells of several columns joined, row by row."""
    if len(columns) == 1:
        return columns[0]
    codes, first = combined([column.codes for column in columns])
    values = [between.join(parts) for parts in zip(*(_at(column, first) for column in columns), strict=True)]
    return Categorical.merged(values, codes)


def _at(column: Categorical, rows: NDArray[np.int64]) -> list[str]:
    return [column.values[code] for code in column.codes[rows].tolist()]


def combined(codes: Sequence[NDArray[np.integer]]) -> tuple[Codes, NDArray[np.int64]]:
    """(number of the combination that stands in each row, in the order of their first rows; those first rows)."""
    keys = codes[0].astype(np.int64)
    for other in codes[1:]:
        keys = keys * (int(other.max(initial=0)) + 1) + other
        _, keys = np.unique(keys, return_inverse=True)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place[inverse], first[order]
