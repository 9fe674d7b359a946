"""Configured passwords: as they are, or with a date in them, as companies make them of the day (「abc{mmdd}」).

In: the lines of the list and a day. Out: passwords, those of the latest day first.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

DAYS: Final = 7
"""A file that was encrypted so many days ago is opened by a pattern: the day itself, and those before."""

_WRITTEN: Final = {
    "{yyyymmdd}": "%Y%m%d", "{yymmdd}": "%y%m%d", "{yyyymm}": "%Y%m", "{mmdd}": "%m%d", "{yyyy}": "%Y", "{yy}": "%y",
    "{mm}": "%m", "{dd}": "%d",
}  # fmt: skip


def written(lines: Iterable[str], today: date) -> Iterator[str]:
    """Every password that a list stands for today."""
    lines = tuple(lines)
    for days in range(DAYS):
        day = today - timedelta(days=days)
        for line in lines:
            if not days or "{" in line:
                yield _on(line, day)


def _on(line: str, day: date) -> str:
    for pattern, form in _WRITTEN.items():
        line = line.replace(pattern, day.strftime(form))
    return line
