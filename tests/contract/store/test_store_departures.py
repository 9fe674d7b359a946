"""What of a hold left: exact counts, what may have left, when, and who did what."""

import json
from datetime import timedelta

import pytest
from stage import ACCEPTED, REFUSED, START, WAITING

from mailguard.errors import NotFoundError
from mailguard.lifecycle import Choice, HoldState


def taken(stage, *hold_ids):
    return stage.store.departures.take(hold_ids, "cli", known="2027-04-28")


def claimed(stage):
    return stage.store.releases.claim(lease_seconds=60)


@pytest.fixture
def hold_id(stage, staff):
    return stage.admit(staff[3], stage.message("first", to=("taro@example.jp", "jiro@example.jp"))).hold_id


def test_nothing_left_of_a_rejected_hold(stage, staff, hold_id):
    stage.decide(hold_id, staff[1], Choice.REJECT)
    (departure,) = taken(stage, hold_id)
    assert not departure.left
    assert (departure.reached, departure.doubtful, departure.waiting, departure.not_reached) == (0, 0, 0, 2)
    assert (departure.first_at, departure.last_at) == (None, None)
    assert [(step.action, step.name) for step in departure.steps] == [
        ("hold.opened", "mail"),
        ("hold.rejected", "sato Yamada"),
    ]


def test_a_stop_in_the_middle_leaves_the_exact_numbers(stage, staff, hold_id):
    stage.admit(staff[3], stage.message("second"))
    stage.decide(hold_id, staff[1])
    stage.clock.forward(minutes=1)
    stage.record(claimed(stage), ACCEPTED, REFUSED)
    stage.store.switch.pause(staff[2].id, "誤った添付")
    (departure,) = taken(stage, hold_id)
    assert (departure.reached, departure.waiting, departure.not_reached) == (1, 1, 2)
    stage.clock.forward(minutes=1)
    revision = stage.row(hold_id).revision
    stage.store.releases.decide_rest(
        hold_id, revision=revision, choice=Choice.STOP_REST, person_id=staff[2].id, reason="誤った添付"
    )
    assert stage.row(hold_id).state is HoldState.WITHDRAWN
    (departure,) = taken(stage, hold_id)
    assert (departure.reached, departure.waiting, departure.not_reached) == (1, 0, 2)
    assert departure.first_at == departure.last_at == START + timedelta(minutes=1)
    assert [step.action for step in departure.steps] == [
        "hold.opened", "hold.approved", "release.paused", "hold.rest_stopped",
    ]  # fmt: skip


def test_what_passed_under_the_approval_left_and_what_nobody_confirmed_may_have(stage, staff, hold_id):
    stage.decide(hold_id, staff[1], cap=10)
    stage.record(claimed(stage), ACCEPTED, ACCEPTED)
    stage.clock.forward(minutes=5)
    stage.store.holds.confirm(stage.reserve(3), 3)
    stage.reserve(2)  # and the process died
    (departure,) = taken(stage, hold_id)
    assert (departure.reached, departure.doubtful, departure.not_reached) == (5, 2, 0)
    assert departure.last_at == START + timedelta(minutes=5)


def test_a_lost_reply_is_a_doubt_until_they_are_reached(stage, staff, hold_id):
    stage.decide(hold_id, staff[1])
    claim = claimed(stage)
    stage.lose(claim, 0, 1)
    (departure,) = taken(stage, hold_id)
    assert (departure.reached, departure.doubtful, departure.not_reached) == (0, 2, 0)
    assert departure.left
    stage.record(claimed(stage), ACCEPTED, WAITING)
    assert (taken(stage, hold_id)[0].reached, taken(stage, hold_id)[0].doubtful) == (1, 1)


def test_several_holds_are_told_in_one_report_and_each_has_its_row(stage, staff, hold_id):
    other = stage.admit(staff[3], key=b"other", evidence=(b"another",)).hold_id
    assert [one.view.row.id for one in taken(stage, hold_id, other, hold_id)] == [hold_id, other]
    rows = [row for row in stage.store.audit.rows(99, 0) if row.action == "report.drafted"]
    assert sorted(row.subject for row in rows) == sorted([hold_id, other])
    assert json.loads(rows[0].detail) == {"known": "2027-04-28"}
    assert rows[0].actor == "cli"
    head, broken = stage.store.departures.standing()
    assert (head, broken) == (stage.store.audit.head(), None)


def test_a_hold_that_is_not_there_leaves_no_row(stage):
    with pytest.raises(NotFoundError):
        taken(stage, "H-0")
    assert "report.drafted" not in stage.actions()


def test_stops_that_cover_the_hold_are_told(stage, staff, hold_id):
    stage.decide(hold_id, staff[1])
    stage.store.stops.stop_campaign(staff[2].id, hold_id, "誤った添付")
    stage.source(staff[0], name="other")
    stage.store.stops.stop_source(staff[2].id, "other", "別の件")
    (departure,) = taken(stage, hold_id)
    assert [(step.action, step.name) for step in departure.steps if step.action.startswith("stop.")] == [
        ("stop.begun", "suzuki Yamada")
    ]
