"""The days of a report: day 1 is the day of knowing; the last day of a final report moves to a day on which offices are open."""

from datetime import date

import pytest

from mailguard.leak.deadlines import Deadlines, said
from mailguard.store.calendar import office_day


def test_the_day_of_knowing_is_day_one():
    days = Deadlines.of(date(2026, 11, 20))  # a Friday
    assert (days.prompt_from, days.prompt_to) == (date(2026, 11, 22), date(2026, 11, 24))  # a weekend counts
    assert days.final == date(2026, 12, 21)  # day 30 is Saturday 19 December; Monday follows
    assert days.final_wrongful == date(2027, 1, 18)  # day 60, a Monday


@pytest.mark.parametrize(
    ("known", "final"),
    [
        (date(2026, 11, 17), date(2026, 12, 16)),  # a Wednesday: nothing moves
        (date(2026, 11, 30), date(2027, 1, 4)),  # 29 December
        (date(2026, 12, 5), date(2027, 1, 4)),  # 3 January, a Sunday, behind the year-end
        (date(2027, 4, 5), date(2027, 5, 6)),  # 4 May, in Golden Week
        (date(2026, 8, 24), date(2026, 9, 24)),  # 22 September, between two holidays (国民の休日)
    ],
)
def test_a_final_report_moves_to_the_next_day_on_which_offices_are_open(known, final):
    assert Deadlines.of(known).final == final


def test_a_substitute_holiday_is_none():
    assert office_day(date(2027, 3, 22)) == date(2027, 3, 23)  # 21 March 2027 is a Sunday
    assert office_day(date(2027, 3, 23)) == date(2027, 3, 23)


def test_a_day_is_said_with_its_weekday():
    assert said(date(2026, 11, 20)) == "2026年11月20日(金)"
