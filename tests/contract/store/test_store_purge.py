"""Held bytes go by state and age; a purge is shown beforehand, confirmed when that is asked for, and recorded."""

import json
from datetime import timedelta

import pytest

from mailguard import config
from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, MessageState
from mailguard.store.views import Purgeable


@pytest.fixture
def over(stage, staff):
    """One rejected message, one expired an hour later, one still pending."""
    stage.decide(stage.admit(staff[3], stage.message("no")).hold_id, staff[1], Choice.REJECT)
    stage.admit(staff[3], stage.message("late"), key=b"late")
    began = stage.clock()
    stage.clock.forward(days=30)
    assert stage.store.holds.expire_due() == 1
    stage.admit(staff[3], stage.message("now"), key=b"now")
    return began


def keep(stage, **settings):
    stage.retention = config.Retention(**settings)
    stage.reopen()


def purged(stage):
    return [
        (row.actor, json.loads(row.detail)) for row in stage.store.audit.rows(99, 0) if row.action == "bytes.purged"
    ]


def test_the_plan_counts_by_state_and_changes_nothing(stage, over):
    week = timedelta(days=7)
    expected = [
        Purgeable(MessageState.REJECTED, week, 1, 0, over),
        Purgeable(MessageState.EXPIRED, week, 0, 1, stage.clock()),
    ]
    assert stage.store.holds.purge_plan() == expected
    assert stage.store.holds.purge_plan() == expected
    assert purged(stage) == []


def test_each_state_has_its_time(stage, over):
    keep(stage, rejected_days=31, expired_days=1)
    assert stage.store.holds.purge_due() == 0
    stage.clock.forward(days=1)
    assert stage.store.holds.purge_due() == 2
    assert purged(stage) == [("time", {"messages": 2, "parts": 0, "states": {"expired": 1, "rejected": 1}})]
    stage.store.compact()
    assert stage.store.audit.check() is None


def test_when_configured_only_an_approver_purges(stage, staff, over):
    keep(stage, confirm=True)
    assert stage.store.holds.purge_due() == 0
    with pytest.raises(RefusedError) as refused:
        stage.store.holds.purge_confirmed(staff[0].id)
    assert refused.value.code == "not_approver"
    assert purged(stage) == []
    assert stage.store.holds.purge_confirmed(staff[1].id) == 1
    assert [(actor, detail["states"]) for actor, detail in purged(stage)] == [(staff[1].id, {"rejected": 1})]


def test_a_disabled_approver_confirms_nothing(stage, staff, over):
    stage.store.people.disable("sato", "test")
    with pytest.raises(RefusedError):
        stage.store.holds.purge_confirmed(staff[1].id)
    assert stage.store.holds.purge_plan()[0].due == 1
