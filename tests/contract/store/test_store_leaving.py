"""Mail under a reservation is asked for once more before its final dot: what a person changed meanwhile counts."""

import pytest

from mailguard.lifecycle import Choice
from mailguard.store.audit import CLI
from mailguard.store.reservations import Leaving


@pytest.fixture
def leaving(stage, staff):
    """A message under way, with its share of an approval."""
    stage.decide(stage.admit(staff[3]).hold_id, staff[1])
    arrival = stage.later()
    return Leaving(stage.store.holds.reserve(arrival), arrival)


def stop(stage, staff, hold_id):
    stage.store.stops.stop_campaign(staff[1].id, hold_id, "x")


def stop_other(stage, staff, hold_id):
    stage.source(staff[0], name="bus")
    stage.store.stops.stop_source(CLI, "bus", "x")


def pause(stage, staff, hold_id):
    stage.store.switch.pause(CLI, "x")


def stop_rest(stage, staff, hold_id):
    revision = stage.row(hold_id).revision
    stage.store.releases.decide_rest(
        hold_id, revision=revision, choice=Choice.STOP_REST, person_id=staff[1].id, reason="x"
    )


def given_back(stage, staff, hold_id):
    stage.store.holds.give_back(stage.reservation)


@pytest.mark.parametrize(
    ("change", "goes"), [(stop, False), (stop_other, True), (pause, False), (stop_rest, False), (given_back, False)]
)
def test_what_changed_since_the_reservation_counts(stage, staff, leaving, change, goes):
    assert stage.store.holds.may_leave([leaving, leaving]) == [True, True]
    stage.reservation = leaving.reservation
    change(stage, staff, leaving.reservation.hold_id)
    assert stage.store.holds.may_leave([leaving]) == [goes]


def test_what_is_let_through_goes(stage, staff, leaving):
    hold_id = leaving.reservation.hold_id
    stage.store.stops.stop_all(CLI, "x")
    stage.store.let_through.ask(hold_id, staff[1].id, "x")
    assert stage.store.holds.may_leave([leaving]) == [False]
    stage.store.let_through.agree(hold_id, staff[2].id)
    assert stage.store.holds.may_leave([leaving]) == [True]
