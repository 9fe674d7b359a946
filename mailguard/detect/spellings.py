"""One person under two names, over arrays: once in kanji, once in kana, in Latin letters or by surname alone.

In: all records of a message and their households. Out: how many names are no further person, and whether a reading or surname
without contacts may be somebody known. The rules are those of `persons._Spellings`; only what could meet is looked at singly.
"""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from mailguard.detect.homes import Homes, numbered, pairs
from mailguard.detect.rows import Long, Numbers, Places

Flags = NDArray[np.bool_]


class Spellings:
    """twice: names that are no further person; unsure: a reading or surname without contacts may be somebody known."""

    def __init__(self, of: Long, homes: Homes) -> None:
        self._of, self._homes = of, homes
        self._roots = homes.roots[of.names.rows]
        self._same: dict[tuple[int, int], int] = {}
        self._beside: dict[int, set[tuple[int, int]]] = {}
        self._by_root: NDArray[np.intp] | None = None
        self.twice = 0
        self.unsure = False
        self._readings()
        self._surnames()

    def _readings(self) -> None:
        of = self._of
        spelt = of.spelt & (of.readings != 0)
        if not spelt.any():
            return
        met = np.flatnonzero(np.isin(of.readings, np.unique(of.readings[spelt])))
        key, keys = numbered(of.readings[met])
        rows, roots = of.names.rows[met], self._roots[met]
        _, apart = pairs(roots, key)
        untied = np.zeros(keys, bool)
        untied[key[~self._homes.tied[rows]]] = True
        self.unsure = bool(((np.bincount(apart, minlength=keys) > 1) & untied).any())
        self._join_readings(met[_of_several(roots, key, of.names.hashes[met])], spelt)

    def _join_readings(self, met: NDArray[np.intp], spelt: Flags) -> None:
        of = self._of
        whole: dict[tuple[int, int], int] = {}
        for at in met[~spelt[met]].tolist():
            whole.setdefault((int(self._roots[at]), int(of.readings[at])), int(of.names.hashes[at]))
        for at in met[spelt[met]].tolist():
            root, key, name = int(self._roots[at]), int(of.readings[at]), int(of.names.hashes[at])
            self._one(root, whole.setdefault((root, key), name), name)

    def _surnames(self) -> None:
        of = self._of
        names = of.names.hashes
        alone = np.intersect1d(names, of.families)
        alone = alone[alone != 0]
        if not len(alone):
            return
        bearers: dict[tuple[int, int], set[int]] = defaultdict(set)
        for at in np.flatnonzero(np.isin(of.families, alone) & (of.families != names)).tolist():
            bearers[int(self._roots[at]), int(of.families[at])].add(int(names[at]))
        by_row: dict[int, list[int]] = defaultdict(list)
        for at in np.flatnonzero(np.isin(names, alone)).tolist():
            by_row[int(of.names.rows[at])].append(int(names[at]))
        self._join_surnames(by_row, bearers)

    def _join_surnames(self, by_row: dict[int, list[int]], bearers: dict[tuple[int, int], set[int]]) -> None:
        borne = {family for _, family in bearers}
        for row, names in by_row.items():
            root = int(self._homes.roots[row])
            for name in set(names):
                for bearer in bearers.get((root, name), ()):
                    if self._one(root, bearer, name):
                        break
                self.unsure |= name in borne and (root, name) not in bearers and not self._homes.tied[row]

    def _one(self, root: int, left: int, right: int) -> bool:
        """Hold two names of a household for one person, unless they stand in one row."""
        if left == right or self._same.get((root, right)) is not None:
            return left != right
        if (min(left, right), max(left, right)) in self._together(root):
            return False
        self._same[root, right] = left
        self.twice += 1
        return True

    def _together(self, root: int) -> set[tuple[int, int]]:
        """Names of a household that stand in one row."""
        if root not in self._beside:
            if self._by_root is None:
                self._by_root = np.argsort(self._roots, kind="stable")
            low, high = np.searchsorted(self._roots, [root, root + 1], sorter=self._by_root)
            rows: dict[int, set[int]] = defaultdict(set)
            for at in self._by_root[low:high].tolist():
                rows[int(self._of.names.rows[at])].add(int(self._of.names.hashes[at]))
            self._beside[root] = {
                (left, right) for names in rows.values() for left in names for right in names if left < right
            }
        return self._beside[root]


def _of_several(roots: Places, key: Places, names: Numbers) -> Flags:
    """Entries of a household and reading under which several names stand."""
    name, _ = numbered(names)
    place, _ = numbered(roots.astype(np.int64) * (int(key.max(initial=0)) + 1) + key)
    at, _ = pairs(place, name)
    several: Flags = np.bincount(at, minlength=int(place.max(initial=0)) + 1)[place] > 1
    return several
