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
    "明": 1867,
    "大": 1911,
    "昭": 1925,
    "平": 1988,
    "令": 2018,
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
# No month is shorter than 28 days.
PLAIN = re.compile(
    "(?:18(?:6[89]|[7-9][0-9])|19[0-9]{2}|20[0-9]{2})[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|1[0-9]|2[0-8])"
)
_COMPACT = re.compile(r"(1[89]\d\d|20\d\d)(\d\d)(\d\d)(?:\.0)?")
_ERA = re.compile(
    r"(明治|大正|昭和|平成|令和|[明大昭平令MTSHRmtshr])[ .]?(\d{1,2}|元)[-./年] ?(\d{1,2})[-./月] ?(\d{1,2})日?(?: ?生(?:まれ)?)?"
)
_COMPACT_ERA = re.compile(r"([MTSHRmtshr1-5])(\d\d)(\d\d)(\d\d)(?:\.0)?")
_ERA_FIGURE = dict(zip("12345", "MTSHR", strict=True))  # as forms of offices number the eras
_BESIDE = re.compile(r" ?\([^()]{1,12}\)")  # 1981年(昭和56年)4月29日(水)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(" + "|".join(_MONTHS) + r")[a-z]{0,6}\.?"
_ENGLISH = re.compile(
    rf"(?:{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,?|(\d{{1,2}})(?:st|nd|rd|th)?[- ]{_MONTH}[-, ]{{1,2}}) ?(1[89]\d\d|20\d\d)",
    re.IGNORECASE,
)
# A serial number of a spreadsheet, a year, year and month, 810429: dates only under their header.
_SERIAL = re.compile(r"([1-5]?\d{4})(?:\.0)?")
_PARTIAL = re.compile(r"(?:19|20)\d\d(?:年|[-./年](?:0?[1-9]|1[0-2])月?)?|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_UNDER_HEADER = 0.4
_FIRST_SERIAL, _LAST_SERIAL = 367, 54_000  # 1901 to 2047, counted from 1900
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
        if not 4 <= len(value) <= 40:
            return 0.0
        text = _BESIDE.sub("", value) if "(" in value else value
        return _read(text)[1] or _under_header(text)


def written(value: str) -> date | None:
    """The day that a cell writes in full, in whatever notation; None of any other cell."""
    return _read(_BESIDE.sub("", value) if "(" in value else value)[0]


_Sure = tuple[date | None, float]
_NONE: _Sure = (None, 0.0)


def _read(value: str) -> _Sure:
    for notation in (_western, _era, _english):
        found = notation(value)
        if found[0] is not None:
            return found
    return _NONE


def _western(value: str) -> _Sure:
    if not value[:1].isdigit():
        return _NONE
    if (match := _WESTERN.fullmatch(value)) is not None:
        return _day(int(match[1]), match[2], match[3]), 0.9
    if (match := _COMPACT.fullmatch(value)) is not None:
        return _day(int(match[1]), match[2], match[3]), 0.7
    if (match := _FOREIGN.fullmatch(value)) is not None:
        year = int(match[3])
        return _day(year, match[1], match[2]) or _day(year, match[2], match[1]), 0.8
    return _NONE


def _english(value: str) -> _Sure:
    match = _ENGLISH.fullmatch(value)
    if match is None:
        return _NONE
    month = _MONTHS.index((match[1] or match[4]).casefold()) + 1
    return _day(int(match[5]), str(month), match[2] or match[3]), 0.9


def _under_header(value: str) -> float:
    serial = _SERIAL.fullmatch(value)
    if serial is not None and _FIRST_SERIAL <= int(serial[1]) <= _LAST_SERIAL:
        return _UNDER_HEADER
    return _UNDER_HEADER if _PARTIAL.fullmatch(value) else 0.0


def _day(year: int, month: str, day: str) -> date | None:
    """None before 1868, where the lunar calendar was in use."""
    try:
        found = date(year, int(month), int(day))
    except ValueError:
        return None
    return found if year >= 1868 else None


def _era(value: str) -> _Sure:
    if (compact := _COMPACT_ERA.fullmatch(value)) is not None:
        letter = _ERA_FIGURE.get(compact[1], compact[1])
        sure = 0.6 if letter is compact[1] else _UNDER_HEADER
        return _in_era(letter, int(compact[2]), compact[3], compact[4]), sure
    text = _KANJI.sub(lambda match: str(_arabic(match[0])), value) if _KANJI.search(value) else value
    match = _ERA.fullmatch(text)
    if match is None:
        return _NONE
    return _in_era(match[1], 1 if match[2] == "元" else int(match[2]), match[3], match[4]), 0.9


def _in_era(era: str, year: int, month: str, day: str) -> date | None:
    base = _ERAS[era.upper()]
    return _day(base + year, month, day) if 1 <= year <= _LENGTHS[base] else None


def _arabic(kanji: str) -> int:
    tens, found, ones = kanji.partition("十")
    if not found:
        return int("".join(str(_FIGURES.index(char)) for char in kanji)) if "十" not in kanji else 10
    left = _FIGURES.index(tens[-1]) if tens else 1
    return left * 10 + (_FIGURES.index(ones[0]) if ones and ones[0] in _FIGURES else 0)
