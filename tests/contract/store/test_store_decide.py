from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from stage import ACCEPTED, Stage

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.store.register import UNDECLARED


@pytest.fixture
def hold(stage, staff):
    return stage.admit(staff[3]).hold_id


def refused(stage, hold_id, person, **wish):
    with pytest.raises(RefusedError) as error:
        stage.decide(hold_id, person, **wish)
    return error.value.code


def test_an_approval_makes_the_messages_claimable_and_is_recorded(stage, staff, hold):
    sato = staff[1]
    assert stage.store.releases.claim(lease_seconds=9) is None
    assert stage.decide(hold, sato, reason=" checked the list ", cap=5) is HoldState.APPROVED
    view = stage.store.holds.get(hold)
    assert (view.cap, view.used, view.row.approvals, view.row.revision) == (5, 1, 1, 2)
    (decided,) = view.decisions
    assert (decided.person_id, decided.person_name, decided.reason, decided.cap) == (
        sato.id,
        "sato Yamada",
        "checked the list",
        5,
    )
    assert stage.actions(hold) == ["hold.approved", "hold.opened"]
    assert stage.heard("approved") == ["sato", "suzuki", "tanaka"]
    assert stage.store.releases.claim(lease_seconds=9) is not None


def test_a_rejection_sends_nothing(stage, staff, hold):
    assert stage.decide(hold, staff[1], Choice.REJECT, cap=None) is HoldState.REJECTED
    assert stage.store.holds.get(hold).progress.messages == {MessageState.REJECTED: 1}
    assert stage.store.releases.claim(lease_seconds=9) is None
    assert stage.heard("rejected") == ["sato", "suzuki", "tanaka"]


def test_an_operator_is_no_second_person_even_as_an_approver(stage, staff):
    both = stage.person("both")
    other = stage.source(both, name="other")
    hold_id = stage.admit(other).hold_id
    assert stage.store.holds.may_decide(hold_id, both.id) == "own_source"
    assert refused(stage, hold_id, both) == "own_source"
    assert stage.actions(hold_id)[0] == "hold.refused"
    assert {person.login for person in stage.store.holds.deciders(hold_id)} == {"sato", "suzuki"}


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_only_an_approver_decides(stage, staff, hold, role):
    assert refused(stage, hold, stage.person("x", role)) == "not_approver"
    assert refused(stage, hold, stage.person("y", role), choice=Choice.REJECT) == "not_approver"
    assert refused(stage, hold, staff[0], choice=Choice.REJECT) == "not_approver"


@pytest.mark.parametrize(
    ("mail", "code"),
    [
        ({"login": "Sato"}, "own_login"),
        ({"login": "sato@example.co.jp"}, "own_address"),
        ({"mail_from": "SATO@example.co.jp"}, "own_address"),
    ],
)
def test_who_sent_the_mail_does_not_decide_it(stage, staff, mail, code):
    sato, suzuki, ski = staff[1:]
    hold_id = stage.admit(ski).hold_id
    stage.admit(ski, stage.message(**mail))  # any message of the hold counts
    assert stage.store.holds.may_decide(hold_id, sato.id) == code
    assert refused(stage, hold_id, sato) == code
    assert stage.store.holds.may_decide(hold_id, suzuki.id) is None


def test_who_stands_in_the_from_header_does_not_decide_it(stage, staff):
    sato, ski = staff[1], staff[3]
    author = stage.store.digester.email("sato@example.co.jp")
    assert refused(stage, stage.admit(ski, authors=(author,)).hold_id, sato) == "own_address"


def test_a_disabled_approver_does_not_decide(stage, staff, hold):
    stage.store.people.disable("sato", "test")
    assert refused(stage, hold, staff[1]) == "disabled"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"reason": " "}, "reason_missing"),
        ({"reason": "", "choice": Choice.REJECT}, "reason_missing"),
        ({"cap": 0}, "cap_too_low"),
        ({"cap": -(10**30)}, "cap_too_low"),
        ({"cap": None}, "cap_too_low"),
        ({"cap": 1_000_000_001}, "cap_too_high"),
        ({"cap": 10**30}, "cap_too_high"),
        ({"choice": Choice.WITHDRAW}, "not_operator"),
        ({"choice": Choice.ANSWER}, "not_operator"),
        ({"choice": Choice.RETURN, "reason": ""}, "reason_missing"),
        ({"choice": Choice.EXPIRE}, "not_a_choice"),
    ],
)
def test_an_incomplete_wish_changes_nothing(stage, staff, hold, wish, code):
    assert refused(stage, hold, staff[1], **wish) == code
    view = stage.store.holds.get(hold)
    assert (view.row.state, view.row.revision, view.decisions) == (HoldState.PENDING, 1, ())
    assert stage.actions(hold) == ["hold.refused", "hold.opened"]


def test_the_cap_of_a_rejection_means_nothing(stage, staff, hold):
    assert stage.decide(hold, staff[1], Choice.REJECT, cap=10**30) is HoldState.REJECTED
    assert stage.store.holds.get(hold).decisions[0].cap is None


def test_the_largest_cap_can_be_given_and_used(stage, staff, hold):
    assert stage.decide(hold, staff[1], cap=1_000_000_000) is HoldState.APPROVED
    assert stage.reserve().hold_id == hold


def test_only_an_operator_of_the_source_withdraws(stage, staff, hold):
    assert stage.decide(hold, staff[0], Choice.WITHDRAW) is HoldState.WITHDRAWN
    assert stage.heard("withdrawn") == ["sato", "suzuki", "tanaka"]


def test_unknown_holds_and_people_are_not_found(stage, staff, hold):
    with pytest.raises(NotFoundError):
        stage.store.holds.may_decide("H-none", staff[1].id)
    with pytest.raises(NotFoundError):
        stage.store.holds.may_decide(hold, "P-none")


def test_the_second_decision_hears_who_was_first_and_when(stage, staff, hold):
    _, sato, suzuki, _ = staff
    stage.decide(hold, sato)
    when = stage.clock().isoformat()
    stage.clock.forward(minutes=5)
    for revision in (1, 2):  # an old page, and a page loaded again
        with pytest.raises(ConflictError, match=sato.id) as conflict:
            stage.decide(hold, suzuki, Choice.REJECT, revision=revision)
        assert when in str(conflict.value)
    assert stage.row(hold).state is HoldState.APPROVED


def test_of_two_decisions_at_once_exactly_one_wins_and_it_sends_once(stage, staff, hold):
    def attempt(person):
        try:
            return stage.decide(hold, person, revision=1)
        except ConflictError as conflict:
            return str(conflict)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, staff[1:3]))
    assert results.count(HoldState.APPROVED) == 1
    winner = staff[1:3][results.index(HoldState.APPROVED)]
    assert winner.id in next(result for result in results if result is not HoldState.APPROVED)
    claim = stage.store.releases.claim(lease_seconds=9)
    assert stage.store.releases.claim(lease_seconds=9) is None
    stage.record(claim, ACCEPTED)
    assert stage.store.releases.open_count() == 0


def test_an_undeclared_source_needs_two_different_approvers(stage, staff):
    _, sato, suzuki, _ = staff
    hold_id = stage.admit(UNDECLARED).hold_id
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    assert stage.row(hold_id).approvals == 1
    assert stage.heard("first_approval") == ["sato", "suzuki"]
    assert refused(stage, hold_id, sato) == "already_approved"
    assert stage.store.releases.claim(lease_seconds=9) is None
    assert stage.decide(hold_id, suzuki, cap=4) is HoldState.APPROVED
    assert stage.store.holds.get(hold_id).cap == 4  # what both agreed to


def test_new_evidence_voids_the_first_approval(stage, staff):
    _, sato, suzuki, _ = staff
    hold_id = stage.admit(UNDECLARED).hold_id
    stage.decide(hold_id, sato)
    stage.admit(UNDECLARED, evidence=(b"leaf", b"pasted"))
    assert stage.row(hold_id).approvals == 0
    with pytest.raises(ConflictError, match="new findings"):
        stage.decide(hold_id, suzuki, revision=1)
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING
    assert stage.decide(hold_id, sato) is HoldState.APPROVED


def test_a_first_approval_of_somebody_disabled_since_does_not_count(stage, staff):
    _, sato, suzuki, _ = staff
    hold_id = stage.admit(UNDECLARED).hold_id
    stage.decide(hold_id, sato)
    stage.store.people.disable("sato", "test")
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING


def test_a_first_approval_with_a_cap_outgrown_can_be_given_again(stage, staff):
    _, sato, suzuki, _ = staff
    hold_id = stage.admit(UNDECLARED).hold_id
    stage.decide(hold_id, sato, cap=1)
    stage.admit(UNDECLARED)
    assert refused(stage, hold_id, suzuki, cap=9) == "cap_too_low"
    assert stage.decide(hold_id, sato, cap=5) is HoldState.PENDING
    assert stage.decide(hold_id, suzuki, cap=9) is HoldState.APPROVED


def test_a_hold_expires_after_business_days_and_is_never_sent(stage, staff, hold):
    # Opened on Wednesday 28 April 2027: 29 April, 3, 4 and 5 May are holidays; day 1 is Friday, 2 Thursday, 3 Friday.
    due = datetime(2027, 5, 7, 1, 0, tzinfo=UTC)
    assert stage.row(hold).expires_at == due
    stage.clock.now = due.replace(hour=0)
    assert stage.store.holds.expire_due() == 0
    stage.clock.now = due
    assert stage.store.holds.expire_due() == 1
    assert stage.store.holds.expire_due() == 0
    assert stage.store.holds.get(hold).progress.messages == {MessageState.EXPIRED: 1}
    assert stage.store.releases.claim(lease_seconds=9) is None
    assert stage.heard("expired") == ["sato", "suzuki", "tanaka"]
    assert stage.store.audit.rows(1, 0, hold)[0].actor == "time"
    assert stage.admit(staff[3]).outcome == "closed"
    with pytest.raises(ConflictError, match="time"):
        stage.decide(hold, staff[1], revision=1)


def test_an_approved_hold_does_not_expire(stage, staff, hold):
    stage.decide(hold, staff[1])
    stage.clock.forward(days=60)
    assert stage.store.holds.expire_due() == 0


def test_notices_are_retried_and_then_done(stage: Stage, staff, hold):
    notices = stage.store.notices
    first, *others = notices.pending()
    assert (first.event, first.hold_id, first.source_title, first.attempts) == ("opened", hold, "スキー案内", 0)
    assert (first.messages, first.recipients, first.persons) == (1, 1, 3)
    for notice in others:
        notices.sent(notice.id)
    notices.failed(first.id, stage.clock().replace(hour=2))
    assert notices.pending() == []
    stage.clock.forward(hours=1)
    (again,) = notices.pending()
    assert (again.id, again.attempts) == (first.id, 1)
    notices.sent(first.id)
    assert notices.pending() == []
