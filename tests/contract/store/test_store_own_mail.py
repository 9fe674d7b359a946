"""Nobody gets round the second person by another login, another notation of the address, or a change of the source."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Source
from mailguard.store.orders import SetRole
from mailguard.store.schema import people, unnoted

UNDECLARED = Source("", "未登録", declared=False)


def refused(call, *facts, **more):
    with pytest.raises(RefusedError) as caught:
        call(*facts, **more)
    return caught.value.code


def becomes(stage, source, *operators):
    stage.store.sources.change(replace(source, operators=tuple(one.id for one in operators)), "test")


def test_who_sent_it_does_not_approve_it_after_a_change_of_the_source(stage, staff):
    tanaka, sato, suzuki, source = staff
    mine = stage.admit(source).hold_id
    becomes(stage, source, suzuki)
    stage.store.people.set_role("tanaka", "approver", "test")
    assert refused(stage.decide, mine, tanaka) == "own_source"
    assert tanaka.id not in {one.id for one in stage.store.holds.deciders(mine)}
    # What comes later was not his; what he sent is, however often the source changes.
    later = stage.admit(source, key=b"other", evidence=(b"other",)).hold_id
    assert stage.store.holds.may_decide(later, tanaka.id) is None
    becomes(stage, source, suzuki, tanaka)
    becomes(stage, source, suzuki)
    assert refused(stage.decide, mine, tanaka) == refused(stage.decide, later, tanaka) == "own_source"
    assert stage.decide(mine, sato) is HoldState.APPROVED


def test_a_change_of_the_source_between_two_approvals_takes_the_first_one_back(stage, staff):
    _, sato, suzuki, source = staff
    kato = stage.person("kato")
    hold_id = stage.admit(UNDECLARED).hold_id
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    becomes(stage, source, sato)
    stage.store.people.disable("sato", "test")
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING
    assert stage.decide(hold_id, kato) is HoldState.APPROVED


def test_whose_role_changes_between_two_approvals_does_not_count(stage, staff):
    _, sato, suzuki, _ = staff
    kato = stage.person("kato")
    hold_id = stage.admit(UNDECLARED).hold_id
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    stage.store.people.set_role("sato", "auditor", "test")
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING
    assert stage.decide(hold_id, kato) is HoldState.APPROVED


def test_later_mail_does_not_pass_under_the_approval_of_who_operated_the_source(stage, staff):
    tanaka, sato, suzuki, source = staff
    hold_id = stage.admit(source).hold_id
    assert stage.decide(hold_id, sato) is HoldState.APPROVED
    assert stage.reserve() is not None
    becomes(stage, source, sato, tanaka)
    assert stage.reserve() is None
    becomes(stage, source, tanaka, suzuki)
    assert stage.reserve() is None


def test_an_operator_with_a_second_login_is_no_second_person(stage, staff):
    _, sato, _, source = staff
    twin = stage.person("tanaka-2", email="Tanaka@EXAMPLE.co.jp")
    hold_id = stage.admit(source).hold_id
    assert refused(stage.decide, hold_id, twin) == "own_source"
    assert [one.login for one in stage.store.holds.deciders(hold_id)] == ["sato", "suzuki"]
    assert stage.decide(hold_id, sato, cap=10) is HoldState.APPROVED


def test_two_logins_of_one_person_are_one_approval(stage, staff):
    _, sato, suzuki, _ = staff
    twin = stage.person("sato-2", email="sato+second@example.co.jp")
    hold_id = stage.admit(UNDECLARED).hold_id
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    assert refused(stage.decide, hold_id, twin) == "already_approved"
    assert stage.decide(hold_id, suzuki) is HoldState.APPROVED


def test_logins_that_were_made_one_person_later_count_once(stage, staff):
    """As where an address was changed between two approvals: also for later mail."""
    _, sato, suzuki, _ = staff
    kato = stage.person("kato")
    hold_id = stage.admit(UNDECLARED).hold_id
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    with stage.store._database.write() as tx:
        key = stage.store.digester.email("sato@example.co.jp")
        tx.execute(update(people).where(people.c.id == suzuki.id).values(mail_key=key))
    assert refused(stage.decide, hold_id, suzuki) == "already_approved"
    assert stage.decide(hold_id, kato) is HoldState.APPROVED


def test_people_without_an_address_are_not_one_person(stage):
    one, other = stage.person("sato", email=""), stage.person("suzuki", email=" ")
    hold_id = stage.admit(UNDECLARED).hold_id
    assert stage.decide(hold_id, one) is HoldState.PENDING
    assert stage.decide(hold_id, other) is HoldState.APPROVED


@pytest.mark.parametrize("sender", ["sato+campaign@example.co.jp", "SATO+@example.co.jp", "ｓａｔｏ@example.co.jp"])
def test_another_notation_of_the_own_address_is_the_own_address(stage, staff, sender):
    _, sato, _, source = staff
    hold_id = stage.admit(source, stage.message(mail_from=sender)).hold_id
    assert refused(stage.decide, hold_id, sato) == "own_address"


def test_two_logins_of_one_person_do_not_end_a_stop(stage, staff):
    _, sato, suzuki, _ = staff
    twin = stage.person("sato-2", email="sato@example.co.jp")
    stop = stage.store.stops.stop_all(sato.id, "wrong file")
    stage.store.stops.ask_end(sato.id, stop.id, "it was right")
    assert refused(stage.store.stops.agree_end, twin.id, stop.id) == "stop_asked"
    assert stage.store.stops.agree_end(suzuki.id, stop.id).ended_by == suzuki.id


def test_two_logins_of_one_person_do_not_let_a_hold_through(stage, staff):
    _, sato, suzuki, source = staff
    twin = stage.person("sato-2", email="sato@example.co.jp")
    hold_id = stage.admit(source).hold_id
    stage.decide(hold_id, sato)
    stage.store.stops.stop_all(sato.id, "wrong file")
    stage.store.let_through.ask(hold_id, sato.id, "an apology")
    assert refused(stage.store.let_through.agree, hold_id, twin.id) == "exception_asked"
    stage.store.let_through.agree(hold_id, suzuki.id)


def test_two_logins_of_one_person_do_not_consent(stage, staff):
    tanaka, _, suzuki, _ = staff
    boss = stage.person("sato-boss", "administrator", email="sato@example.co.jp")
    sato = next(one for one in stage.store.people.all() if one.login == "sato")
    twin = stage.person("tanaka-2", email="tanaka@example.co.jp")
    change = stage.store.changes.submit(boss.id, SetRole(tanaka.id, "approver"))
    assert refused(stage.store.changes.agree, change.id, sato.id) == "own_change"
    assert refused(stage.store.changes.agree, change.id, twin.id) == "about_you"
    assert stage.store.changes.agree(change.id, suzuki.id).state == "agreed"


def test_an_address_with_plus_of_an_older_version_is_known_by_its_mailbox(stage):
    sato = stage.person("sato", email="sato+mg@example.co.jp")
    with stage.store._database.write() as tx:
        old = stage.store.digester.email("sato+mg@example.co.jp")
        tx.execute(update(people).where(people.c.id == sato.id).values(mail_key=old))
        tx.execute(insert(unnoted).values(id=1))  # as the upgrade leaves it
    stage.reopen()
    tanaka = stage.person("tanaka", "operator")
    hold_id = stage.admit(stage.source(tanaka), stage.message(mail_from="sato@example.co.jp")).hold_id
    assert refused(stage.decide, hold_id, sato, Choice.REJECT) == "own_address"


def test_a_wish_of_somebody_who_may_not_any_more_stands_in_nobodys_way(stage, staff):
    _, sato, suzuki, source = staff
    kato = stage.person("kato")
    hold_id = stage.admit(source).hold_id
    stage.decide(hold_id, sato)
    stop = stage.store.stops.stop_all(sato.id, "wrong file")
    stage.store.stops.ask_end(sato.id, stop.id, "it was right")
    stage.store.let_through.ask(hold_id, sato.id, "an apology")
    stage.store.people.set_role("sato", "auditor", "test")
    assert [(one.asked_by, one.asked_at) for one in stage.store.stops.active()] == [("", None)]
    assert stage.store.let_through.of(hold_id) == []
    stage.store.let_through.ask(hold_id, suzuki.id, "an apology")
    stage.store.let_through.agree(hold_id, kato.id)
    stage.store.stops.ask_end(suzuki.id, stop.id, "it was right")
    assert stage.store.stops.active()[0].asked_by == suzuki.id
    assert stage.store.stops.agree_end(kato.id, stop.id).asked_by == suzuki.id
