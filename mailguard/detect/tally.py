"""The count of persons and households over arrays, for tables of any length: the same numbers as `persons.count`.

In: `Rows` of tables and single records. Out: `Count`. Few records alone are counted one by one, which is faster for them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mailguard.detect import persons
from mailguard.detect.homes import Homes, numbered, pairs
from mailguard.detect.persons import Count, Record
from mailguard.detect.rows import Long, Numbers, Rows, long
from mailguard.detect.spellings import Spellings

Flags = NDArray[np.bool_]


def count(records: Sequence[Record], tables: Sequence[Rows] = ()) -> Count:
    """Count persons once over all records of a message."""
    return _count(long(tuple(records), tuple(tables))) if tables else persons.count(records)


def _count(of: Long) -> Count:
    homes = Homes(of)
    name, names = numbered(of.names.hashes)
    root = homes.roots[of.names.rows]
    standing = _standing(of)
    firm = standing[of.names.rows]
    where_root, who = pairs(root[firm], name[firm])
    known = np.zeros(names, bool)
    known[who] = True
    new = np.flatnonzero(~firm & ~known[name])  # names of running text, nobody known: each once
    _, first = np.unique(name[new], return_index=True)
    where_root = np.concatenate([where_root, root[new[first]]])
    who = np.concatenate([who, name[new[first]]])
    inhabited = np.zeros(of.height, bool)
    inhabited[where_root] = True
    unnamed = _unnamed(of, homes, inhabited)
    spellings = Spellings(of, homes)
    several = np.bincount(who, minlength=names) > 1
    ambiguous = bool((several[name] & ~homes.tied[of.names.rows]).any())
    exact = not (of.loose.any() or of.unsure or spellings.unsure or ambiguous)
    homeless = len(np.unique(unnamed[0]))
    return Count(len(who) - spellings.twice + len(unnamed[0]), exact, int(inhabited.sum()) + homeless)


def _standing(of: Long) -> Flags:
    """Records that are not running text without contacts: there a name known elsewhere is nobody new."""
    standing = ~of.loose
    standing[of.ties.rows] = True
    return standing


def _unnamed(of: Long, homes: Homes, inhabited: Flags) -> tuple[Numbers, Numbers]:
    """(household, identifier) of records that name nobody, where nobody is named: one person each."""
    nameless = np.ones(of.height, bool)
    nameless[of.names.rows] = False
    rows, first = np.unique(of.idents.rows, return_index=True)
    alone = nameless[rows] & ~inhabited[homes.roots[rows]]
    ident, _ = numbered(of.idents.hashes[first[alone]])
    return pairs(homes.roots[rows[alone]], ident)
