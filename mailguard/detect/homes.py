"""Households over arrays: which records shared contacts tie together.

In: contacts that tie and the records they stand in. Out: the first record of each record's household. The rules are those of
`persons._Homes`, which reads records one by one.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mailguard.detect.persons import COLLEAGUES, SHARED
from mailguard.detect.rows import Entries, Long, Numbers, Places, in_order

Flags = NDArray[np.bool_]
_STRETCH = 1 << 18  # hashes that are brought into their order at once: of more a part, by their first bits
_PARTED = 61  # bits behind those that part 64 into eight


def numbered(hashes: NDArray[np.integer]) -> tuple[Places, int]:
    """(the number of each hash among the distinct ones, how many there are)."""
    if len(hashes) <= _STRETCH:
        return _numbered(hashes)
    number, part = np.empty(len(hashes), np.int32), np.empty(len(hashes), np.int8)
    for start in range(0, len(hashes), _STRETCH):
        part[start : start + _STRETCH] = hashes[start : start + _STRETCH] >> _PARTED
    many = 0
    for value in range(int(part.min()), int(part.max()) + 1):
        at = np.flatnonzero(part == value)
        found, more = _numbered(hashes[at])
        number[at] = found + np.int32(many)
        many += more
    return number, many


def _numbered(hashes: NDArray[np.integer]) -> tuple[Places, int]:
    order = np.argsort(hashes)
    ordered = hashes[order]
    new = np.zeros(len(hashes), np.int32)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:], casting="unsafe")
    number = np.empty(len(hashes), np.int32)
    number[order] = np.cumsum(new, out=new)
    return number, int(number.max(initial=-1)) + 1


def pairs(left: NDArray[np.integer], right: NDArray[np.integer]) -> tuple[Numbers, Numbers]:
    """Distinct pairs of small numbers, in order."""
    width = int(right.max(initial=0)) + 1
    found = _paired(left, right, width)
    return found // width, found % width


def _paired(left: NDArray[np.integer], right: NDArray[np.integer], width: int) -> Numbers:
    """Distinct pairs of numbers, each as one number, in order."""
    found = left.astype(np.int64)
    found *= width
    found += right
    found.sort()
    return in_order(found)


class Homes:
    """roots: for each record the first of its household; tied: whether any contact could tie it."""

    def __init__(self, of: Long) -> None:
        self._of = of
        number, many = numbered(of.ties.hashes)
        ties, number = _distinct(of.ties.rows, number, many)
        users = _users(number, many)
        often = np.minimum(users, SHARED + 1).astype(np.int8)[number]
        kept = ~(self._shared_widely(ties, number, often, many) | self._offices(ties, number, users, often))[number]
        self.tied = np.zeros(of.height, bool)
        self.tied[ties[kept]] = True
        kept &= often > 1  # what stands in one record alone ties it to none
        del users, often  # as large as what follows
        nameless = np.ones(of.height, bool)
        nameless[of.names.rows] = False
        idents = _first(of.idents)
        idents = idents.only(nameless[idents.rows])
        who, whose = numbered(idents.hashes)
        again = _users(who, whose)[who] > 1
        rows = np.concatenate([ties[kept], idents.rows[again]])
        groups = np.concatenate([number[kept], who[again] + many])
        del ties, number, kept, idents, who, again
        self.roots = _components(of.height, rows, groups, many + whose)

    def _shared_widely(self, ties: Places, number: Places, often: NDArray[np.int8], many: int) -> Flags:
        """Contacts of more than `SHARED` different names, or identifiers where no names stand.

        often: in how many records each tie's contact stands, as far as that is asked for.
        """
        wide = often > SHARED
        if not wide.any():
            return np.zeros(many, bool)
        return self._different(ties, number, wide, many, who=True) > SHARED

    def _different(self, rows: Places, number: Places, asked: Flags, many: int, *, who: bool) -> Numbers:
        """How many different names (or families) stand beside each contact; 0 of those that are not asked about."""
        of = self._of
        if who:
            nameless = np.ones(of.height, bool)
            nameless[of.names.rows] = False
            alone = nameless[of.idents.rows]
            at, said = of.names.rows, of.names.hashes
            if alone.any():
                at, said = np.concatenate([at, of.idents.rows[alone]]), np.concatenate([said, of.idents.hashes[alone]])
        else:
            at, said = of.names.rows, of.families
            if not said.all():
                at, said = at[said != 0], said[said != 0]
        standing = _Standing(of.height, at, numbered(said)[0])
        different = np.empty(many, np.int64)
        parts = int(asked.sum()) // _STRETCH + 1
        for part in range(parts):
            low, high = many * part // parts, many * (part + 1) // parts
            inside = asked & (number >= low) & (number < high)
            contact, _ = pairs(*standing.beside(rows[inside], number[inside] - np.int32(low)))
            different[low:high] = np.bincount(contact, minlength=high - low)
        return different

    def _offices(self, ties: Places, number: Places, users: Places, often: NDArray[np.int8]) -> Flags:
        """Contacts of people with different surnames who have a contact of their own each, and no other in common."""
        many = len(users)
        offices = np.zeros(many, bool)
        common = often >= COLLEAGUES
        if not common.any() or not self._of.families.any():
            return offices
        candidate = self._different(ties, number, common, many, who=False) >= COLLEAGUES
        at = np.flatnonzero(common & candidate[number])
        if len(at):
            self._judge(ties, number, users, at, offices)
        return offices

    def _judge(self, ties: Places, number: Places, users: Places, at: NDArray[np.intp], offices: Flags) -> None:
        members: dict[int, list[int]] = defaultdict(list)
        for row, tie in zip(ties[at].tolist(), number[at].tolist(), strict=True):
            members[tie].append(row)
        together: dict[tuple[int, ...], set[int]] = defaultdict(set)
        for tie, rows in members.items():
            together[tuple(rows)].add(tie)
        for rows_, found in together.items():
            if self._colleagues(rows_, found, ties, number, users):
                offices[list(found)] = True

    def _colleagues(self, rows: tuple[int, ...], office: set[int], ties: Places, number: Places, users: Places) -> bool:
        of = self._of
        families: set[int] = set()
        names: set[int] = set()
        for row in rows:
            low, high = np.searchsorted(of.names.rows, [row, row + 1])
            names.update(of.names.hashes[low:high].tolist())
            families.update(of.families[low:high].tolist())
        families.discard(0)
        if len(families) < COLLEAGUES or 2 * len(families) <= len(names):
            return False
        for row in rows:
            low, high = np.searchsorted(ties, [row, row + 1])
            own = [tie for tie in number[low:high].tolist() if tie not in office]
            if not own or any(users[tie] != 1 for tie in own):
                return False
        return True


def _distinct(rows: Places, number: Places, many: int) -> tuple[Places, Places]:
    """Each contact of a row once; in the order of the rows, as they are given."""
    width, size = max(many, 1), 0
    at, of = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
    start = 0
    while start < len(rows):
        stop = int(np.searchsorted(rows, rows[min(start + _STRETCH, len(rows)) - 1], "right"))
        found = _paired(rows[start:stop], number[start:stop], width)
        np.floor_divide(found, width, out=at[size : size + len(found)], casting="unsafe")
        np.remainder(found, width, out=of[size : size + len(found)], casting="unsafe")
        start, size = stop, size + len(found)
    return at[:size], of[:size]


def _users(number: Places, many: int) -> Places:
    """How many records each contact stands in."""
    return np.bincount(number, minlength=many).astype(np.int32)


def _first(entries: Entries) -> Entries:
    """Of each row its first hash."""
    first = np.ones(len(entries.rows), bool)
    np.not_equal(entries.rows[1:], entries.rows[:-1], out=first[1:])
    return entries.only(first)


class _Standing:
    """What stands in each of `height` rows: a number in each row of `at`."""

    def __init__(self, height: int, at: Places, number: Places) -> None:
        in_order = bool((at[1:] >= at[:-1]).all())
        self._number = number if in_order else number[np.argsort(at, kind="stable")]
        self._count = np.bincount(at, minlength=height).astype(np.int32)
        self._start = np.cumsum(self._count, dtype=np.int32) - self._count

    def beside(self, rows: Places, left: Places) -> tuple[Places, Places]:
        """Every left of a row with every number of the same row."""
        times = self._count[rows]
        offset = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        return np.repeat(left, times), self._number[np.repeat(self._start[rows], times) + offset]


def _components(height: int, rows: Places, groups: Places, many: int) -> Places:
    """The lowest row that each row is connected with: labels sink to the least of a group, then pointers jump.

    groups: numbers below `many`, beside each row one.
    """
    label = np.arange(height, dtype=np.int32)
    if not len(rows):
        return label
    of_group = np.empty(many, np.int32)
    while True:
        of_group.fill(height)
        for at, group in _in_stretches(rows, groups):
            np.minimum.at(of_group, group, label[at])
        before = label.copy()
        for at, group in _in_stretches(rows, groups):
            least = of_group[group]
            np.minimum.at(label, before[at], least)
            np.minimum.at(label, at, least)
        while True:
            jumped = label[label]
            if np.array_equal(jumped, label):
                break
            label = jumped
        if np.array_equal(label, before):
            return label


def _in_stretches(rows: Places, groups: Places) -> Iterator[tuple[Places, Places]]:
    """A part at a time: what is looked up for all at once is as long as all of them."""
    for start in range(0, len(rows), _STRETCH):
        yield rows[start : start + _STRETCH], groups[start : start + _STRETCH]
