"""Business days in Japan.

In: a time and a number of days. Out: the same clock time in Tokyo so many business days on; or shares of the time between two
moments, of which only business days count, with all their hours.

Also the days on which public offices are open (行政機関の休日に関する法律1条): a deadline of theirs moves to the next one (2条).
"""

import functools
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

TOKYO = ZoneInfo("Asia/Tokyo")
_NEW_YEAR = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})


def add_business_days(start: datetime, days: int) -> datetime:
    """`days` business days after `start`; Saturdays, Sundays and public holidays do not count."""
    moment = start.astimezone(TOKYO)
    while days > 0:
        moment += timedelta(days=1)
        if _business(moment.date()):
            days -= 1
    return moment.astimezone(UTC)


class BusinessTime:
    """Counts time as a time to live is given: no Saturday, Sunday or public holiday, all 24 hours of any other day."""

    @staticmethod
    @functools.lru_cache(20_000)
    def share(start: datetime, end: datetime, share: float) -> datetime:
        """When this share of the business time between two moments has passed; of none, by the clock."""
        whole = _between(start, end)
        return _after(start, whole * share) if whole else start + (end - start) * share

    @staticmethod
    @functools.lru_cache(20_000)
    def before(end: datetime, span: timedelta) -> datetime:
        """So much business time before a moment."""
        moment = end.astimezone(TOKYO)
        day = moment.date()
        left = moment - datetime.combine(day, time(), TOKYO)  # of its day, up to the moment
        while not _business(day) or left < span:
            span -= left if _business(day) else timedelta()
            day, left = day - timedelta(days=1), timedelta(days=1)
        return (datetime.combine(day, time(), TOKYO) + left - span).astimezone(UTC)


def _between(start: datetime, end: datetime) -> timedelta:
    """Business time between two moments."""
    moment, whole = start.astimezone(TOKYO), timedelta()
    while moment < end:
        following = _midnight(moment)
        if _business(moment.date()):
            whole += min(following, end) - moment
        moment = following
    return whole


def _after(start: datetime, span: timedelta) -> datetime:
    """When so much business time has passed."""
    moment = start.astimezone(TOKYO)
    while not _business(moment.date()) or _midnight(moment) - moment < span:
        if _business(moment.date()):
            span -= _midnight(moment) - moment
        moment = _midnight(moment)
    return (moment + span).astimezone(UTC)


def _midnight(moment: datetime) -> datetime:
    """When the day of a moment ends, in Tokyo."""
    return datetime.combine(moment.date() + timedelta(days=1), time(), TOKYO)


@functools.cache
def _japan() -> Mapping[date, str]:
    """国民の祝日に関する法律, substitute holidays included. The library loads every country of the world for it: not before it is asked."""
    days: Mapping[date, str] = holidays.country_holidays("JP")
    return days


@functools.lru_cache(4_000)
def _business(day: date) -> bool:
    return day.weekday() < 5 and day not in _japan()


def office_day(day: date) -> date:
    """`day`, or the first one after it on which public offices are open."""
    while day.weekday() >= 5 or (day.month, day.day) in _NEW_YEAR or day in _japan():
        day += timedelta(days=1)
    return day
