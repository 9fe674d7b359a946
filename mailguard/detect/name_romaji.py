"""Names in Latin letters: YAMADA Taro, Taro Yamada, Ōno, Ohno, Oono, T. Yamada, and names of foreign residents.

In: a folded cell. Out: how sure. One half must be known; the other must be known too, an initial, or sound Japanese.
"""

import unicodedata
from collections.abc import Iterable

import regex

from mailguard.detect.person_dictionary import PersonDictionary, romanised

_LATIN = regex.compile(r"[\p{Latin}][\p{Latin}'.-]{0,19}(?:(?:, ?| )[\p{Latin}][\p{Latin}'.-]{0,19}){1,4}")
_TITLE = regex.compile(r"^(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? |,? (?:Jr|Sr|III?)\.?$|[ -](?:sama|san)$", regex.IGNORECASE)
_SYLLABLES = regex.compile(r"(?:(?:[kgnhbpmr]y|sh|ch|ts|[kstnhmyrwgzdbpjf])?[aeiou]|n(?![aeiou])){2,7}")
_LONG = regex.compile(r"(?<=[aou])h(?![aeiou])")
_MOST = 5


class Romaji:
    """Judges cells in Latin letters. latin: names of people from abroad."""

    def __init__(self, persons: PersonDictionary, latin: Iterable[str]) -> None:
        self._persons = persons
        self._foreign = frozenset(word.casefold() for word in latin)

    def cell(self, value: str) -> float:
        """0.9 family and given name in either order, 0.7 known from abroad, 0.5 to 0.6 one half known."""
        bare = _TITLE.sub("", value).strip()
        if _LATIN.fullmatch(bare) is None:
            return 0.0
        words = [word for word in regex.split("[, ]+", bare) if word]
        if len(words) > _MOST or not all(word[0].isupper() for word in words if len(word) > 2):
            return 0.0
        return max(self._japanese([_plain(word) for word in words]), self._abroad([_bare(word) for word in words]))

    def _japanese(self, words: list[str]) -> float:
        if len(words) != 2:
            return 0.0
        families = [word in self._persons.family_romaji for word in words]
        givens = [word in self._persons.given_romaji for word in words]
        if (families[0] and givens[1]) or (givens[0] and families[1]):
            return 0.9
        for known, other in ((0, 1), (1, 0)):
            if len(words[other]) == 1 and families[known]:
                return 0.6
            half = families[known] or givens[known]
            if half and len(words[known]) > 2 and _SYLLABLES.fullmatch(words[other]):
                return 0.5
        return 0.0

    def _abroad(self, words: list[str]) -> float:
        known = sum(word in self._foreign for word in words)
        if known == len(words):
            return 0.8
        return 0.6 if 2 * known >= len(words) and all(map(str.isalpha, words)) else 0.0


def _bare(word: str) -> str:
    text = unicodedata.normalize("NFD", word.casefold())
    return "".join(char for char in text if "a" <= char <= "z")


def _plain(word: str) -> str:
    """One spelling: Ōno, Ohno, Oono and Ono; Yūko, Yuhko and Yuuko."""
    return str(_LONG.sub("", romanised(_bare(word))))
