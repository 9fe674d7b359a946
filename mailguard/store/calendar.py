"""Business days in Japan. In: a time and a number of days. Out: the same clock time in Tokyo so many business days on."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

TOKYO = ZoneInfo("Asia/Tokyo")
_JAPAN = holidays.country_holidays("JP")  # 国民の祝日に関する法律, substitute holidays included


def add_business_days(start: datetime, days: int) -> datetime:
    """`days` business days after `start`; Saturdays, Sundays and public holidays do not count."""
    moment = start.astimezone(TOKYO)
    while days > 0:
        moment += timedelta(days=1)
        if moment.weekday() < 5 and moment.date() not in _JAPAN:
            days -= 1
    return moment.astimezone(UTC)
