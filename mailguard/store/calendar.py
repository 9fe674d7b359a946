"""Business days in Japan. In: a time and a number of days. Out: the same clock time in Tokyo so many business days on.

Also the days on which public offices are open (行政機関の休日に関する法律1条): a deadline of theirs moves to the next one (2条).
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

TOKYO = ZoneInfo("Asia/Tokyo")
_JAPAN = holidays.country_holidays("JP")  # 国民の祝日に関する法律, substitute holidays included
_NEW_YEAR = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})


def add_business_days(start: datetime, days: int) -> datetime:
    """`days` business days after `start`; Saturdays, Sundays and public holidays do not count."""
    moment = start.astimezone(TOKYO)
    while days > 0:
        moment += timedelta(days=1)
        if moment.weekday() < 5 and moment.date() not in _JAPAN:
            days -= 1
    return moment.astimezone(UTC)


def office_day(day: date) -> date:
    """`day`, or the first one after it on which public offices are open."""
    while day.weekday() >= 5 or (day.month, day.day) in _NEW_YEAR or day in _JAPAN:
        day += timedelta(days=1)
    return day
