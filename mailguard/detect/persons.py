"""How many persons and households there are in the data, as the law counts.

In: records, one a row or paragraph, as hashes of normal forms. Out: `Count`. Two names are the same person when name and
household are the same; a household is what shared phones, e-mail addresses and postal addresses tie together
(union-find). Values shared by many different names (a switchboard, a placeholder) tie nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

SHARED = 12  # different names under one phone or address: an office or a placeholder, not a household
COLLEAGUES = 3  # so many surnames under one phone, and nothing else in common: an office too


@dataclass(frozen=True, slots=True)
class Record:
    """What stands together: hashes of normalised names, of contacts that tie a household, and of other identifiers.

    idents: member number, e-mail address or phone, the best first; they count a person where no name stands.
    loose: the record comes from running text, where a name without contacts is nobody new if it is known already.
    readings, families: beside each name, 0 where unknown; a family's hash is that of the surname as a name.
    spelt: those of the names that are written in kana or Latin letters only. unsure: it may be no person at all.
    """

    names: tuple[int, ...]
    ties: tuple[int, ...]
    idents: tuple[int, ...] = ()
    loose: bool = False
    readings: tuple[int, ...] = ()
    families: tuple[int, ...] = ()
    spelt: tuple[int, ...] = ()
    unsure: bool = False


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
    spellings = _Spellings(records, homes)
    exact = not any(record.loose or record.unsure for record in records)
    exact = exact and not spellings.unsure and not _ambiguous(records, homes, roots_of)
    return Count(len(named) - spellings.twice + len(unnamed), exact, len(inhabited | set(unnamed.values())))


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


class _Spellings:
    """One person under two names: once in kanji, once in kana, in Latin letters or by surname alone.

    twice: names that are no further person; unsure: a reading or surname without contacts may be somebody known.
    """

    def __init__(self, records: Sequence[Record], homes: "_Homes") -> None:
        self._records = records
        self._homes = homes
        self._same: dict[tuple[int, int], int] = {}
        self._beside: dict[int, set[tuple[int, int]]] | None = None
        self.twice = 0
        self.unsure = False
        if any(record.spelt for record in records):
            self._readings()
        self._surnames([index for index, record in enumerate(records) if record.families])

    def _readings(self) -> None:
        whole: dict[tuple[int, int], int] = {}
        where: dict[int, set[int]] = defaultdict(set)
        spelt: list[tuple[int, int, int]] = []
        for index, record in enumerate(self._records):
            for name, key in zip(record.names, record.readings, strict=False):
                if key and name in record.spelt:
                    spelt.append((index, name, key))
                elif key:
                    whole.setdefault((self._homes.root(index), key), name)
                where[key].add(index)
        for index, name, key in spelt:
            root = self._homes.root(index)
            self._one(root, whole.setdefault((root, key), name), name)
            apart = len({self._homes.root(other) for other in where[key]}) > 1
            self.unsure |= apart and not all(map(self._homes.tied, where[key]))

    def _surnames(self, keyed: Sequence[int]) -> None:
        records, homes = self._records, self._homes
        known = {name for record in records for name in record.names}
        families = {family for index in keyed for family in records[index].families if family}
        alone = known & families
        if not alone:
            return
        bearers: dict[tuple[int, int], set[int]] = defaultdict(set)
        for index in keyed:
            for name, family in zip(records[index].names, records[index].families, strict=False):
                if family in alone and family != name:
                    bearers[homes.root(index), family].add(name)
        self._join_surnames(alone, bearers)

    def _join_surnames(self, alone: set[int], bearers: dict[tuple[int, int], set[int]]) -> None:
        borne = {family for _, family in bearers}
        for index, record in enumerate(self._records):
            root = self._homes.root(index)
            for name in alone.intersection(record.names):
                for bearer in bearers.get((root, name), ()):
                    if self._one(root, bearer, name):
                        break
                self.unsure |= name in borne and (root, name) not in bearers and not self._homes.tied(index)

    def _one(self, root: int, left: int, right: int) -> bool:
        """Hold two names of a household for one person, unless they stand in one row."""
        if left == right or self._same.get((root, right)) is not None:
            return left != right
        if (min(left, right), max(left, right)) in self._together()[root]:
            return False
        self._same[root, right] = left
        self.twice += 1
        return True

    def _together(self) -> dict[int, set[tuple[int, int]]]:
        if self._beside is None:
            self._beside = defaultdict(set)
            for index, record in enumerate(self._records):
                names = sorted(set(record.names))
                pairs = {(left, right) for left in names for right in names if left < right}
                self._beside[self._homes.root(index)] |= pairs
        return self._beside


class _Homes:
    """Union-find over records by the values they share."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._parent = list(range(len(records)))
        self._ties = [record.ties for record in records]
        users: dict[int, list[int]] = defaultdict(list)
        for index, record in enumerate(records):
            for tie in dict.fromkeys(record.ties):
                users[tie].append(index)
        self._shared = _shared_widely(records, users) | _offices(records, users)
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


def _shared_widely(records: Sequence[Record], users: dict[int, list[int]]) -> set[int]:
    wide = {tie: indexes for tie, indexes in users.items() if len(indexes) > SHARED}
    return {
        tie
        for tie, indexes in wide.items()
        if len({who for index in indexes for who in records[index].names or records[index].idents}) > SHARED
    }


def _offices(records: Sequence[Record], users: dict[int, list[int]]) -> set[int]:
    """Contacts of people with different surnames who have a contact of their own each, and no other in common."""
    together: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for tie, indexes in users.items():
        if len(indexes) >= COLLEAGUES:
            together[tuple(indexes)].add(tie)
    offices: set[int] = set()
    for members, ties in together.items():
        if _colleagues([records[index] for index in members], ties, users):
            offices |= ties
    return offices


def _colleagues(records: Sequence[Record], ties: set[int], users: dict[int, list[int]]) -> bool:
    families = {family for record in records for family in record.families if family}
    if len(families) < COLLEAGUES or 2 * len(families) <= len({name for record in records for name in record.names}):
        return False
    own = [set(record.ties) - ties for record in records]
    return all(own) and all(len(users[tie]) == 1 for contacts in own for tie in contacts)


def hashes(values: Iterable[tuple[str, str]]) -> tuple[int, ...]:
    """Hashes of (label, normal form); stable within the scanner process and its forks."""
    return tuple(salt(label) ^ hash(value) for label, value in values if value)


@lru_cache
def salt(label: str) -> int:
    """What makes hashes of a value under two labels differ; arrays add it to many hashes at once."""
    return hash(("record", label))


def aligned(label: str, values: Iterable[str]) -> tuple[int, ...]:
    """The same for values that stand beside names: 0 where there is none, () when there are none at all."""
    found = tuple(salt(label) ^ hash(value) if value else 0 for value in values)
    return found if any(found) else ()
