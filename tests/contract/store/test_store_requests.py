"""A mailing filed in advance: who files it, what is decided, and what may pass when."""

from dataclasses import replace
from datetime import timedelta

import pytest
from stage import content, inspection

from mailguard.errors import NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Action, Verdict
from mailguard.store.requests import TRIES, Filing

MAILING = b"the mailing"
EVIDENCE = (b"leaf", MAILING)


def filing(stage, **facts):
    begins = stage.clock() + timedelta(hours=1)
    made = Filing("ski", "冬の案内", 20, begins, begins + timedelta(hours=8), content())
    return replace(made, **facts)


def inspected(stage, request_id, evidence=(b"leaf",)):
    due = stage.store.requests.next()
    assert (due.id, due.content) == (request_id, content())
    whole = inspection(evidence=evidence)
    return stage.store.requests.settle(
        request_id, whole, Verdict(Action.HOLD, ("attachment",), evidence), b"key", MAILING
    )


@pytest.fixture
def filed(stage, staff):
    """A request of tanaka's whose hold waits."""
    request_id = stage.store.requests.file(staff[0].id, filing(stage))
    return request_id, inspected(stage, request_id)


def test_it_becomes_a_hold_without_a_message(stage, staff, filed):
    request_id, hold_id = filed
    row = stage.row(hold_id)
    assert (row.state, row.messages, row.recipients, row.persons) == (HoldState.PENDING, 0, 0, 3)
    assert set(row.reasons) == {"requested", "attachment"}
    found = stage.store.requests.get(request_id)
    assert (found.purpose, found.recipients, found.hold_id, found.name) == ("冬の案内", 20, hold_id, staff[0].name)
    assert stage.store.requests.of_hold(hold_id) == found
    assert stage.heard("request_filed") == ["sato", "suzuki", "tanaka"]
    assert stage.store.requests.next() is None
    assert stage.actions(request_id) == ["request.filed"]
    assert "hold.opened" in stage.actions(hold_id)
    assert stage.store.audit.verify() is None


def test_nothing_passes_before_a_second_person_agrees(stage, staff, filed):
    stage.clock.forward(hours=2)
    assert stage.store.requests.latest() == {}
    assert stage.reserve(evidence=EVIDENCE) is None


def test_who_filed_it_is_no_second_person_not_even_as_an_approver(stage, staff):
    stage.source(staff[1], name="own", logins=("own",))
    request_id = stage.store.requests.file(staff[1].id, filing(stage, source_id="own"))
    hold_id = inspected(stage, request_id)
    with pytest.raises(RefusedError) as refused:
        stage.decide(hold_id, staff[1], cap=20)
    assert refused.value.code == "own_source"


def test_after_the_approval_messages_pass_between_the_dates_up_to_the_cap(stage, staff, filed):
    _, hold_id = filed
    assert stage.decide(hold_id, staff[1], cap=20) is HoldState.APPROVED
    assert stage.store.requests.latest() == {}
    assert stage.reserve(evidence=EVIDENCE) is None  # too early
    stage.clock.forward(hours=1)
    assert stage.store.requests.latest() == {("ski", b"subject"): MAILING}
    assert stage.reserve(15, evidence=EVIDENCE).hold_id == hold_id
    assert stage.reserve(6, evidence=EVIDENCE) is None  # beyond the cap
    assert stage.reserve(5, evidence=EVIDENCE).hold_id == hold_id


def test_it_ends_by_itself(stage, staff, filed):
    stage.decide(filed[1], staff[1], cap=20)
    stage.clock.forward(hours=9)
    assert stage.store.requests.latest() == {}
    assert stage.reserve(evidence=EVIDENCE) is None


def test_what_was_not_filed_is_not_covered(stage, staff, filed):
    stage.decide(filed[1], staff[1], cap=20)
    stage.clock.forward(hours=1)
    assert stage.reserve(evidence=(*EVIDENCE, b"another leaf")) is None
    assert stage.reserve(evidence=(b"leaf", b"another mailing")) is None


def test_an_answer_from_memory_is_never_older_than_a_decision_on_this_machine(stage, staff, filed):
    stage.clock.forward(hours=1)
    if stage.url.startswith("sqlite"):
        assert stage.store.requests.latest() == {} == stage.store.requests.latest.fresh()
        stage.decide(filed[1], staff[1], cap=20)
        assert stage.store.requests.latest.fresh() is None


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"purpose": " "}, "request_purpose_missing"),
        ({"recipients": 0}, "request_recipients"),
        ({"sample": b" "}, "request_sample_missing"),
        ({"days": 93}, "request_dates"),
        ({"days": -1}, "request_dates"),
    ],
    ids=["purpose", "recipients", "sample", "too long", "backwards"],
)
def test_what_lacks_something_is_not_filed(stage, staff, facts, code):
    whole = filing(stage)
    if "days" in facts:
        facts = {"ends_at": whole.begins_at + timedelta(**facts)}
    with pytest.raises(RefusedError) as refused:
        stage.store.requests.file(staff[0].id, replace(whole, **facts))
    assert refused.value.code == code
    assert stage.store.requests.all() == []


def test_only_an_operator_of_the_source_files(stage, staff):
    for person in (staff[1], stage.person("kato", "administrator")):
        with pytest.raises(RefusedError) as refused:
            stage.store.requests.file(person.id, filing(stage))
        assert refused.value.code == "request_not_operator"
    with pytest.raises(NotFoundError):
        stage.store.requests.file(staff[0].id, filing(stage, source_id="none"))


def test_a_sample_that_ends_the_service_each_time_is_given_up(stage, staff):
    request_id = stage.store.requests.file(staff[0].id, filing(stage))
    for _ in range(TRIES):
        assert stage.store.requests.next().id == request_id
    assert stage.store.requests.next() is None
    assert stage.store.requests.get(request_id).failed == "begun too often"


def test_settled_twice_is_one_hold(stage, staff, filed):
    request_id, hold_id = filed
    verdict = Verdict(Action.HOLD, ("attachment",), (b"leaf",))
    assert stage.store.requests.settle(request_id, inspection(), verdict, b"key", MAILING) == hold_id


def test_it_can_be_rejected_and_expires(stage, staff, filed):
    assert stage.decide(filed[1], staff[1], Choice.REJECT) is HoldState.REJECTED
    other = stage.store.requests.file(staff[0].id, filing(stage))
    hold_id = inspected(stage, other)
    stage.clock.forward(days=10)
    assert stage.store.holds.expire_due() == 1
    assert stage.row(hold_id).state is HoldState.EXPIRED


def test_the_sample_is_gone_once_it_was_inspected_and_nothing_is_in_the_clear(stage, staff, filed):
    if stage.url.startswith("sqlite"):
        (sample, facts) = stage.raw().execute("SELECT sample, facts FROM requests").fetchone()
        assert sample is None
        assert "冬の案内".encode() not in facts


def test_a_test_mail_asks_for_the_real_run(stage, staff):
    hold_id = stage.admit(staff[3], rehearsal=True).hold_id
    assert stage.row(hold_id).rehearsal
    assert stage.decide(hold_id, staff[1], cap=2_000) is HoldState.APPROVED
    assert stage.reserve(1_999).hold_id == hold_id
    assert stage.reserve(1) is None


def test_it_is_no_rehearsal_any_more_when_the_run_has_begun(stage, staff):
    hold_id = stage.admit(staff[3], rehearsal=True).hold_id
    assert stage.admit(staff[3]).hold_id == hold_id
    assert not stage.row(hold_id).rehearsal
    stage.admit(staff[3], rehearsal=True)
    assert not stage.row(hold_id).rehearsal
