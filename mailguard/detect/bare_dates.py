"""Columns of dates without a header beside names: on which of them somebody was born.

In: their cells. Out: the columns that hold birth dates. Days of joining and ordering lie close together, fall on the first of a month,
have a time of day, stand in their order, or come behind another date of their row; birth dates do so by chance only.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations, pairwise

from mailguard.detect.birth_date import written
from mailguard.detect.categorical import Categorical

_ROWS = 300  # that are looked at
_SPREAD = 5  # years that lie between the births of people at least
_SOME = 8  # dates that may show anything by their order or their days
_RECENT = 1990  # the year from which lists are kept by machines: dates in their order before it are births
_TIME = re.compile("[T ]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_TIMES = 3  # different ones: a birth date carries midnight, or midnight in another time zone
_NEARLY_ALL = 0.9

Days = Sequence[date | None]


def births(columns: Mapping[int, Categorical], persons: int) -> set[int]:
    """The numbers of the columns that hold birth dates. persons: how many people a row names; each has one."""
    days = {index: [written(value) for value in cells[:_ROWS]] for index, cells in columns.items()}
    born = {index for index, cells in columns.items() if _spread(days[index]) and not _kept(days[index], cells)}
    if len(columns) <= persons:
        return born
    return born - {behind for pair in combinations(columns, 2) for behind in _later(days, pair)}


def _spread(days: Days) -> bool:
    years = [day.year for day in days if day is not None]
    return bool(years) and max(years) - min(years) >= _SPREAD


def _kept(days: Days, cells: Categorical) -> bool:
    """Whether somebody noted them as they came: the first of a month, a time of day, their order."""
    known = [day for day in days if day is not None]
    if len({match[1] for value in cells.voters if (match := _TIME.search(value))}) >= _TIMES:
        return True
    if len(known) < _SOME:
        return False
    if 2 * sum(day.day == 1 for day in known) >= len(known):
        return True
    ordered = all(one <= other for one, other in pairwise(known)) or all(one >= other for one, other in pairwise(known))
    return ordered and min(known).year >= _RECENT


def _later(days: Mapping[int, Days], pair: tuple[int, int]) -> list[int]:
    """Of two columns the one that comes behind the other in nearly all rows."""
    left, right = pair
    both = [(one, other) for one, other in zip(days[left], days[right], strict=True) if one and other]
    if not both:
        return []
    behind = sum(one > other for one, other in both), sum(one < other for one, other in both)
    return [index for index, rows in zip(pair, behind, strict=True) if rows >= _NEARLY_ALL * len(both)]
