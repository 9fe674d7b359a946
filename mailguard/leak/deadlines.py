"""Until when a leak is to be reported (施行規則8条; 通則ガイドライン 3-5-3-3, 3-5-3-4).

In: the day on which somebody in the organisation knew, which is day 1. Out: days. Prompt report (速報): about 3 to 5 days,
every day counts, and nothing moves. Final report (確報): 30 days, 60 where a wrongful purpose is feared (規則7条3号); every
day counts, and where the last one is a Saturday, a Sunday, a holiday or lies between 29 December and 3 January, the next
day on which offices are open (行政機関の休日に関する法律1条, 2条).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from mailguard.store.calendar import office_day

_WEEKDAYS = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The days themselves belong to the time."""

    known: date
    prompt_from: date
    prompt_to: date
    final: date
    final_wrongful: date

    @classmethod
    def of(cls, known: date) -> "Deadlines":
        """For a leak that was known on that day."""
        return cls(known, _day(known, 3), _day(known, 5), office_day(_day(known, 30)), office_day(_day(known, 60)))


def _day(known: date, number: int) -> date:
    return known + timedelta(days=number - 1)


def said(day: date) -> str:
    """2026年11月20日(金)."""
    return f"{day.year}年{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"
