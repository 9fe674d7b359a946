"""Holds with encrypted parts, and the candidates that other mails of their submitter tell."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from mailguard.lifecycle import Choice
from mailguard.model import Action, Finding, Inspection, Kind, PartInfo, Problem, ProblemKind, Verdict
from mailguard.store import rotate_key
from mailguard.store.candidates import GIVEN, MOST, Told
from mailguard.store.schema import candidates
from mailguard.store.unlocking import TRIES

DAY = timedelta(hours=24)
WHO, OTHER = b"a" * 16, b"b" * 16
CLOSED = Problem(("名簿.zip", "会員名簿.csv"), ProblemKind.ENCRYPTED, "a password is needed", b"zip")
FOUND = Finding("name", Kind.NAME, ("名簿.zip", "会員名簿.csv"), "列 氏名", 6, 6, ("山〇〇郎",), key=b"csv")
PARTS = (PartInfo(("名簿.zip",), "application/zip", 9, 0, b"zip", opened="other"),)
OPEN = Inspection((FOUND,), persons=6, households=4, parts=PARTS)
HELD = Verdict(Action.HOLD, ("attachment_findings",), (b"csv",))


def told(number=0, who=WHO):
    return Told(who, number.to_bytes(16, "big"), b"sealed %d" % number)


def tell(stage, *items):
    assert stage.store.candidates.keep_all(items) == [None] * len(items)


def hold(stage, source, *, problems=(CLOSED,), findings=()):
    arrival = stage.arrival(source)
    inspection = replace(arrival.inspection, findings=findings, problems=problems, persons=0)
    verdict = Verdict(Action.HOLD, ("problem_encrypted",), tuple(problem.key for problem in problems))
    return stage.store.holds.admit(replace(arrival, inspection=inspection, verdict=verdict, submitter=WHO)).hold_id


@pytest.fixture
def closed(stage, staff):
    return hold(stage, staff[3])


def due(stage):
    return stage.store.unlocking.next(DAY)


def test_candidates_are_given_to_their_submitter_the_newest_first_while_they_are_kept(stage):
    for number in range(3):
        tell(stage, told(number), told(number + 100, OTHER))
        stage.clock.forward(hours=1)
    of = stage.store.candidates.of
    assert of(WHO, DAY) == (b"sealed 2", b"sealed 1", b"sealed 0")
    tell(stage, told(0))  # told again: the newest
    assert of(WHO, DAY)[0] == b"sealed 0"
    stage.clock.forward(hours=22, minutes=30)
    assert of(WHO, DAY) == (b"sealed 0", b"sealed 2")
    assert stage.store.candidates.purge(DAY) == 3
    assert stage.store.candidates.purge(timedelta()) == 3
    assert of(WHO, DAY) == ()


def test_candidates_are_bounded(stage):
    tell(stage, *[told(number) for number in range(MOST + 10)])
    assert len(stage.store.candidates.of(WHO, DAY)) == GIVEN
    assert stage.store.candidates.purge(timedelta()) == MOST


def test_nothing_is_due_until_the_same_submitter_tells_something_new(stage, closed):
    assert due(stage) is None
    tell(stage, told(1, OTHER))
    assert due(stage) is None
    tell(stage, told(1))
    asked = due(stage)
    assert (asked.hold_id, asked.message_id, asked.secrets) == (closed, "m1", (b"sealed 1",))
    assert asked.content == stage.message("m1").content
    stage.store.unlocking.leave(closed, asked.asked)
    tell(stage, told(1))
    assert due(stage) is None  # the same again
    tell(stage, told(2))
    assert due(stage).secrets == (b"sealed 1", b"sealed 2")


def test_what_is_told_during_an_inspection_is_tried_afterwards(stage, closed):
    tell(stage, told(1))
    asked = due(stage)
    tell(stage, told(2))
    stage.store.unlocking.leave(closed, asked.asked)
    assert due(stage) is not None


def test_what_was_told_before_the_hold_was_committed_is_tried(stage, staff):
    tell(stage, told(1))
    hold(stage, staff[3])
    assert due(stage) is not None


def test_what_opened_shows_on_the_hold_which_stays_held(stage, staff, closed):
    tell(stage, told())
    assert stage.store.unlocking.settle(closed, due(stage).asked, OPEN, HELD)
    view = stage.store.holds.get(closed)
    row = view.row
    assert (row.persons, row.households, row.revision, row.reasons) == (6, 4, 2, ("attachment_findings",))
    assert (view.inspection.findings, view.inspection.problems, view.inspection.parts) == ((FOUND,), (), PARTS)
    assert view.inspection.subject == "冬の〇〇"
    [entry] = [entry for entry in stage.store.audit.rows(9, 0, closed) if entry.action == "hold.unlocked"]
    assert json.loads(entry.detail) == {"evidence": 1, "persons": 6, "revision": 2}
    tell(stage, told(9))
    assert due(stage) is None
    assert stage.store.audit.check() is None


def test_what_later_messages_added_stays(stage, staff):
    elsewhere = Problem(("図.dat",), ProblemKind.UNKNOWN_FORMAT, "", b"other")
    kept = replace(FOUND, key=b"else", path=("b.csv",))
    closed = hold(stage, staff[3], problems=(CLOSED, elsewhere), findings=(kept,))
    tell(stage, told())
    stage.store.unlocking.settle(closed, due(stage).asked, OPEN, HELD)
    view = stage.store.holds.get(closed)
    assert view.inspection.problems == (elsewhere,)
    assert view.inspection.findings == (FOUND, kept)


def test_a_clean_file_says_that_it_was_opened_and_stays_held(stage, closed):
    tell(stage, told())
    clean = replace(OPEN, findings=(), persons=0)
    assert stage.store.unlocking.settle(closed, due(stage).asked, clean, Verdict(Action.PASS))
    row = stage.row(closed)
    assert (row.state.value, row.reasons) == ("pending", ("opened",))


def test_a_file_that_stays_closed_changes_nothing(stage, closed):
    tell(stage, told())
    still = replace(OPEN, findings=(), problems=(CLOSED,), persons=0)
    assert not stage.store.unlocking.settle(closed, due(stage).asked, still, Verdict(Action.HOLD, (), (b"zip",)))
    assert stage.row(closed).revision == 1
    assert due(stage) is None


def test_a_crash_in_between_is_begun_again_three_times_at_most(stage, closed):
    tell(stage, told())
    for _ in range(TRIES):
        assert due(stage).hold_id == closed
        stage.reopen()
    assert due(stage) is None
    assert [row.action for row in stage.store.audit.rows(9, 0, closed)].count("hold.not_unlocked") == 1
    tell(stage, told(5))
    assert due(stage).hold_id == closed


def test_a_hold_that_was_decided_is_left_alone(stage, staff, closed):
    tell(stage, told())
    asked = due(stage)
    stage.decide(closed, staff[1], Choice.REJECT)
    assert not stage.store.unlocking.settle(closed, asked.asked, OPEN, HELD)
    tell(stage, told(7))
    assert due(stage) is None
    assert stage.row(closed).persons == 0


def test_altered_candidates_open_nothing(stage, closed):
    tell(stage, told(1))
    moved = stage.store.candidates._vault.seal(b"x", "elsewhere")
    with stage.store.candidates._context.database.write() as tx:
        tx.execute(update(candidates).values(sealed=moved))
    assert due(stage).secrets == ()


def test_a_new_key_forgets_what_was_told_under_the_old_one(stage, closed):
    tell(stage, told())
    stage.store.close()
    rotate_key(stage.url, stage.folder, stage.clock, holds=stage.settings, actor="test")
    stage.open()
    assert stage.store.candidates.of(WHO, DAY) == ()
    assert due(stage).secrets == ()
