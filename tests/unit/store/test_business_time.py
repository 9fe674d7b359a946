"""Business time in Japan: the end of April 2027, with its holidays, and a property that ties shares to whole days."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.store.calendar import TOKYO, BusinessTime, add_business_days

OPENED = datetime(
    2027, 4, 28, 10, tzinfo=TOKYO
)  # a Wednesday; 29 April and 3 to 5 May are holidays, 1 and 2 May a weekend
END = add_business_days(OPENED, 3)
SHARE, BEFORE = BusinessTime.share, BusinessTime.before


def at(month, day, hour, minute=0):
    return datetime(2027, month, day, hour, minute, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("share", "moment"),
    [(0.0, OPENED), (0.5, at(4, 30, 22)), (0.8, at(5, 6, 19, 36)), (1.0, at(5, 7, 10))],
)
def test_shares_leave_holidays_out(share, moment):
    assert SHARE(OPENED, END, share) == moment


@pytest.mark.parametrize(("hours", "moment"), [(4, at(5, 7, 6)), (12, at(5, 6, 22)), (40, at(4, 30, 18))])
def test_hours_before_the_end_leave_holidays_out(hours, moment):
    assert BEFORE(END, timedelta(hours=hours)) == moment


def test_between_two_moments_of_one_holiday_the_clock_counts():
    assert SHARE(at(5, 3, 10), at(5, 3, 20), 0.5) == at(5, 3, 15)


@given(st.integers(0, 4 * 365 * 24 * 60), st.integers(1, 20), st.floats(0, 1))
def test_shares_come_in_order_and_end_with_the_time_to_live(start, days, share):
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    end = add_business_days(start, days)
    moment = SHARE(start, end, share)
    assert start <= moment <= end + timedelta(microseconds=2)  # a share is a float
    assert moment <= SHARE(start, end, min(1.0, share + 0.01)) + timedelta(microseconds=2)
    assert BEFORE(end, timedelta(hours=days)) <= end - timedelta(hours=days)
