"""Who hears of what, how often, and what of a mailing of many holds is told together."""

from datetime import datetime

import pytest
from sqlalchemy import select

from mailguard.config import Notify
from mailguard.lifecycle import Choice
from mailguard.store.calendar import BusinessTime
from mailguard.store.schema import people

HOOK = "json://127.0.0.1:9/"


@pytest.fixture
def quiet(stage):
    """As a service is set: holds of one mailing are gathered, and digests follow."""
    stage.notify = Notify(gather_seconds=5, digest_minutes=30)
    stage.reopen()
    return stage


def openings(stage):
    return [notice for notice in stage.store.notices.pending(1000) if notice.event == "opened"]


def deliver(stage):
    for notice in stage.store.notices.pending(1000):
        stage.store.notices.sent(notice.id)


def personal(stage, source, number):
    """A hold of its own: the file differs for each recipient."""
    leaf = f"leaf {number}".encode()
    return stage.admit(source, evidence=(leaf,), key=leaf)


def test_many_holds_of_one_mailing_are_one_notice_to_each(quiet, staff):
    for number in range(7):
        personal(quiet, staff[3], number)
    assert openings(quiet) == []
    quiet.clock.forward(seconds=6)
    told = openings(quiet)
    assert sorted(notice.person.login for notice in told) == ["sato", "suzuki", "tanaka"]
    assert {(notice.holds, notice.messages, notice.persons) for notice in told} == {(7, 7, 21)}
    assert {notice.subject for notice in told} == {"冬の〇〇"}


def test_what_opens_later_is_told_together_after_a_while(quiet, staff):
    personal(quiet, staff[3], 0)
    quiet.clock.forward(seconds=6)
    deliver(quiet)
    for number in range(1, 5):
        quiet.clock.forward(minutes=1)
        personal(quiet, staff[3], number)
    quiet.clock.forward(minutes=20)
    assert openings(quiet) == []
    quiet.clock.forward(minutes=6)
    assert {(notice.person.login, notice.holds) for notice in openings(quiet)} == {
        ("sato", 5), ("suzuki", 5), ("tanaka", 5),
    }  # fmt: skip
    deliver(quiet)
    quiet.clock.forward(hours=1)
    assert openings(quiet) == []


def test_another_mailing_is_another_notice(quiet, staff):
    personal(quiet, staff[3], 0)
    quiet.admit(staff[3], key=b"another", subject_key=b"another")
    quiet.clock.forward(seconds=6)
    assert len(openings(quiet)) == 6


def test_who_could_not_be_told_hears_it_with_what_came_since(quiet, staff):
    personal(quiet, staff[3], 0)
    quiet.clock.forward(seconds=6)
    for notice in openings(quiet):
        quiet.store.notices.failed(notice.id, quiet.clock().replace(minute=59))
    personal(quiet, staff[3], 1)
    quiet.clock.now = quiet.clock().replace(minute=59)
    assert {notice.holds for notice in openings(quiet)} == {2}
    assert len(openings(quiet)) == 3


def test_reminders_at_half_and_at_four_fifths_of_the_time_and_not_after_a_decision(quiet, staff):
    hold = quiet.admit(staff[3]).hold_id
    deliver(quiet)
    row = quiet.store.holds.get(hold).row
    told = []
    for share in (0.4, 0.5, 0.6, 0.79, 0.8, 0.9):
        quiet.clock.now = BusinessTime.share(row.first_seen, row.expires_at, share)
        told.append((share, quiet.store.reminders.tell_due(), quiet.store.reminders.tell_due()))
    assert told == [(0.4, 0, 0), (0.5, 1, 0), (0.6, 0, 0), (0.79, 0, 0), (0.8, 1, 0), (0.9, 0, 0)]
    assert sorted({notice.person.login for notice in quiet.store.notices.pending() if notice.event == "reminder"}) == [
        "sato", "suzuki",
    ]  # fmt: skip


def test_no_reminder_comes_earlier_or_later_because_of_holidays(quiet, staff):
    quiet.admit(staff[3])
    for moment, told in (
        ("04-30T12:59", 0),
        ("04-30T13:00", 1),
        ("05-05T12:00", 0),
        ("05-06T10:35", 0),
        ("05-06T10:36", 1),
    ):
        quiet.clock.now = datetime.fromisoformat(f"2027-{moment}:00+00:00")
        assert quiet.store.reminders.tell_due() == told


def test_one_reminder_for_a_whole_mailing(quiet, staff):
    for number in range(4):
        personal(quiet, staff[3], number)
    deliver(quiet)
    row = quiet.store.holds.recent(limit=1)[0]
    quiet.clock.now = BusinessTime.share(row.first_seen, row.expires_at, 0.85)
    assert quiet.store.reminders.tell_due() == 4
    quiet.clock.forward(seconds=6)
    assert len([notice for notice in quiet.store.notices.pending() if notice.event == "reminder"]) == 2


def test_channels_hear_everything_and_persons_without_an_address_nothing(stage, staff):
    stage.notify = Notify(gather_seconds=0, digest_minutes=0, channels=(HOOK,))
    stage.reopen()
    stage.person("nobody", email="")
    hold = stage.admit(staff[3]).hold_id
    (channel,) = [notice for notice in stage.store.notices.pending() if notice.channel]
    assert (channel.person, channel.hold_id, channel.channel) == (None, hold, *stage.notify.channel_names)
    assert HOOK not in repr(channel)
    stage.decide(hold, staff[1], Choice.REJECT)
    assert [notice.event for notice in stage.store.notices.pending() if notice.channel] == ["opened", "rejected"]
    assert "nobody" not in {notice.person.login for notice in stage.store.notices.pending() if notice.person}


def test_what_is_about_no_hold(stage, staff):
    with stage.store.notices._context.database.write() as tx:
        rows = tx.execute(select(people).where(people.c.role == "approver")).all()
        stage.store.notices.say(tx, "stopped", rows, path="/switch", about="スキー案内")
    told = stage.store.notices.pending()
    assert {(notice.event, notice.path, notice.source_title, notice.hold_id) for notice in told} == {
        ("stopped", "/switch", "スキー案内", "")
    }
    assert sorted(notice.person.login for notice in told) == ["sato", "suzuki"]
