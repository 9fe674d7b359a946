"""What a worker knows of parts it has read: in order of use, and bounded by what it weighs.

In: what a part was found to hold, under its scan key. Out: the same when the part comes again.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Generic, TypeVar

from mailguard.detect.evidence import Evidence
from mailguard.detect.people_files import lists_people
from mailguard.detect.persons import Record
from mailguard.detect.rows import Rows
from mailguard.inspect.sealing import Said
from mailguard.model import Finding, PartInfo, PartPath, Person, Problem
from mailguard.unpack.budget import Budget

Key = TypeVar("Key")
Value = TypeVar("Value")
Item = TypeVar("Item")

_MOST = 120_000  # rows, findings and the like of all parts together: about 100 MB
_OBJECT = 800  # bytes of arrays that count as one of these
_MOST_OF_ONE = 50_000  # a part with more is read again rather than kept


@dataclass(frozen=True, slots=True)
class Cost:
    """What opening a part took from the budget of its mail."""

    bytes: int = 0
    files: int = 0
    cells: int = 0
    pictures: int = 0

    @classmethod
    def between(cls, before: "Cost", budget: Budget) -> "Cost":
        """What was spent since `before`."""
        return cls(
            budget.bytes - before.bytes,
            budget.files - before.files,
            budget.cells - before.cells,
            budget.pictures - before.pictures,
        )

    @classmethod
    def so_far(cls, budget: Budget) -> "Cost":
        """What was spent."""
        return cls(budget.bytes, budget.files, budget.cells, budget.pictures)

    def fits(self, budget: Budget) -> bool:
        """Whether the budget still allows it."""
        limits = budget.limits
        return (
            budget.bytes + self.bytes <= budget.total_bytes
            and budget.files + self.files <= limits.files
            and budget.cells + self.cells <= limits.cells
            and budget.pictures + self.pictures <= limits.pictures
        )

    def charge(self, budget: Budget) -> None:
        """Take it, as opening the part again would."""
        budget.bytes += self.bytes
        budget.files += self.files
        budget.cells += self.cells
        budget.pictures += self.pictures


@dataclass(frozen=True, slots=True)
class Found:
    """What one top-level part gave. unread, uncounted: persons at most behind the beginnings of its long tables, and their keys.

    said: what may be passwords in it, sealed. opened: what a password opened, and the digest of that.
    """

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    records: tuple[Record, ...] = ()
    people: tuple[Person, ...] = ()
    crowded: tuple[PartPath, ...] = ()
    parts: tuple[PartInfo, ...] = ()
    body_key: bytes = b""
    cost: Cost = Cost()
    rows: tuple[Rows, ...] = ()
    unread: int = 0
    uncounted: tuple[bytes, ...] = ()
    said: tuple[Said, ...] = ()
    opened: tuple[tuple[PartPath, bytes], ...] = ()

    @classmethod
    def of(
        cls,
        evidence: Sequence[tuple[PartPath, Evidence]],
        problems: Sequence[Problem] = (),
        parts: tuple[PartInfo, ...] = (),
        **rest: Any,
    ) -> "Found":
        """Of what was detected where; rest: other fields."""
        each = [one for _, one in evidence]
        return cls(
            findings=joined([one.findings for one in each]),
            problems=tuple([replace(problem, listing=lists_people(problem.path)) for problem in problems]),
            records=joined([one.records for one in each]),
            people=joined([one.people for one in each]),
            crowded=tuple([path for path, one in evidence if one.crowded]),
            parts=parts,
            rows=joined([one.rows for one in each]),
            unread=sum([one.unread for one in each]),
            **rest,
        )

    @property
    def weight(self) -> int:
        """About how many objects it holds."""
        arrays = sum(rows.size for rows in self.rows) // _OBJECT
        return (
            4
            + arrays
            + len(self.records)
            + len(self.findings)
            + len(self.people)
            + len(self.problems)
            + len(self.parts)
        )

    @property
    def bounded(self) -> bool:
        """Whether one worker may keep it: not too large."""
        return self.weight <= _MOST_OF_ONE


def joined(tuples: Sequence[tuple[Item, ...]]) -> tuple[Item, ...]:
    """All of them in one."""
    filled = [items for items in tuples if items]
    return filled[0] if len(filled) == 1 else tuple(chain.from_iterable(filled))


class Known:
    """Parts by scan key."""

    def __init__(self, most: int = _MOST) -> None:
        self._most, self._weight = most, 0
        self._found: OrderedDict[bytes, Found] = OrderedDict()

    def get(self, scan_key: bytes) -> Found | None:
        """What a part gave, and a new lease of life."""
        found = self._found.get(scan_key)
        if found is not None:
            self._found.move_to_end(scan_key)
        return found

    def keep(self, scan_key: bytes, found: Found) -> None:
        """Remember; what was not met for longest goes."""
        if old := self._found.pop(scan_key, None):
            self._weight -= old.weight
        self._found[scan_key] = found
        self._weight += found.weight
        while self._weight > self._most and len(self._found) > 1:
            _, gone = self._found.popitem(last=False)
            self._weight -= gone.weight


class Latest(Generic[Key, Value]):
    """The last `most` values that were met."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value, and a new lease of life."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def keep(self, key: Key, value: Value) -> None:
        """Remember; what was not met for longest goes."""
        self._values[key] = value
        if len(self._values) > self._most:
            self._values.popitem(last=False)
