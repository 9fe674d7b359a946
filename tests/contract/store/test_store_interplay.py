"""What features of the double-check must not do to each other: caps, dates and second persons across several of them."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from stage import inspection

from mailguard.errors import ConflictError, RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Action, Source, Verdict
from mailguard.routes import Route, Routes, Ruling, Then, When
from mailguard.store.requests import Filing
from mailguard.store.saying import Said

UNKNOWN = Source("claim:x", "x", declared=False)


def together(stage, person, *, cap=None, reason="looked at it", code="", campaign=None):
    campaign = campaign or stage.store.campaigns.recent()[0].id
    token = stage.store.campaigns.snapshot(campaign, person.id).token
    return stage.store.campaigns.decide(
        campaign, snapshot=token, choice=Choice.APPROVE, person_id=person.id, reason=reason, cap=cap, said=Said(code)
    )


def file(stage, person, begins, hours=8, key=b"key", mailing=b"mailing", evidence=(b"leaf",)):
    start = stage.clock() + timedelta(hours=begins)
    request = stage.store.requests.file(
        person.id, Filing("ski", "冬の案内", 20, start, start + timedelta(hours=hours), b"sample")
    )
    assert stage.store.requests.next().id == request
    verdict = Verdict(Action.HOLD, ("attachment",), evidence)
    return stage.store.requests.settle(request, inspection(evidence=evidence), verdict, key, mailing)


def room(stage, leaf):
    """How many more recipients pass for one file."""
    total = 0
    while stage.reserve(1, evidence=(leaf,), source_id=UNKNOWN.id):
        total += 1
    return total


def test_a_cap_that_holds_share_is_not_given_to_each_of_them(stage, staff):
    """sato agrees to 5 for both, suzuki to 5 for each."""
    ids = [stage.admit(UNKNOWN, key=leaf, evidence=(leaf,)).hold_id for leaf in (b"a", b"b")]
    together(stage, staff[1], cap=5)
    for hold_id in ids:
        stage.decide(hold_id, staff[2], cap=5)
    assert 2 + room(stage, b"a") + room(stage, b"b") <= 5


def test_more_than_an_approver_gave_to_all_of_them_is_refused(stage, staff):
    two = ("taro@example.jp", "jiro@example.jp")
    for leaf in (b"a", b"b"):
        stage.admit(UNKNOWN, stage.message(to=two), key=leaf, evidence=(leaf,))
    together(stage, staff[1], cap=5)
    for leaf in (b"a", b"b"):  # each still fits into 5, both do not
        stage.admit(UNKNOWN, stage.message(to=("saburo@example.jp",)), key=leaf, evidence=(leaf,))
    with pytest.raises(RefusedError) as refused:
        together(stage, staff[2], cap=10)
    assert refused.value.code == "cap_too_low"


def test_what_was_not_sent_goes_back_to_every_cap(stage, staff):
    for leaf in (b"a", b"b"):
        stage.admit(UNKNOWN, key=leaf, evidence=(leaf,))
    together(stage, staff[1], cap=4)
    assert together(stage, staff[2], cap=9).cap == 4
    taken = stage.reserve(2, evidence=(b"a",), source_id=UNKNOWN.id)
    assert room(stage, b"b") == 0
    stage.store.holds.give_back(taken)
    assert room(stage, b"b") == 2


def test_caps_of_several_decisions_add_up_to_no_more_than_the_last_one(stage, staff):
    ten = tuple(f"taro{n}@example.jp" for n in range(10))
    for leaf in (b"a", b"b"):
        stage.admit(UNKNOWN, stage.message(to=ten), key=leaf, evidence=(leaf,))
    together(stage, staff[1], cap=25)
    stage.admit(UNKNOWN, stage.message(to=ten), key=b"c", evidence=(b"c",))
    together(stage, staff[1], cap=25)
    together(stage, staff[2], cap=40)
    assert 30 + sum(room(stage, leaf) for leaf in (b"a", b"b", b"c")) <= 40


def test_the_same_sample_filed_twice_is_two_requests(stage, staff):
    first = file(stage, staff[0], 1)
    second = file(stage, staff[0], 30)
    assert first != second
    stage.decide(first, staff[1], Choice.RETURN)
    stage.store.holds.decide(
        first, revision=stage.row(first).revision, choice=Choice.ANSWER, person_id=staff[0].id, reason="so"
    )
    assert stage.row(first).state is HoldState.PENDING


def test_mail_that_waits_already_and_a_request_of_the_same(stage, staff):
    held = stage.admit(staff[3], key=b"key", evidence=(b"leaf",)).hold_id
    assert file(stage, staff[0], 1) != held


def test_mail_that_joins_a_request_does_not_go_before_its_time(stage, staff):
    filed = file(stage, staff[0], 5)
    stage.admit(staff[3], key=b"key", evidence=(b"leaf",))
    assert stage.row(filed).messages == 1
    stage.decide(filed, staff[1])
    assert stage.store.releases.claim(lease_seconds=60) is None
    stage.clock.forward(hours=5)
    assert stage.store.releases.claim(lease_seconds=60)


def test_each_request_keeps_its_own_dates_when_decided_together(stage, staff):
    soon, later = file(stage, staff[0], 1, key=b"1", mailing=b"x"), file(stage, staff[0], 100, key=b"2", mailing=b"y")
    with pytest.raises(ConflictError):
        together(stage, staff[1], cap=20)
    held = stage.admit(staff[3], key=b"3").hold_id
    assert together(stage, staff[1], cap=20).states == {HoldState.APPROVED: 1}
    assert [stage.row(hold_id).state for hold_id in (held, soon, later)] == [
        HoldState.APPROVED, HoldState.PENDING, HoldState.PENDING,
    ]  # fmt: skip


def test_many_persons_need_words_though_each_hold_has_few(stage, staff):
    for number in range(3):
        stage.admit(staff[3], key=b"%d" % number, evidence=(b"%d" % number,), persons=60)
    with pytest.raises(RefusedError) as refused:
        together(stage, staff[1], reason="", code="own_data")
    assert refused.value.code == "explain"


def test_an_approved_request_can_be_taken_back(stage, staff):
    filed = file(stage, staff[0], 0)
    stage.decide(filed, staff[1], cap=20)
    state = stage.store.releases.decide_rest(
        filed, revision=stage.row(filed).revision, choice=Choice.STOP_REST, person_id=staff[0].id, reason="wrong file"
    )
    assert state is HoldState.WITHDRAWN
    assert stage.reserve(evidence=(b"mailing", b"leaf")) is None


def test_a_mailing_decided_hold_by_hold_needs_what_the_whole_of_it_needs(stage, staff):
    ruling = Ruling(Routes((Route("many", Then(approvals=2), When(persons=100)),)))
    ids = []
    for leaf in (b"a", b"b", b"c"):
        arrival = replace(stage.arrival(staff[3], key=leaf, evidence=(leaf,), persons=40), ruling=ruling)
        ids.append(stage.store.holds.admit(arrival).hold_id)
    assert [stage.decide(hold_id, staff[1]) for hold_id in ids[:2]] == [HoldState.APPROVED] * 2
    assert stage.decide(ids[2], staff[1]) is HoldState.PENDING  # the 120th person
    assert stage.store.holds.get(ids[2]).routed.missing.approvals == 1
    assert stage.decide(ids[2], staff[2]) is HoldState.APPROVED


def test_a_request_for_the_end_of_the_calendar_is_refused(stage, staff):
    zone = timezone(timedelta(hours=-23))
    begins, ends = datetime(9999, 12, 31, 1, tzinfo=zone), datetime(9999, 12, 31, 23, tzinfo=zone)
    with pytest.raises(RefusedError) as refused:
        stage.store.requests.file(staff[0].id, Filing("ski", "冬の案内", 20, begins, ends, b"sample"))
    assert refused.value.code == "request_dates"
