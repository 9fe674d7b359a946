"""A hold that the beginning of a long table held: its exact count is asked for with it, and raises its revision."""

import json
from dataclasses import replace

import pytest

from mailguard.errors import ConflictError, RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Finding, Inspection, Kind
from mailguard.store.counting import TRIES

LEAF = b"leaf"


def column(rows, key=LEAF, where="列 氏名"):
    return Finding("name", Kind.NAME, ("list.csv",), where, rows, rows, ("山〇〇郎",), key=key)


BEGINNING = {"persons": 200_000, "persons_exact": False, "persons_least": 7_000, "uncounted": (LEAF,)}
WHOLE = Inspection((column(90_000), column(12, where="列 備考")), persons=80_000, households=30_000, subject="x")


def hold(stage, source, key=b"content", message=None):
    arrival = stage.arrival(source, message, key=key)
    inspection = replace(arrival.inspection, findings=(column(8_000),), **BEGINNING)
    return stage.store.holds.admit(replace(arrival, inspection=inspection)).hold_id


@pytest.fixture
def waiting(stage, staff):
    return hold(stage, staff[3])


def numbers(stage, hold_id):
    row = stage.row(hold_id)
    return row.counting, row.persons_least, row.persons, row.persons_exact, row.households, row.revision


def test_until_it_is_counted_a_hold_says_at_least_and_at_most(stage, waiting):
    assert numbers(stage, waiting) == (True, 7_000, 200_000, False, 0, 1)
    assert stage.store.holds.recent()[0].counting


def test_the_count_raises_the_revision_and_is_recorded(stage, waiting):
    asked = stage.store.counting.next()
    assert (asked.hold_id, asked.message_id, asked.content) == (waiting, "m1", stage.message("m1").content)
    assert stage.store.counting.fill_in(waiting, WHOLE)
    assert numbers(stage, waiting) == (False, 0, 80_000, True, 30_000, 2)
    assert stage.store.counting.next() is None
    view = stage.store.holds.get(waiting)
    assert view.inspection.findings == WHOLE.findings
    assert (view.inspection.subject, view.inspection.uncounted) == ("冬の〇〇", ())
    [row] = [row for row in stage.store.audit.rows(9, 0, waiting) if row.action == "hold.counted"]
    assert json.loads(row.detail) == {"exact": True, "households": 30_000, "persons": 80_000, "revision": 2}
    assert stage.store.audit.verify() is None


def test_what_else_the_hold_shows_stays(stage, staff):
    arrival = stage.arrival(staff[3])
    mismatch = replace(column(1, key=b"other"), kind=Kind.RECIPIENT_MISMATCH)
    shown = replace(arrival.inspection, findings=(column(8_000), mismatch), **BEGINNING)
    hold_id = stage.store.holds.admit(replace(arrival, inspection=shown)).hold_id
    stage.store.counting.fill_in(hold_id, WHOLE)
    assert stage.store.holds.get(hold_id).inspection.findings == (*WHOLE.findings, mismatch)


def test_a_count_comes_once(stage, waiting):
    assert stage.store.counting.fill_in(waiting, WHOLE)
    assert not stage.store.counting.fill_in(waiting, replace(WHOLE, persons=1))
    assert stage.row(waiting).persons == 80_000


def test_nobody_approves_what_is_still_being_counted(stage, staff, waiting):
    with pytest.raises(RefusedError, match="counted") as refused:
        stage.decide(waiting, staff[1])
    assert refused.value.code == "counting"
    stage.store.counting.fill_in(waiting, WHOLE)
    with pytest.raises(ConflictError, match="the exact count"):
        stage.decide(waiting, staff[1], revision=1)  # who looked at "at least" looks again
    assert stage.decide(waiting, staff[1]) is HoldState.APPROVED


def test_who_has_seen_enough_may_reject_at_once_and_the_number_still_comes(stage, staff, waiting):
    assert stage.decide(waiting, staff[1], Choice.REJECT) is HoldState.REJECTED
    assert stage.store.counting.next().hold_id == waiting
    stage.store.counting.fill_in(waiting, WHOLE)
    row = stage.row(waiting)
    assert (row.state, row.persons, row.persons_exact, row.revision) == (HoldState.REJECTED, 80_000, True, 2)


def test_a_count_that_failed_is_recorded_once_and_the_hold_can_be_approved(stage, staff, waiting):
    for _ in range(2):
        stage.store.counting.give_up(waiting, "timed_out")
    assert stage.actions(waiting).count("hold.not_counted") == 1
    assert stage.store.counting.next() is None
    assert numbers(stage, waiting) == (False, 0, 200_000, False, 0, 1)
    assert stage.decide(waiting, staff[1]) is HoldState.APPROVED


def test_a_crash_between_hold_and_count_loses_none(stage, waiting):
    for _ in range(TRIES):
        stage.reopen()
        assert stage.store.counting.next().hold_id == waiting
    stage.reopen()
    assert stage.store.counting.next() is None  # it ended the service each time
    assert stage.actions(waiting).count("hold.not_counted") == 1


def test_what_was_begun_least_often_comes_first(stage, staff, waiting):
    other = hold(stage, staff[3], b"another")
    assert [stage.store.counting.next().hold_id for _ in range(3)] == [waiting, other, waiting]


def test_a_message_that_joins_a_counted_hold_changes_no_number(stage, staff, waiting):
    stage.store.counting.fill_in(waiting, WHOLE)
    assert hold(stage, staff[3]) == waiting
    assert numbers(stage, waiting) == (False, 0, 80_000, True, 30_000, 2)
    assert stage.row(waiting).messages == 2


def test_the_bytes_of_what_is_over_are_not_counted(stage, staff, waiting):
    stage.decide(waiting, staff[1], Choice.REJECT)
    stage.clock.forward(days=30)
    stage.store.holds.purge_due()
    assert stage.store.counting.next() is None
    assert not stage.row(waiting).counting
