"""What is not sent in time: asked once, answered under the rules of an approval, or stopped."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from stage import ACCEPTED, REFUSED, WAITING

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState, RecipientState
from mailguard.store.views import Clearance

LATE, STOP = Choice.DELIVER_LATE, Choice.STOP_REST
HOURS = 12


@pytest.fixture
def hold(stage, staff):
    """Two approved messages; the first has two recipients."""
    stage.admit(staff[3], stage.message("first", to=("a@example.jp", "b@example.jp")))
    hold_id = stage.admit(staff[3], stage.message("second", to=("c@example.jp",))).hold_id
    stage.decide(hold_id, staff[1])
    return hold_id


def claim(stage):
    return stage.store.releases.claim(lease_seconds=60, late_hours=HOURS)


def ask(stage):
    return stage.store.releases.ask_late(HOURS)


def answer(stage, hold_id, person, choice=LATE, revision=None, reason="still right"):
    revision = stage.row(hold_id).revision if revision is None else revision
    return stage.store.releases.decide_rest(
        hold_id, revision=revision, choice=choice, person_id=person.id, reason=reason
    )


def refused(stage, *facts, **more):
    with pytest.raises(RefusedError) as caught:
        answer(stage, *facts, **more)
    return caught.value.code


def test_within_the_hours_nothing_is_asked_and_all_goes(stage, hold):
    stage.clock.forward(hours=11, minutes=59)
    assert ask(stage) == 0
    assert claim(stage).message_id == "first"
    assert stage.heard("late") == []


def test_late_mail_waits_even_before_it_was_asked_about(stage, hold):
    stage.clock.forward(hours=HOURS)
    assert claim(stage) is None
    assert stage.store.releases.claim(lease_seconds=60, late_hours=0).message_id == "first"


def test_it_is_asked_once_and_operators_and_approvers_are_told(stage, hold):
    before = stage.row(hold).revision
    stage.clock.forward(hours=HOURS)
    assert (ask(stage), ask(stage)) == (1, 0)
    assert stage.heard("late") == ["sato", "suzuki", "tanaka"]
    assert stage.row(hold).revision == before + 1
    assert stage.actions(hold)[0] == "hold.late_asked"
    # The question stands, whatever the setting says later.
    assert stage.store.releases.claim(lease_seconds=60, late_hours=0) is None


def test_an_answer_sends_who_did_not_get_it_and_begins_the_hours_anew(stage, staff, hold):
    first = claim(stage)
    stage.record(first, ACCEPTED, WAITING, retry_at=stage.clock())
    stage.clock.forward(hours=HOURS)
    ask(stage)
    assert answer(stage, hold, staff[2]) is HoldState.APPROVED
    assert stage.actions(hold)[0] == "hold.deliver_late"
    assert stage.heard("deliver_late") == ["sato", "suzuki", "tanaka"]
    found = {claimed.message_id: claimed for claimed in (claim(stage), claim(stage))}
    assert found["first"].waiting == ((1, "b@example.jp"),)
    assert found["first"].first_attempt_at == stage.clock()  # the time to give up begins anew as well
    stage.record(found["second"], WAITING, retry_at=stage.clock())
    stage.clock.forward(hours=HOURS)
    assert claim(stage) is None
    assert ask(stage) == 1


def test_what_is_on_its_way_finishes_and_is_not_asked_about(stage, staff, hold):
    stage.record(claim(stage), ACCEPTED, ACCEPTED)
    stage.clock.forward(hours=HOURS, seconds=-30)
    second = claim(stage)
    stage.clock.forward(seconds=45)
    assert ask(stage) == 0
    assert stage.store.releases.clearance([second.token]) == {second.token: Clearance.GO}
    assert stage.record(second, ACCEPTED) is MessageState.RELEASED


@pytest.mark.parametrize("who", [0, 3])
def test_who_may_not_approve_may_not_answer(stage, staff, hold, who):
    person = staff[0] if who == 0 else stage.person("admin", "administrator")
    stage.clock.forward(hours=HOURS)
    ask(stage)
    assert refused(stage, hold, person) == "not_approver"
    assert stage.actions(hold)[0] == "hold.refused"
    assert claim(stage) is None


def test_an_answer_needs_a_reason_a_question_and_something_left(stage, staff, hold):
    assert refused(stage, hold, staff[1]) == "not_late"
    stage.clock.forward(hours=HOURS)
    ask(stage)
    assert refused(stage, hold, staff[1], reason=" ") == "reason_missing"
    answer(stage, hold, staff[1])
    stage.record(claim(stage), ACCEPTED, ACCEPTED)
    stage.record(claim(stage), ACCEPTED)
    assert stage.store.releases.rest(hold).room
    stage.clock.forward(days=30)
    assert stage.store.releases.rest(hold).room == 0
    assert refused(stage, hold, staff[1], STOP) == "nothing_left"
    with pytest.raises(RefusedError):
        stage.store.releases.decide_rest(
            hold, revision=stage.row(hold).revision, choice=Choice.APPROVE, person_id=staff[1].id, reason="x"
        )
    with pytest.raises(RefusedError):
        stage.decide(hold, staff[1], LATE)


def test_an_old_page_answers_nothing(stage, staff, hold):
    stage.clock.forward(hours=HOURS)
    ask(stage)
    seen = stage.row(hold).revision
    answer(stage, hold, staff[1])
    with pytest.raises(ConflictError):
        answer(stage, hold, staff[2], revision=seen)
    stage.clock.forward(hours=HOURS)
    ask(stage)
    with pytest.raises(ConflictError):
        answer(stage, hold, staff[2], STOP, revision=seen)
    assert claim(stage) is None


def test_of_two_answers_at_once_one_counts(stage, staff, hold):
    stage.clock.forward(hours=HOURS)
    ask(stage)
    seen = stage.row(hold).revision

    def one(case):
        try:
            return answer(stage, hold, case[0], case[1], revision=seen).value
        except ConflictError:
            return "conflict"

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(one, [(staff[1], LATE), (staff[2], STOP)]))
    assert results in (["approved", "conflict"], ["conflict", "withdrawn"])
    assert stage.store.audit.verify() is None


def test_an_undeclared_source_needs_two_answers(stage, staff):
    hold = stage.admit(stage.source(name="nobody")).hold_id
    stage.decide(hold, staff[1])
    stage.decide(hold, staff[2])
    stage.clock.forward(hours=HOURS)
    ask(stage)
    answer(stage, hold, staff[1])
    assert claim(stage) is None
    assert refused(stage, hold, staff[1]) == "already_approved"
    assert stage.store.releases.rest(hold).agreed == (staff[1].id,)
    answer(stage, hold, staff[2])
    assert claim(stage) is not None


def test_the_rest_is_stopped_by_an_operator_and_never_goes(stage, staff, hold):
    stage.record(claim(stage), ACCEPTED, WAITING, retry_at=stage.clock())
    assert answer(stage, hold, staff[0], STOP) is HoldState.WITHDRAWN
    assert claim(stage) is None
    assert (stage.store.releases.end_stopped(), stage.store.releases.end_stopped()) == (1, 0)
    progress = stage.store.holds.get(hold).progress
    assert progress.messages == {MessageState.PARTLY: 1, MessageState.WITHDRAWN: 1}
    assert progress.recipients == {RecipientState.ACCEPTED: 1, RecipientState.WITHDRAWN: 2}
    assert stage.heard("rest_stopped") == ["sato", "suzuki", "tanaka"]
    assert stage.heard("failed") == []
    assert stage.store.releases.bounces.pending() == []
    assert stage.store.releases.open_count() == 0
    # Later mail of the same content is kept and never sent, not even within the cap.
    assert stage.reserve() is None
    assert stage.admit(staff[3]).outcome == "closed"


def test_what_is_on_its_way_when_the_rest_is_stopped_ends_as_the_relay_says(stage, staff, hold):
    first, second = claim(stage), claim(stage)
    answer(stage, hold, staff[1], STOP)
    tokens = [first.token, second.token]
    assert set(stage.store.releases.clearance(tokens).values()) == {Clearance.STOPPED}
    assert stage.store.releases.end_stopped() == 0  # under a lease
    assert stage.record(first, ACCEPTED, WAITING, retry_at=stage.clock()) is MessageState.PARTLY
    stage.clock.forward(seconds=60)  # the one who held the other is gone
    assert stage.store.releases.end_stopped() == 1
    assert stage.store.holds.get(hold).progress.messages == {MessageState.PARTLY: 1, MessageState.WITHDRAWN: 1}


def test_a_failure_before_the_stop_is_still_a_failure(stage, staff, hold):
    stage.record(claim(stage), REFUSED, WAITING, retry_at=stage.clock())
    answer(stage, hold, staff[1], STOP)
    stage.store.releases.end_stopped()
    assert stage.actions("first")[0] == "message.failed"
    assert [len(bounce.recipients) for bounce in stage.store.releases.bounces.pending()] == [1]


def test_only_those_concerned_may_stop(stage, staff, hold):
    other = stage.person("other", "operator")
    auditor = stage.person("kansa", "auditor")
    assert refused(stage, hold, auditor, STOP) == "not_yours"
    may = stage.store.releases.may_stop
    assert [may(hold, person.id) for person in (*staff[:3], auditor)] == [True, True, True, False]
    with pytest.raises(NotFoundError):  # another source's operator does not even see it
        may(hold, other.id)


def test_mail_that_joined_later_has_its_own_time(stage, staff, hold):
    for _ in range(2):
        claim(stage)
    stage.clock.forward(hours=HOURS)
    stage.admit(staff[3], stage.message("third"))
    assert [claim(stage).message_id, claim(stage)] == ["third", None]
    assert ask(stage) == 1


def test_the_rest_says_what_waits(stage, hold):
    again = stage.clock() + (stage.clock() - stage.clock())
    stage.record(claim(stage), ACCEPTED, WAITING, retry_at=again)
    claim(stage)
    rest = stage.store.releases.rest(hold)
    assert (rest.messages, rest.recipients, rest.under_way, rest.deferred) == (2, 2, 1, 1)
    assert rest.reply.startswith("250")
    assert rest.asked_at is None
