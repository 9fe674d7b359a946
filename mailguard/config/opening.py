"""`release.hours` as a part of each day in Japan. Pure.

In: "08:00-20:00" ("" is always) and moments. Out: whether it is open then, when it opens, and how long it was open.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Self

from mailguard.config.sections import hours

JAPAN = timezone(timedelta(hours=9), "JST")  # no summer time since 1951; needs no zone files
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """From `start` until just before `end`, in minutes of the day."""

    start: int = 0
    end: int = 24 * 60

    @classmethod
    def of(cls, value: str) -> Self:
        """The part of the day that a setting names."""
        part = hours(value)
        return cls(*part) if part else cls()

    @property
    def always(self) -> bool:
        """Whether there is no time outside."""
        return (self.start, self.end) == (0, 24 * 60)

    def open(self, now: datetime) -> bool:
        """Whether something may be begun at `now`."""
        begin, end = self._on(now)
        return begin <= now < end

    def opens_at(self, now: datetime) -> datetime:
        """`now` while it is open, else the next opening."""
        begin, end = self._on(now)
        if now < begin:
            return begin
        return now if now < end else begin + DAY

    def within(self, start: datetime, end: datetime) -> timedelta:
        """How long it was open from `start` to `end`."""
        if end <= start:
            return timedelta()
        length = timedelta(minutes=self.end - self.start)
        whole = max((_midnight(end) - _midnight(start)).days - 1, 0)
        days = [start] if _midnight(start) == _midnight(end) else [start, end]
        total = length * whole
        for day in days:
            opened, closed = self._on(day)
            total += max(min(closed, end) - max(opened, start), timedelta())
        return total

    def _on(self, moment: datetime) -> tuple[datetime, datetime]:
        midnight = _midnight(moment)
        return midnight + timedelta(minutes=self.start), midnight + timedelta(minutes=self.end)


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(JAPAN).date(), time(), JAPAN)
