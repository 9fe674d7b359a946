"""A message that comes after the approval: who sends it, and what was decided since."""

import pytest

from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState


@pytest.fixture
def approved(stage, staff):
    """A hold of one recipient, approved by sato for ten."""
    hold_id = stage.admit(staff[3]).hold_id
    stage.decide(hold_id, staff[1], cap=10)
    return hold_id


BY_SATO = [
    {"mail_from": "SATO@example.co.jp"},
    {"login": "Sato"},
    {"login": "sato@example.co.jp"},
    {"authors": "sato@example.co.jp"},
]


def by(stage, facts):
    """Arguments for reserve, and the same for admit."""
    authors = (stage.store.digester.email(facts["authors"]),) if "authors" in facts else ()
    envelope = {name: value for name, value in facts.items() if name != "authors"}
    return envelope, authors


@pytest.mark.parametrize("facts", BY_SATO)
def test_who_approved_sends_nothing_himself_under_the_approval(stage, staff, approved, facts):
    envelope, authors = by(stage, facts)
    assert stage.reserve(**envelope, authors=authors) is None
    own = stage.admit(staff[3], stage.message(**envelope), authors=authors)
    assert (own.outcome, own.state) == ("opened", HoldState.PENDING)
    assert own.hold_id != approved
    assert stage.store.holds.may_decide(own.hold_id, staff[1].id) is not None
    assert stage.store.releases.open_count() == 1


@pytest.mark.parametrize("facts", [{}, {"mail_from": "suzuki@example.co.jp"}, {"login": "suzuki"}, {"mail_from": ""}])
def test_whoever_else_sends_passes(stage, staff, approved, facts):
    assert stage.reserve(**facts).hold_id == approved
    assert stage.admit(staff[3], stage.message(**facts)).outcome == "waiting"


def test_an_approver_disabled_since_vouches_for_no_more(stage, staff, approved):
    stage.store.people.disable("sato", "test")
    assert stage.reserve() is None
    assert stage.admit(staff[3]).outcome == "opened"


def test_a_system_that_is_not_declared_needs_two_who_did_not_send(stage, staff):
    from mailguard.store.register import UNDECLARED

    _, sato, suzuki, _ = staff
    honda = stage.person("honda")
    hold_id = stage.admit(UNDECLARED).hold_id
    for person in (sato, suzuki):
        stage.decide(hold_id, person)
    assert stage.reserve(source_id="") is not None
    assert stage.reserve(source_id="", login="honda") is not None
    assert stage.reserve(source_id="", login="suzuki") is None
    opened = stage.admit(UNDECLARED, stage.message(login="suzuki")).hold_id
    assert {person.id for person in stage.store.holds.deciders(opened)} == {sato.id, honda.id}


@pytest.mark.parametrize(
    ("choice", "who"), [(Choice.REJECT, 2), (Choice.WITHDRAW, 0), (Choice.RETURN, 2), ("time", 0), (None, 0)]
)
def test_what_happened_to_the_newest_hold_beats_an_older_approval(stage, staff, choice, who):
    ski = staff[3]
    first = stage.admit(ski).hold_id
    stage.decide(first, staff[1], cap=2)
    reservation = stage.reserve()
    second = stage.admit(ski)  # the cap is used up
    assert second.outcome == "opened"
    stage.store.holds.give_back(reservation)  # and now it is not
    if isinstance(choice, Choice):
        stage.decide(second.hold_id, staff[who], choice)
    elif choice:
        stage.clock.now = stage.row(second.hold_id).expires_at
        stage.store.holds.expire_due()
    assert stage.reserve() is None
    late = stage.admit(ski)
    state = stage.row(second.hold_id).state
    pending = state in {HoldState.PENDING, HoldState.RETURNED}
    assert (late.hold_id, late.outcome) == (second.hold_id, "joined" if pending else "closed")
    assert stage.store.holds.get(first).used == 1


@pytest.mark.parametrize(("choice", "who"), [(Choice.REJECT, 2), (Choice.WITHDRAW, 0)])
def test_a_part_rejected_after_the_approval_takes_the_whole_along(stage, staff, choice, who):
    ski = staff[3]
    both = stage.admit(ski, evidence=(b"leaf", b"list"), key=b"both").hold_id
    part = stage.admit(ski, evidence=(b"list",), key=b"part").hold_id
    stage.decide(both, staff[1])
    whole = {"evidence": (b"leaf", b"list"), "key": b"both"}
    assert stage.reserve(**whole) is not None
    stage.decide(part, staff[who], choice)
    assert stage.reserve(**whole) is None
    assert stage.admit(ski, **whole).outcome == "opened"
    assert stage.reserve(evidence=(b"leaf",), key=b"leaf alone").hold_id == both
    assert stage.admit(ski, evidence=(b"list",), key=b"part").outcome == "closed"


def test_an_approval_after_a_rejection_of_a_part_counts(stage, staff):
    ski = staff[3]
    both = stage.admit(ski, evidence=(b"leaf", b"list"), key=b"both").hold_id
    part = stage.admit(ski, evidence=(b"list",), key=b"part").hold_id
    stage.decide(part, staff[2], Choice.REJECT)
    stage.decide(both, staff[1])  # whoever approved the whole knew what he did
    assert stage.reserve(evidence=(b"leaf", b"list"), key=b"both").hold_id == both
    assert stage.reserve(evidence=(b"list",), key=b"part") is None
    assert stage.admit(ski, evidence=(b"leaf", b"list"), key=b"both").outcome == "waiting"


def test_a_rejection_of_another_source_or_subject_takes_nothing_along(stage, staff, approved):
    other = stage.source(staff[0], name="other")
    stage.decide(stage.admit(other).hold_id, staff[2], Choice.REJECT)
    assert stage.reserve().hold_id == approved


def claim(stage, *domains):
    return stage.store.sources.match(login=None, client="192.0.2.1", from_domains=domains)


def test_mail_that_only_claims_to_be_a_source_needs_two_and_none_of_its_operators(stage, staff):
    tanaka, sato, suzuki, _ = staff
    honda = stage.person("honda")
    declared = stage.source(tanaka, sato, name="a", from_domains=("a.example",), networks=("10.0.0.0/8",))
    stage.source(honda, name="b", from_domains=("b.example",))
    both = stage.admit(claim(stage, "a.example", "b.example")).hold_id
    assert stage.row(both).approvals_needed == 2
    assert {person.id for person in stage.store.holds.deciders(both)} == {suzuki.id}
    assert {person.id for person in stage.store.holds.get(both).operators} == {tanaka.id, sato.id, honda.id}
    one = stage.admit(claim(stage, "a.example")).hold_id
    with pytest.raises(RefusedError):
        stage.decide(one, sato)
    assert stage.decide(one, honda) is HoldState.PENDING
    assert stage.decide(one, suzuki) is HoldState.APPROVED
    real = stage.admit(declared).hold_id
    assert real not in {one, both}
    assert stage.row(real).approvals_needed == 1


def test_mail_that_only_claims_to_be_a_source_does_not_pass_under_its_approval(stage, staff):
    stage.source(staff[0], name="a", from_domains=("a.example",), networks=("10.0.0.0/8",))
    declared = stage.store.sources.match(login=None, client="10.0.0.1", from_domains=["a.example"])
    stage.decide(stage.admit(declared).hold_id, staff[1])
    assert stage.reserve(source_id=declared.id) is not None
    assert stage.reserve(source_id=claim(stage, "a.example").id) is None
    assert stage.admit(claim(stage, "a.example")).outcome == "opened"


def test_one_undeclared_message_makes_the_hold_it_joins_undeclared(stage, staff):
    from dataclasses import replace

    _, sato, suzuki, ski = staff
    hold_id = stage.admit(ski).hold_id
    assert stage.admit(replace(ski, declared=False, operators=(sato.id,))).hold_id == hold_id
    assert stage.row(hold_id).approvals_needed == 2
    assert stage.store.holds.may_decide(hold_id, sato.id) == "own_source"
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING
