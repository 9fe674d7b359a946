"""How many persons and households there are in the data, as the law counts.

In: records, one a row or paragraph, as hashes of normal forms. Out: `Count`. Two names are the same person when name and
household are the same; a household is what shared phones, e-mail addresses and postal addresses tie together
(union-find). Values shared by many different names (a switchboard, a placeholder) tie nobody.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SHARED = 12  # different names under one phone or address: an office or a placeholder, not a household


@dataclass(frozen=True, slots=True)
class Record:
    """What stands together: hashes of normalised names, of contacts that tie a household, and of other identifiers.

    idents: member number, e-mail address or phone, the best first; they count a person where no name stands.
    loose: the record comes from running text, where a name without contacts is nobody new if it is known already.
    """

    names: tuple[int, ...]
    ties: tuple[int, ...]
    idents: tuple[int, ...] = ()
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """Persons (the possible maximum unless exact) and households."""

    persons: int
    exact: bool
    households: int


def count(records: Sequence[Record]) -> Count:
    """Count persons once over all records of a message."""
    homes = _Homes(records)
    named: set[tuple[int, int]] = set()
    roots_of: dict[int, set[int]] = defaultdict(set)
    for index, record in enumerate(records):
        if not record.loose or record.ties:
            for name in record.names:
                named.add((homes.root(index), name))
                roots_of[name].add(homes.root(index))
    for index, record in enumerate(records):
        if record.loose and not record.ties:
            for name in record.names:
                root = next(iter(roots_of[name]), homes.root(index))
                named.add((root, name))
                roots_of[name].add(root)
    inhabited = {root for root, _ in named}
    unnamed = dict(_unnamed(records, homes, inhabited))
    exact = not any(record.loose for record in records) and not _ambiguous(records, homes, roots_of)
    return Count(len(named) + len(unnamed), exact, len(inhabited | set(unnamed.values())))


def _unnamed(records: Sequence[Record], homes: "_Homes", inhabited: set[int]) -> Iterator[tuple[int, int]]:
    """Records that name nobody, of households where nobody is named: one person an identifier."""
    for index, record in enumerate(records):
        root = homes.root(index)
        if not record.names and record.idents and root not in inhabited:
            yield record.idents[0], root


def _ambiguous(records: Sequence[Record], homes: "_Homes", roots_of: dict[int, set[int]]) -> bool:
    """Whether a name stands in several households and one of them has no contact that could tell them apart."""
    return any(
        len(roots_of[name]) > 1
        for index, record in enumerate(records)
        if not homes.tied(index)
        for name in record.names
    )


class _Homes:
    """Union-find over records by the values they share."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._parent = list(range(len(records)))
        self._ties = [record.ties for record in records]
        self._shared = _shared_widely(records)
        first: dict[int, int] = {}
        somebody: dict[int, int] = {}
        for index, record in enumerate(records):
            for tie in record.ties:
                if tie not in self._shared:
                    self._join(index, first.setdefault(tie, index))
            if not record.names and record.idents:
                self._join(index, somebody.setdefault(record.idents[0], index))

    def tied(self, index: int) -> bool:
        """Whether the record has any contact that can tie it to a household."""
        return any(tie not in self._shared for tie in self._ties[index])

    def root(self, index: int) -> int:
        parent = self._parent
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def _join(self, left: int, right: int) -> None:
        left, right = self.root(left), self.root(right)
        if left != right:
            self._parent[max(left, right)] = min(left, right)


def _shared_widely(records: Sequence[Record]) -> set[int]:
    uses = Counter(tie for record in records for tie in set(record.ties))
    candidates = {tie for tie, number in uses.items() if number > SHARED}
    names: dict[int, set[int]] = {tie: set() for tie in candidates}
    for record in records:
        for tie in candidates.intersection(record.ties):
            names[tie].update(record.names or record.idents)
    return {tie for tie, seen in names.items() if len(seen) > SHARED}


def hashes(values: Iterable[tuple[str, str]]) -> tuple[int, ...]:
    """Hashes of (label, normal form); stable within the scanner process and its forks."""
    return tuple(hash(value) for value in values if value[1])
