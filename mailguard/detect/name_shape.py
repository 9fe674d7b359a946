"""What family and given names look like, kanji by kanji: 鶴根 and 陽翔 are in no dictionary, and still look like names.

In: two halves of a name. Out: whether each character stands where such a character stands in known names.
"""

from collections import Counter
from collections.abc import Iterable

from mailguard.detect.person_dictionary import PersonDictionary

_FEW = 2  # a character of fewer known names says nothing
_LONGEST_FAMILY, _LONGEST_GIVEN = 4, 3


def _often(chars: Iterable[str]) -> frozenset[str]:
    return frozenset(char for char, count in Counter(chars).items() if count >= _FEW)


class Shapes:
    """Characters of known names by their place."""

    def __init__(self, persons: PersonDictionary) -> None:
        self._first = _often(name[0] for name in persons.family if name)
        self._last = _often(name[-1] for name in persons.family if len(name) > 1)
        self._given = frozenset(char for name in persons.given for char in name)

    def fit(self, family: str, given: str) -> bool:
        """Whether both halves look like a name. Longer ones are never judged by their looks."""
        if not 1 <= len(family) <= _LONGEST_FAMILY or not 1 <= len(given) <= _LONGEST_GIVEN:
            return False
        return family[0] in self._first and family[-1] in (self._last | self._first) and self._given.issuperset(given)

    def ends_family(self, family: str) -> bool:
        """Whether what stands before a known given name ends as family names do: 蛭塚."""
        return 1 <= len(family) <= _LONGEST_FAMILY and family[-1] in self._last
