"""Cells that list given names (ひなた・律): what stands first in them is rarely a surname.

In: a decided column. Out: the same, marked where its cells list several persons.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from mailguard.detect.layout import HALF, Column
from mailguard.model import Kind

LISTED = 60  # distinct cells asked whether they list several persons
_GIVEN, _SURNAMES = 0.7, 0.6  # so many lists are of given names; at most so many open with a surname
_PARTED = re.compile(r"[・ ]|(?<=[^ ])と(?=[^ ])")

Sure = Callable[[str], float]


def listing(column: Column | None, family: Sure, given: Sure) -> Column | None:
    """Family and given: how sure a word is a surname, or a given name."""
    if column is None or column.kind is not Kind.NAME or column.piece == "family":
        return column
    parts = [_PARTED.split(value) for value in column.cells.voters[:LISTED] if _PARTED.search(value)]
    parts = [part for part in parts if all(part)]
    if not parts or not _of_given_names(parts, given):
        return column
    surnames = sum(family(part[0]) >= max(HALF, given(part[0])) for part in parts)
    return replace(column, several=True) if surnames <= _SURNAMES * len(parts) else column


def _of_given_names(parts: Sequence[Sequence[str]], given: Sure) -> bool:
    """Whether enough of them are given names alone; asks no more of them than it must."""
    left = len(parts)
    for part in parts:
        left -= not all(given(piece) >= HALF for piece in part)
        if left < _GIVEN * len(parts):
            return False
    return True
