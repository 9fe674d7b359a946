"""Changes that take effect only with a second person's consent, once there are two approvers."""

import pytest
from stage import PASSWORD

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.model import Source, SourceMode
from mailguard.store import orders
from mailguard.store.passwords import hashed


def add(login="new", role="approver", **facts):
    made = {"name": f"{login} Yamada", "email": f"{login}@example.co.jp", "organisation": "", "language": "ja"}
    return orders.AddPerson(f"P-{login}", login, role=role, secret=None, **{**made, **facts})


@pytest.fixture
def folk(stage):
    """Two approvers and an administrator, of the own company; an approver of a client."""
    sato, suzuki = stage.person("sato"), stage.person("suzuki")
    return sato, suzuki, stage.person("kanri", "administrator"), stage.person("client", organisation="A商会")


def code_of(call, *arguments):
    with pytest.raises(RefusedError) as refused:
        call(*arguments)
    return refused.value.code


def test_while_there_are_fewer_than_two_approvers_a_change_takes_effect_at_once(stage):
    submit = stage.store.changes.submit
    assert submit("cli", add("sato")) is None
    assert submit("cli", add("suzuki")) is None
    assert submit("cli", add("tanaka", "operator")) is not None
    assert {person.login for person in stage.store.people.all()} == {"sato", "suzuki"}
    stage.store.people.disable("sato", "test")
    assert submit("cli", add("kato")) is None  # one enabled approver again


def test_a_change_waits_and_is_applied_with_the_consent_of_a_second_person(stage, folk):
    sato, suzuki, kanri, client = folk
    change = stage.store.changes.submit(kanri.id, add("new", "operator"))
    assert stage.store.people.by_login("new") is None
    assert (change.state, change.asked_by) == ("waiting", kanri.id)
    assert {fact.name: fact.after for fact in change.facts}["email"] == "n***@e***.jp"
    assert stage.heard("change_asked") == ["kanri", "sato", "suzuki"]
    for person in (kanri, client, stage.person("tanaka", "operator")):
        assert stage.store.changes.barred(change.id, person.id) == "not_consenter"
        assert code_of(stage.store.changes.agree, change.id, person.id) == "not_consenter"
    assert stage.store.changes.barred(change.id, sato.id) is None
    assert stage.store.changes.agree(change.id, sato.id).state == "agreed"
    assert stage.store.people.by_login("new").role == "operator"
    assert stage.actions(change.id) == ["change.agreed", "change.asked"]
    (row,) = stage.store.audit.rows(50, 0, "P-new")
    assert (row.action, row.actor) == ("person.added", kanri.id)
    with pytest.raises(ConflictError):
        stage.store.changes.agree(change.id, suzuki.id)
    with pytest.raises(ConflictError):
        stage.store.changes.refuse(change.id, suzuki.id)
    assert stage.heard("change_agreed") == ["kanri", "sato", "suzuki"]
    assert stage.store.audit.verify() is None


def test_nobody_consents_to_what_they_asked_for_or_to_what_concerns_them(stage, folk):
    sato, suzuki, kanri, _ = folk
    changes, deputies = stage.store.changes, stage.store.deputies
    change = changes.submit(sato.id, orders.AddDeputy(sato.id, kanri.id, "2027-04-28", "2027-05-07"))
    assert code_of(changes.agree, change.id, sato.id) == "own_change"
    assert changes.agree(change.id, suzuki.id).state == "agreed"
    assert [one.deputy_id for one in deputies.current()] == [kanri.id]
    # A deputy has no say in changes: the right that is lent is that to decide holds.
    change = changes.submit("cli", orders.SetRole(suzuki.id, "administrator"))
    assert code_of(changes.agree, change.id, kanri.id) == "not_consenter"
    assert code_of(changes.agree, change.id, suzuki.id) == "about_you"
    changes.agree(change.id, sato.id)
    assert stage.store.people.get(suzuki.id).role == "administrator"


def test_a_source_is_changed_without_the_consent_of_its_operators(stage, folk):
    sato, suzuki, *_ = folk
    stage.source(sato, logins=("bulk",))
    changes, sources = stage.store.changes, stage.store.sources
    without = Source("ski", "スキー", (), SourceMode.MONITOR, "A商会", ("bulk",))
    change = changes.submit("cli", orders.ChangeSource.of(without))
    facts = {fact.name: (fact.before, fact.after) for fact in change.facts}
    assert facts["mode"] == ("findings", "monitor")
    assert facts["operators"] == ("sato Yamada", "")
    assert sources.all()[0].operators == (sato.id,)
    assert code_of(changes.agree, change.id, sato.id) == "about_you"
    changes.agree(change.id, suzuki.id)
    assert sources.all() == [without]
    change = changes.submit("cli", orders.RemoveSource("ski"))
    assert sources.match(login="bulk", client="", from_domains=[]) == without
    changes.agree(change.id, suzuki.id)
    assert sources.all() == []


def test_what_is_refused_or_expired_is_never_applied(stage, folk):
    sato, suzuki, kanri, _ = folk
    changes = stage.store.changes
    refused = changes.submit(kanri.id, orders.DisablePerson(sato.id))
    assert changes.refuse(refused.id, suzuki.id).state == "refused"
    taken_back = changes.submit(kanri.id, orders.DisablePerson(sato.id))
    assert changes.refuse(taken_back.id, kanri.id).state == "refused"
    late = changes.submit(kanri.id, orders.DisablePerson(sato.id))
    stage.clock.forward(days=6, hours=23)
    assert changes.expire_due() == 0
    stage.clock.forward(hours=1)
    assert code_of(changes.agree, late.id, suzuki.id) == "change_expired"
    assert changes.expire_due() == 1
    assert changes.expire_due() == 0
    for change in (refused, taken_back, late):
        with pytest.raises(ConflictError):
            changes.agree(change.id, suzuki.id)
    assert stage.store.people.get(sato.id).enabled
    assert stage.actions(late.id) == ["change.expired", "change.asked"]
    assert stage.heard("change_expired") == ["kanri", "sato", "suzuki"]


def test_what_cannot_be_done_is_said_when_it_is_asked_for_and_changes_nothing(stage, folk):
    changes = stage.store.changes
    before = stage.store.audit.head()
    with pytest.raises(ConflictError):
        changes.submit("cli", add("sato"))
    assert code_of(changes.submit, "cli", orders.SetRole(folk[0].id, "root")) == "bad_role"
    with pytest.raises(NotFoundError):
        changes.submit("cli", orders.DisablePerson("P-nobody"))
    with pytest.raises(NotFoundError):
        changes.submit("cli", orders.RemoveSource("none"))
    assert changes.all() == []
    assert stage.store.audit.head() == before
    change = changes.submit("cli", add("new"))
    with pytest.raises(ConflictError):
        changes.submit("cli", orders.AddPerson(**{**vars_of(add("new")), "name": "x"}))
    assert [one.id for one in changes.all()] == [change.id]


def vars_of(order):
    return {name: getattr(order, name) for name in order.__struct_fields__}


def test_what_was_possible_and_is_not_any_more_stays_waiting(stage, folk):
    sato = folk[0]
    change = stage.store.changes.submit("cli", add("new"))
    stage.person("new")
    with pytest.raises(ConflictError):
        stage.store.changes.agree(change.id, sato.id)
    assert stage.store.changes.get(change.id).state == "waiting"


@pytest.mark.parametrize(
    ("asker", "order", "code"),
    [
        (0, lambda folk: add(), "not_asker"),
        (3, lambda folk: add(), "not_asker"),
        (0, lambda folk: orders.AddDeputy(folk[1].id, folk[0].id, "2027-05-01", "2027-05-01"), "not_asker"),
        (2, lambda folk: orders.TakeSettings("{}"), "not_asker"),
        (3, lambda folk: orders.RemoveStopEntry("L-1"), "not_stop_list_remove"),
    ],
)
def test_only_who_may_asks(stage, folk, asker, order, code):
    assert code_of(stage.store.changes.submit, folk[asker].id, order(folk)) == code


def test_changes_are_read_in_the_own_company(stage, folk):
    changes = stage.store.changes
    changes.submit("cli", add())
    for person in (*folk[:3], stage.person("kansa", "auditor")):
        assert len(changes.all(person.id)) == 1
    for person in (folk[3], stage.person("tanaka", "operator")):
        assert code_of(changes.all, person.id) == "not_changes"


def test_a_password_is_kept_as_a_hash_until_the_change_is_decided(stage, folk):
    order = orders.AddPerson(**{**vars_of(add("new", "operator")), "secret": hashed(PASSWORD)})
    change = stage.store.changes.submit("cli", order)
    assert stage.store.changes.agree(change.id, folk[0].id).state == "agreed"
    assert stage.store.people.authenticate("new", PASSWORD, "192.0.2.1") is not None
    with stage.store._database.read() as tx:
        sealed = stage.store.changes._open(stage.store.changes._row(tx, change.id))
    assert sealed.order is None


def test_an_entry_goes_off_the_stop_list_by_consent(stage, folk):
    sato, suzuki, *_ = folk
    entry = stage.store.stop_list.add(sato.id, address="taro@example.jp")
    change = stage.store.changes.submit(sato.id, orders.RemoveStopEntry(entry.id))
    assert [fact.before for fact in change.facts] == ["t***@e***.jp"]
    assert len(stage.store.stop_list.entries()) == 1
    stage.store.changes.agree(change.id, suzuki.id)
    assert stage.store.stop_list.entries() == []
