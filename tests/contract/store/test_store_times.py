"""A clock that was set back, or was ahead: no wait, lease, throttle, session or approval lasts longer than it may."""

from datetime import timedelta

import pytest
from stage import ACCEPTED, PASSWORD, REFUSED, WAITING

from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState

LEASE, WAIT, SESSION = timedelta(seconds=300), timedelta(hours=1), timedelta(hours=10)


def mend(stage):
    return stage.store.times.bring_back(lease=LEASE, wait=WAIT, session=SESSION)


def claim(stage, late_hours=12):
    return stage.store.releases.claim(lease_seconds=LEASE.total_seconds(), late_hours=late_hours)


@pytest.fixture
def hold(stage, staff):
    hold_id = stage.admit(staff[3], stage.message("first")).hold_id
    stage.decide(hold_id, staff[1])
    return hold_id


def test_while_the_clock_is_right_nothing_is_touched(stage, staff, hold):
    first = claim(stage)
    stage.record(first, WAITING, retry_at=stage.clock() + WAIT)
    stage.admit(staff[3], stage.message("second"))
    claim(stage)
    stage.store.sessions.create(staff[1].id, 10)
    before = stage.actions()
    stage.clock.forward(seconds=-50)  # clocks of two machines differ
    assert mend(stage) == 0
    assert stage.actions() == before


@pytest.mark.parametrize("hours", [-0.25, -6, -9000])
def test_approved_mail_goes_at_once(stage, hold, hours):
    stage.clock.forward(hours=hours)
    assert claim(stage) is None
    assert mend(stage) > 0
    assert mend(stage) == 0
    assert claim(stage).message_id == "first"
    assert stage.actions()[0] == "clock.set_back"
    assert stage.store.audit.verify() is None


def test_a_message_that_was_put_off_is_tried_again(stage, hold):
    stage.record(claim(stage), WAITING, retry_at=stage.clock() + WAIT)
    stage.clock.forward(hours=-6)
    mend(stage)
    first = claim(stage)
    assert first.message_id == "first"
    assert first.first_attempt_at <= stage.clock()


def test_a_lease_lasts_its_length_and_no_longer(stage, hold):
    first = claim(stage)
    stage.clock.forward(hours=-6)
    mend(stage)
    assert claim(stage) is None  # whoever holds it may be alive
    assert stage.still_mine(first.token)
    stage.clock.forward(seconds=LEASE.total_seconds())
    assert not stage.still_mine(first.token)
    again = claim(stage)
    assert again.message_id == "first"
    assert stage.record(again, ACCEPTED) is MessageState.RELEASED


def test_a_lease_is_kept_by_who_renews_it(stage, hold):
    first = claim(stage)
    stage.clock.forward(hours=-6)
    for _ in range(6):
        mend(stage)
        stage.clock.forward(seconds=100)
        assert stage.store.releases.renew(first.token, lease_seconds=300)
    assert claim(stage) is None


def test_what_was_approved_while_the_clock_was_ahead_is_asked_about_in_time(stage, hold):
    stage.clock.forward(days=-400)
    mend(stage)
    stage.clock.forward(hours=12)
    assert claim(stage) is None
    assert stage.store.releases.ask_late(12) == 1
    assert stage.heard("late") == ["sato", "suzuki", "tanaka"]


def test_a_jump_forward_sends_nothing_late_and_nothing_twice(stage, staff, hold):
    second = stage.admit(staff[3], stage.message("second"), key=b"other").hold_id
    stage.decide(second, staff[1])
    sent = claim(stage)
    stage.clock.forward(hours=30)
    assert claim(stage) is None
    # The reply to what was on its way counts, although its lease has ended.
    assert stage.record(sent, ACCEPTED) is MessageState.RELEASED
    assert stage.store.releases.ask_late(12) == 1
    stage.clock.forward(hours=-30)
    mend(stage)
    assert claim(stage) is None  # it was asked; a person answers
    stage.store.releases.decide_rest(
        second, revision=stage.row(second).revision, choice=Choice.DELIVER_LATE, person_id=staff[2].id, reason="go"
    )
    assert claim(stage).message_id == "second"


def test_notices_and_bounces_go_at_once(stage, hold):
    stage.record(claim(stage), REFUSED)
    stage.clock.forward(hours=-6)
    assert (stage.heard("failed"), stage.store.releases.bounces.pending()) == ([], [])
    mend(stage)
    assert stage.heard("failed") == ["sato", "suzuki", "tanaka"]
    [bounce] = stage.store.releases.bounces.pending()
    assert bounce.created_at == stage.clock()


def test_bytes_of_what_is_over_are_deleted_in_time(stage, hold):
    stage.record(claim(stage), ACCEPTED)
    stage.clock.forward(days=-400)
    mend(stage)
    stage.clock.forward(hours=24)
    assert stage.store.holds.purge_due() == 1


@pytest.mark.parametrize("approved", [True, False])
def test_a_hold_of_a_clock_that_was_ahead_ends_when_one_of_today_would(stage, staff, approved):
    stage.clock.forward(days=400)
    there = stage.admit(staff[3]).hold_id
    if approved:
        stage.decide(there, staff[1])
    stage.clock.forward(days=-400)
    mend(stage)
    today = stage.admit(staff[3], key=b"today").hold_id
    assert stage.row(there).expires_at == stage.row(today).expires_at
    assert stage.row(there).last_seen == stage.clock()
    assert stage.row(there).state is (HoldState.APPROVED if approved else HoldState.PENDING)


def test_a_hold_opened_before_keeps_its_time(stage, staff):
    there = stage.admit(staff[3]).hold_id
    before = stage.row(there).expires_at
    stage.clock.forward(days=2)
    stage.admit(staff[3])
    stage.clock.forward(days=-1)
    mend(stage)
    assert (stage.row(there).expires_at, stage.row(there).last_seen) == (before, stage.clock())


def test_a_throttled_login_waits_its_minutes(stage):
    stage.person("mori", password=PASSWORD)
    for _ in range(5):
        stage.store.people.authenticate("mori", "wrong", "192.0.2.1")
    stage.clock.forward(hours=-6)
    mend(stage)
    stage.clock.forward(minutes=14)
    with pytest.raises(RefusedError):
        stage.store.people.authenticate("mori", PASSWORD, "192.0.2.1")
    stage.clock.forward(minutes=1)
    assert stage.store.people.authenticate("mori", PASSWORD, "192.0.2.1")


def test_a_session_lasts_its_hours(stage, staff):
    token = stage.store.sessions.create(staff[1].id, 10)
    stage.clock.forward(days=-3)
    mend(stage)
    assert stage.store.sessions.get(token).expires_at == stage.clock() + SESSION
