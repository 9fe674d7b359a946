"""Dates of birth, western and Japanese. A date is a birth date only by its header or a word beside it.

In: folded text or cells. `cell` says only whether a cell is a date that someone alive may have been born on; the header decides.
"""

import re
from collections.abc import Iterator
from datetime import date

from mailguard.detect.patterns import Patterns
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

_ERAS = {
    "明治": 1867,
    "大正": 1911,
    "昭和": 1925,
    "平成": 1988,
    "令和": 2018,
    "M": 1867,
    "T": 1911,
    "S": 1925,
    "H": 1988,
    "R": 2018,
}
_LENGTHS = {1867: 45, 1911: 15, 1925: 64, 1988: 31, 2018: 60}
_WESTERN = re.compile(
    r"(1[89]\d\d|20\d\d)[-./年] ?(\d{1,2})[-./月] ?(\d{1,2})日?(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?: ?生(?:まれ)?)?"
)
_COMPACT = re.compile(r"(1[89]\d\d|20\d\d)(\d\d)(\d\d)(?:\.0)?")
_ERA = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHRmtshr])[ .]?(\d{1,2}|元)[-./年] ?(\d{1,2})[-./月] ?(\d{1,2})日?(?: ?生(?:まれ)?)?"
)
_FOREIGN = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](1[89]\d\d|20\d\d)")
_KANJI = re.compile("[〇一二三四五六七八九十]+")
_FIGURES = "〇一二三四五六七八九"


class BirthDate:
    """Detector of birth dates."""

    kind = Kind.BIRTH_DATE

    def __init__(self, rules: KindRules) -> None:
        self._patterns = Patterns(rules, r"生|(?i:birth|dob)")

    def find(self, text: str) -> Iterator[Span]:
        """Dates with a word for birth beside them."""
        return self._patterns.find(text)

    def cell(self, value: str) -> float:
        """0.9 a full date, 0.7 eight figures that are one; says nothing about birth."""
        if not 6 <= len(value) <= 40 or not (value[0].isdigit() or value[0] in "明大昭平令MTSHRmtshr"):
            return 0.0
        if (match := _WESTERN.fullmatch(value)) is not None:
            return 0.9 if _valid(int(match[1]), match[2], match[3]) else 0.0
        if (match := _COMPACT.fullmatch(value)) is not None:
            return 0.7 if _valid(int(match[1]), match[2], match[3]) else 0.0
        if (match := _FOREIGN.fullmatch(value)) is not None:
            year = int(match[3])
            return 0.8 if _valid(year, match[1], match[2]) or _valid(year, match[2], match[1]) else 0.0
        return _era(value)


def _valid(year: int, month: str, day: str) -> bool:
    try:
        return date(year, int(month), int(day)).year >= 1868
    except ValueError:
        return False


def _era(value: str) -> float:
    text = _KANJI.sub(lambda match: str(_arabic(match[0])), value) if _KANJI.search(value) else value
    match = _ERA.fullmatch(text)
    if match is None:
        return 0.0
    base = _ERAS[match[1].upper()]
    year = 1 if match[2] == "元" else int(match[2])
    return 0.9 if 1 <= year <= _LENGTHS[base] and _valid(base + year, match[3], match[4]) else 0.0


def _arabic(kanji: str) -> int:
    tens, found, ones = kanji.partition("十")
    if not found:
        return int("".join(str(_FIGURES.index(char)) for char in kanji)) if "十" not in kanji else 10
    left = _FIGURES.index(tens[-1]) if tens else 1
    return left * 10 + (_FIGURES.index(ones[0]) if ones and ones[0] in _FIGURES else 0)
