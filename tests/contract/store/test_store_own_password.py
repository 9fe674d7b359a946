"""Passwords of people: chosen by themselves, or given by somebody else with a second person's consent."""

import json

import pytest
from stage import PASSWORD

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.store import orders
from mailguard.store.passwords import hashed

HERE = "192.0.2.1"
GIVEN, OWN = "made at the machine", "chosen by the person"


@pytest.fixture
def folk(stage):
    return [stage.person(login, password=PASSWORD) for login in ("sato", "suzuki", "kato")]


def give(stage, person, actor="cli"):
    return stage.store.changes.submit(actor, orders.GivePassword(person.id, hashed(GIVEN)))


def logs_in(stage, login, password):
    return stage.store.people.authenticate(login, password, HERE) is not None


def test_a_password_from_the_machine_counts_only_with_the_consent_of_a_second_person(stage, folk):
    sato, suzuki, kato = folk
    token = stage.store.sessions.create(suzuki.id, 1)
    change = give(stage, suzuki)
    assert [(fact.name, fact.after) for fact in change.facts] == [("person", "suzuki Yamada"), ("password", "given")]
    assert not logs_in(stage, "suzuki", GIVEN)
    assert stage.store.sessions.get(token) is not None
    with pytest.raises(RefusedError) as refused:
        stage.store.changes.agree(change.id, suzuki.id)
    assert refused.value.code == "about_you"
    stage.store.changes.agree(change.id, kato.id)
    assert stage.store.sessions.get(token) is None
    assert not logs_in(stage, "suzuki", PASSWORD)
    assert stage.store.people.authenticate("suzuki", GIVEN, HERE).given
    row = next(row for row in stage.store.audit.rows(20, 0, suzuki.id) if row.action == "person.password")
    assert (row.actor, json.loads(row.detail)["given"]) == ("cli", True)
    assert stage.store.audit.verify() is None
    assert not stage.store.people.get(sato.id).given


def test_the_person_and_all_approvers_are_told(stage, folk):
    operator = stage.person("tanaka", "operator", PASSWORD)
    change = give(stage, operator)
    assert stage.heard("change_asked") == ["kato", "sato", "suzuki"]
    assert stage.heard("password_asked") == ["tanaka"]
    stage.store.changes.agree(change.id, folk[0].id)
    assert stage.heard("password_given") == ["tanaka"]


def test_nobody_asks_for_the_password_of_others_but_the_machine(stage, folk):
    kanri = stage.person("kanri", "administrator")
    for person in (kanri, folk[0]):
        with pytest.raises(RefusedError) as refused:
            give(stage, folk[1], person.id)
        assert refused.value.code == "not_asker"
    with pytest.raises(NotFoundError):
        stage.store.changes.submit("cli", orders.GivePassword("P-nobody", hashed(GIVEN)))
    give(stage, folk[1])
    with pytest.raises(ConflictError):
        give(stage, folk[1])


def test_a_refused_or_late_password_never_counts(stage, folk):
    change = give(stage, folk[1])
    stage.store.changes.refuse(change.id, folk[0].id)
    give(stage, folk[1])
    stage.clock.forward(days=7)
    assert stage.store.changes.expire_due() == 1
    assert not logs_in(stage, "suzuki", GIVEN)
    assert logs_in(stage, "suzuki", PASSWORD)


def test_while_there_are_fewer_than_two_approvers_it_counts_at_once_and_the_person_hears(stage):
    sato = stage.person("sato", password=PASSWORD)
    assert give(stage, sato) is None
    assert stage.store.people.authenticate("sato", GIVEN, HERE).given
    assert stage.heard("password_given") == ["sato"]


def test_a_new_person_has_a_given_password(stage):
    facts = {"name": "x", "email": "", "organisation": "", "language": "ja", "role": "approver"}
    stage.store.changes.submit("cli", orders.AddPerson("P-new", "new", secret=hashed(GIVEN), **facts))
    assert stage.store.people.get("P-new").given
    stage.store.people.choose_password("P-new", GIVEN, OWN, HERE)
    assert not stage.store.people.get("P-new").given


def test_an_own_password_needs_the_old_one_and_no_consent(stage, folk):
    sato = folk[0]
    tokens = [stage.store.sessions.create(sato.id, 1) for _ in range(2)]
    for old, new, code in (
        ("wrong", OWN, "password_wrong"),
        (PASSWORD, "short", "password_short"),
        (PASSWORD, PASSWORD, "password_same"),
    ):
        with pytest.raises(RefusedError) as refused:
            stage.store.people.choose_password(sato.id, old, new, HERE)
        assert refused.value.code == code
    assert stage.store.sessions.get(tokens[0]) is not None
    stage.store.people.choose_password(sato.id, PASSWORD, OWN, HERE)
    assert [stage.store.sessions.get(token) for token in tokens] == [None, None]
    assert logs_in(stage, "sato", OWN)
    row = next(row for row in stage.store.audit.rows(20, 0, sato.id) if row.action == "person.password")
    assert (row.actor, list(json.loads(row.detail))) == (sato.id, ["rows"])


def test_guessing_the_old_password_is_throttled(stage, folk):
    for code in ["password_wrong"] * 5 + ["throttled"]:
        with pytest.raises(RefusedError) as refused:
            stage.store.people.choose_password(folk[0].id, "guess", OWN, HERE)
        assert refused.value.code == code
    with pytest.raises(RefusedError):
        stage.store.people.authenticate("sato", PASSWORD, HERE)
