"""Published contacts: asked by one, agreed by another, for some days."""

import dataclasses

import pytest

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.model import Finding, Inspection, Kind
from mailguard.store.public_contacts import ContactState

PHONE, OTHER = b"p" * 16, b"q" * 16
FOUND = Inspection(
    findings=(
        Finding("name", Kind.NAME, ("a.csv",), "1", 1, 1, ("山〇",), digests=(b"n" * 16,), key=b"leaf"),
        Finding("phone", Kind.PHONE, ("a.csv",), "2", 2, 2, ("03-****-**00", "03-****-**11"), (PHONE, OTHER), key=b"leaf"),
        Finding("email", Kind.EMAIL, ("a.csv",), "3", 90, 90, ("a***@e***.jp",), key=b"leaf"),
    ),
    persons=3,
    subject_key=b"subject",
)  # fmt: skip


@pytest.fixture
def hold(stage, staff):
    arrival = dataclasses.replace(stage.arrival(staff[3]), inspection=FOUND)
    return stage.store.holds.admit(arrival).hold_id


def ask(stage, hold_id, person, ref="1.0", revision=1, reason="on our web site"):
    return stage.store.public_contacts.ask(hold_id, ref, person.id, revision=revision, reason=reason)


def refused(call, *arguments, **more):
    with pytest.raises(RefusedError) as error:
        call(*arguments, **more)
    return error.value.code


def test_only_single_contacts_that_are_shown_are_offered(stage, hold):
    offers = stage.store.public_contacts.offers(hold)
    assert [(one.ref, one.kind, one.shown) for one in offers] == [
        ("1.0", Kind.PHONE, "03-****-**00"), ("1.1", Kind.PHONE, "03-****-**11")
    ]  # fmt: skip


def test_a_contact_counts_when_a_second_person_agreed_and_ends_by_itself(stage, staff, hold):
    contacts = stage.store.public_contacts
    assert contacts.latest() == frozenset()
    assert contacts.latest.fresh() == frozenset(), "an empty list is an answer"
    entry = ask(stage, hold, staff[0])
    assert contacts.latest() == frozenset()
    until = contacts.agree(entry, staff[1].id)
    assert contacts.latest() == {PHONE}
    assert contacts.latest() is contacts.latest()
    (one,) = contacts.all()
    assert (one.state, one.shown, one.until, one.asked_name, one.agreed_name) == (
        ContactState.ALLOWED, "03-****-**00", until, "tanaka Yamada", "sato Yamada"
    )  # fmt: skip
    assert (until - stage.clock()).days == 90
    assert stage.actions(entry) == ["contact.agreed", "contact.asked"]
    assert stage.heard("contact_asked") == ["sato", "suzuki", "tanaka"]
    stage.clock.forward(days=90)
    assert contacts.latest() == frozenset()
    assert contacts.all()[0].state is ContactState.OVER


def test_it_can_be_ended_earlier_and_taken_back(stage, staff, hold):
    contacts = stage.store.public_contacts
    entry = ask(stage, hold, staff[0])
    contacts.agree(entry, staff[1].id)
    assert refused(contacts.end, entry, stage.person("kansa", "auditor").id) == "contact_end"
    contacts.end(entry, staff[2].id)
    contacts.end(entry, staff[2].id)
    assert contacts.latest() == frozenset()
    assert stage.actions(entry) == ["contact.ended", "contact.agreed", "contact.asked"]
    waiting = ask(stage, hold, staff[1])
    contacts.end(waiting, staff[1].id)
    assert refused(contacts.agree, waiting, staff[2].id) == "contact_over"
    with pytest.raises(NotFoundError):
        contacts.end("C-none", staff[1].id)


def test_nobody_agrees_with_himself_and_no_operator_agrees(stage, staff, hold):
    contacts = stage.store.public_contacts
    assert refused(contacts.agree, ask(stage, hold, staff[1]), staff[1].id) == "contact_own"
    assert refused(contacts.agree, ask(stage, hold, staff[1]), staff[0].id) == "not_approver"
    both = stage.person("both")
    source = stage.source(both, name="other")
    other = stage.store.holds.admit(dataclasses.replace(stage.arrival(source), inspection=FOUND)).hold_id
    entry = ask(stage, other, staff[1], ref="1.1")
    assert refused(contacts.agree, entry, both.id) == "own_source"
    contacts.agree(entry, staff[2].id)
    assert contacts.latest() == {OTHER}


@pytest.mark.parametrize(
    ("who", "wish", "code"),
    [
        ("auditor", {}, "contact_asker"),
        (0, {"reason": " "}, "contact_reason"),
        (0, {"ref": "0.0"}, "contact_unknown"),
        (0, {"ref": "2.0"}, "contact_unknown"),
        (0, {"ref": ""}, "contact_unknown"),
    ],
)
def test_what_cannot_be_asked_for(stage, staff, hold, who, wish, code):
    person = stage.person("x", who) if isinstance(who, str) else staff[who]
    assert refused(ask, stage, hold, person, **wish) == code
    assert stage.store.public_contacts.all() == []


def test_what_was_looked_at_is_what_is_asked_for(stage, staff, hold):
    with pytest.raises(ConflictError):
        ask(stage, hold, staff[0], revision=2)
    assert ask(stage, hold, staff[0]) == ask(stage, hold, staff[1]), "asked for once"


def test_another_process_hears_of_it_within_a_second(stage, staff, hold):
    contacts = stage.store.public_contacts
    entry = ask(stage, hold, staff[0])
    stage.reopen()
    assert stage.store.public_contacts.latest() == frozenset()
    contacts = stage.store.public_contacts
    contacts.latest.seconds = -1.0
    contacts.agree(entry, staff[1].id)
    assert contacts.latest.fresh() is None
    assert contacts.latest() == {PHONE}


def test_no_clear_reason_is_in_the_database(stage, staff, hold):
    entry = ask(stage, hold, staff[0], reason="see www.example.co.jp/contact")
    if stage.url.startswith("sqlite"):
        (row,) = stage.raw().execute("SELECT reason FROM public_contacts").fetchall()
        assert b"www.example" not in row[0]
    assert stage.store.public_contacts.all()[0].reason == "see www.example.co.jp/contact"
    assert stage.store.public_contacts.all(hold)[0].id == entry
