"""The rate and the hours of releases: pure rules, with given clocks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.config.opening import DAY, JAPAN, Opening
from mailguard.release.rate import Bucket

moments = st.integers(0, 365 * 24 * 3600).map(
    lambda second: datetime(2026, 1, 1, tzinfo=JAPAN) + timedelta(seconds=second)
)
parts = st.sampled_from(["", "08:00-20:00", "00:00-00:01", "22:30-24:00", "00:00-24:00"])


@given(st.integers(1, 600), st.lists(st.floats(0, 90), min_size=1, max_size=200))
def test_no_minute_has_more_than_the_rate(rate, steps):
    """Whoever waits as told, or longer, never exceeds it, however the minute falls."""
    bucket, now, begun = Bucket(rate), 1_000.0, []
    for step in steps:
        now += step / rate
        now += bucket.wait(now)
        assert bucket.wait(now) == pytest.approx(0, abs=1e-6)
        bucket.take(now)
        begun.append(now)
    for first in begun:
        assert sum(first <= one < first + 60 - 1e-6 for one in begun) <= rate


@given(st.integers(1, 6_000))
def test_the_rate_is_nearly_reached(rate):
    bucket, now, count = Bucket(rate), 0.0, 0
    while now < 120:
        now += bucket.wait(now)
        bucket.take(now)
        count += 1
    assert count >= rate * 2 * 0.97 - 1


def test_no_limit_and_less_than_one_a_minute():
    free = Bucket(0)
    assert [free.wait(0) for _ in range(1_000) if not free.take(0)] == [0.0] * 1_000
    slow = Bucket(0.5)
    slow.take(0)
    assert slow.wait(0) == pytest.approx(120)
    assert slow.wait(60) == pytest.approx(60)
    assert slow.wait(50) == pytest.approx(60)  # a clock that goes back gives nothing


def test_what_was_not_used_is_saved_for_a_second_only():
    bucket = Bucket(600)
    bucket.wait(0)
    begun = 0
    while not bucket.wait(3_600):
        bucket.take(3_600)
        begun += 1
    assert begun == 10


def at(text):
    return datetime.fromisoformat(f"2026-11-{text}:00+09:00")


@pytest.mark.parametrize(
    ("now", "is_open", "opens"),
    [
        ("21T07:59", False, "21T08:00"),
        ("21T08:00", True, "21T08:00"),
        ("21T19:59", True, "21T19:59"),
        ("21T20:00", False, "22T08:00"),
        ("21T23:59", False, "22T08:00"),
        ("22T00:00", False, "22T08:00"),
    ],
)
def test_hours_begin_and_end_as_said(now, is_open, opens):
    opening = Opening.of("08:00-20:00")
    moment = at(now).astimezone(UTC)  # 07:59 in Tokyo is the day before in UTC
    assert opening.open(moment) is is_open
    assert opening.opens_at(moment) == at(opens)


def test_until_midnight():
    opening = Opening.of("20:00-24:00")
    assert opening.open(at("21T23:59"))
    assert not opening.open(at("22T00:00"))
    assert opening.opens_at(at("22T00:00")) == at("22T20:00")
    assert Opening.of("").always
    assert not opening.always


@given(parts, moments)
def test_it_is_open_when_it_says_it_opens(part, now):
    opening = Opening.of(part)
    opens = opening.opens_at(now)
    assert opening.open(opens)
    assert timedelta() <= opens - now < DAY
    assert (opens == now) is opening.open(now)


@given(parts, moments, st.lists(st.integers(0, 5_000), min_size=2, max_size=4))
def test_time_within_adds_up(part, start, minutes):
    opening, marks = Opening.of(part), [start]
    for step in minutes:
        marks.append(marks[-1] + timedelta(minutes=step))
    pieces = sum((opening.within(a, b) for a, b in pairwise(marks)), timedelta())
    assert opening.within(marks[0], marks[-1]) == pieces
    assert opening.within(marks[-1], marks[0]) == timedelta()
    assert opening.within(start, start + DAY) == timedelta(minutes=opening.end - opening.start)
