"""Organisations and deputies: who sees a hold, who decides it, and what is said of one that is hidden."""

from dataclasses import dataclass

import pytest
from stage import Stage

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Source
from mailguard.store.views import Person

TODAY, TOMORROW = "2027-04-28", "2027-04-29"


@dataclass
class Folk:
    tanaka: Person
    sato: Person
    client: Person
    other: Person
    away: Person


@pytest.fixture
def folk(stage: Stage):
    """An operator, an approver of the own company, two of client A (one as ㈱), one of client B."""
    return Folk(
        stage.person("tanaka", "operator"),
        stage.person("sato"),
        stage.person("client", organisation="株式会社 Ａ商会"),
        stage.person("other", organisation="B商会"),
        stage.person("away", organisation="㈱A商会"),
    )


@pytest.fixture
def hold(stage, folk):
    """Held of client A's source."""
    return stage.admit(stage.source(folk.tanaka, organisation="㈱ａ商会", logins=("bulk",))).hold_id


def seen(stage, person):
    return [row.id for row in stage.store.holds.recent(viewer=person.id)]


def test_who_sees_a_hold_is_a_matter_of_organisation_and_of_operating(stage, folk, hold):
    strange = stage.person("yamada", "operator")
    roles = [stage.person(role, role) for role in ("auditor", "administrator")]
    for person in (folk.tanaka, folk.sato, folk.client, folk.away, *roles):
        assert seen(stage, person) == [hold]
        assert stage.store.holds.get(hold, person.id).row.id == hold
    for person in (folk.other, strange, stage.person("audit", "auditor", organisation="B商会")):
        assert seen(stage, person) == []
        holds, releases = stage.store.holds, stage.store.releases
        for look in (holds.get, holds.may_decide, releases.may_stop):
            with pytest.raises(NotFoundError):
                look(hold, person.id)
        with pytest.raises(NotFoundError):
            holds.recipients(hold, viewer=person.id)
        with pytest.raises(NotFoundError):
            stage.store.dossiers.take([hold], person.id)
    assert "hold.exported" not in stage.actions(hold)


def test_only_approvers_of_the_organisation_and_of_the_own_company_decide(stage, folk, hold):
    for choice in (Choice.APPROVE, Choice.REJECT, Choice.WITHDRAW):
        with pytest.raises(NotFoundError):
            stage.decide(hold, folk.other, choice)
    assert stage.actions(hold)[:3] == ["hold.refused"] * 3
    assert stage.row(hold).state is HoldState.PENDING
    assert {person.id for person in stage.store.holds.deciders(hold)} == {folk.sato.id, folk.client.id, folk.away.id}
    assert stage.heard("opened") == ["away", "client", "sato", "tanaka"]
    assert stage.decide(hold, folk.client) is HoldState.APPROVED
    assert "other" not in stage.heard("approved")


def test_mail_that_only_claims_a_source_is_seen_by_its_operators_and_by_no_client(stage, folk):
    claim = Source("from:ski", "未登録", (folk.tanaka.id,), declared=False)
    hold = stage.admit(claim).hold_id
    assert seen(stage, folk.tanaka) == seen(stage, folk.sato) == [hold]
    assert seen(stage, folk.client) == []
    assert seen(stage, stage.person("yamada", "operator")) == []


def test_counts_leave_out_what_is_hidden(stage, folk, hold):
    stage.decide(hold, folk.sato)
    count = stage.store.releases.open_count
    assert (count(), count(folk.client.id), count(folk.other.id)) == (1, 1, 0)


def test_an_approval_no_longer_vouches_when_the_source_goes_to_another_organisation(stage, folk, hold):
    stage.decide(hold, folk.client)
    assert stage.reserve() is not None
    stage.store.sources.change(Source("ski", "x", (folk.tanaka.id,), organisation="B商会", logins=("bulk",)), "test")
    assert stage.reserve() is None


def test_a_removed_source_recognises_nothing_and_its_holds_stay_its_clients(stage, folk, hold):
    stage.store.sources.remove("ski", "test")
    assert stage.store.sources.match(login="bulk", client="", from_domains=[]).id == ""
    assert seen(stage, folk.client) == [hold]
    assert seen(stage, folk.other) == []
    assert stage.store.holds.may_decide(hold, folk.tanaka.id) == "not_approver"
    with pytest.raises(ConflictError):
        stage.source(folk.tanaka, organisation="B商会")
    with pytest.raises(NotFoundError):
        stage.store.sources.remove("ski", "test")
    assert stage.source(folk.tanaka, name="b", logins=("bulk",)).id == "b"


def test_keys_that_an_older_version_did_not_write_are_filled_in(stage, folk, hold):
    with stage.store._database.write() as tx:
        for table in ("people", "sources"):
            tx.exec_driver_sql(f"UPDATE {table} SET organisation_key = NULL")
    assert seen(stage, folk.client) == seen(stage, folk.sato) == []
    stage.reopen()
    assert seen(stage, folk.client) == seen(stage, folk.sato) == [hold]


def deputise(stage, absent, deputy, first=TODAY, last=TODAY):
    return stage.store.deputies.add(absent.id, deputy.id, first, last, "test")


def test_a_deputy_sees_and_decides_within_the_days_and_it_is_recorded(stage, folk, hold):
    admin = stage.person("kanri", "administrator", organisation="B商会")
    assert seen(stage, admin) == []
    deputise(stage, folk.away, admin, TOMORROW, TOMORROW)
    assert seen(stage, admin) == []
    stage.clock.forward(hours=15)
    assert seen(stage, admin) == [hold]
    assert admin.id in {person.id for person in stage.store.holds.deciders(hold)}
    assert stage.decide(hold, admin) is HoldState.APPROVED
    (decided,) = stage.store.holds.get(hold).decisions
    assert (decided.person_id, decided.acting_for) == (admin.id, folk.away.id)
    assert decided.who == "away Yamada(代 kanri Yamada)"
    row = next(row for row in stage.store.audit.rows(50, 0, hold) if row.action == "hold.approved")
    assert (row.actor, row.acting_for) == (admin.id, folk.away.id)
    told = [line for line in stage.store.dossiers.take([hold], "cli") if line.who == decided.who]
    assert {line.section for line in told} == {"判断", "記録"}
    assert stage.reserve() is not None  # the approval vouches for later mail, though he is no approver himself
    stage.clock.forward(days=1)
    assert seen(stage, admin) == []


def test_a_deputy_never_decides_what_either_of_them_sent(stage, folk, hold):
    deputise(stage, folk.away, folk.tanaka)
    assert stage.store.holds.may_decide(hold, folk.tanaka.id) == "not_approver"  # he operates the source
    kanri = stage.person("kanri", "administrator")
    deputise(stage, folk.away, kanri)
    assert stage.store.holds.may_decide(hold, kanri.id) is None
    stage.admit(stage.store.sources.all()[0], stage.message(mail_from="kanri@example.co.jp"))
    assert stage.store.holds.may_decide(hold, kanri.id) == "not_approver"
    stage.admit(stage.store.sources.all()[0], stage.message(mail_from="away@example.co.jp"))
    helper = stage.person("helper", "administrator")
    deputise(stage, folk.away, helper)
    assert stage.store.holds.may_decide(hold, helper.id) == "not_approver"


def test_one_authority_is_one_approval(stage, folk):
    hold = stage.admit(Source("", "x", declared=False)).hold_id
    kanri, suzuki = stage.person("kanri", "administrator"), stage.person("suzuki")
    deputise(stage, folk.sato, kanri)
    assert stage.decide(hold, kanri) is HoldState.PENDING
    for person in (folk.sato, kanri):
        with pytest.raises(RefusedError) as refused:
            stage.decide(hold, person)
        assert refused.value.code == "already_approved"
    assert stage.decide(hold, suzuki) is HoldState.APPROVED


def test_a_deputy_that_is_called_off_or_whose_approver_is_disabled_decides_nothing(stage, folk, hold):
    kanri = stage.person("kanri", "administrator")
    made = deputise(stage, folk.sato, kanri)
    stage.store.people.disable("sato", "test")
    assert stage.store.holds.may_decide(hold, kanri.id) == "not_approver"
    stage.store.people.enable("sato", "test")
    assert stage.store.holds.may_decide(hold, kanri.id) is None
    stage.store.deputies.end(made.id, "test")
    assert stage.store.holds.may_decide(hold, kanri.id) == "not_approver"
    assert stage.store.deputies.current() == []
    with pytest.raises(NotFoundError):
        stage.store.deputies.end(made.id, "test")


@pytest.mark.parametrize(
    ("absent", "deputy", "first", "last", "code"),
    [
        ("sato", "sato", TODAY, TODAY, "deputy_self"),
        ("tanaka", "sato", TODAY, TODAY, "deputy_role"),
        ("sato", "audit", TODAY, TODAY, "deputy_role"),
        ("sato", "tanaka", TOMORROW, TODAY, "deputy_days"),
        ("sato", "tanaka", "2027-04-01", "2027-04-27", "deputy_days"),
        ("sato", "tanaka", "28.4.2027", TODAY, "deputy_days"),
        ("client", "sato", TODAY, TOMORROW, "deputy_chain"),
        ("other", "sato", TOMORROW, "2027-05-30", "deputy_chain"),
        ("away", "client", TODAY, TODAY, "deputy_twice"),
    ],
)
def test_a_deputy_that_cannot_be_is_refused(stage, folk, absent, deputy, first, last, code):
    known = {**vars(folk), "audit": stage.person("audit", "auditor")}
    # sato is away tomorrow, and client is a deputy today
    deputise(stage, folk.sato, folk.tanaka, TOMORROW, TOMORROW)
    deputise(stage, folk.away, folk.client)
    with pytest.raises(RefusedError) as refused:
        deputise(stage, known[absent], known[deputy], first, last)
    assert refused.value.code == code
