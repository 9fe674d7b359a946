"""Policy, rules, routes, own contacts, monitoring, retention: what was agreed on stays in force, whatever the files say."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import msgspec
import pytest

from mailguard import config, metrics
from mailguard.config import Config, Holds, Own, PolicySection, Release, Retention, StopListSection
from mailguard.detect import ruleset
from mailguard.errors import ConfigError, ConflictError, DamagedError
from mailguard.policy import thresholds
from mailguard.service import rulebook
from mailguard.service.checkup import Weight, findings
from mailguard.service.rulebook import Rulebook
from mailguard.service.scanning import policy_file, routes_of, rules_dir
from mailguard.service.settled import Settled
from mailguard.store import open_store
from mailguard.store.settings import Content

NOW = datetime(2027, 4, 28, 1, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    return copytree(ruleset.shipped_dir(), tmp_path / "rules")


@pytest.fixture
def store(tmp_path):
    data = tmp_path / "data"
    with open_store(f"sqlite:///{data / 'mailguard.db'}", data, lambda: NOW, holds=config.Holds()) as made:
        yield made


@pytest.fixture
def start(folder, store, tmp_path, monkeypatch):
    """A rulebook that obeys the store, as at the start of a service with these settings."""
    monkeypatch.setattr(rulebook, "private_folder", lambda _: Path(tempfile.mkdtemp(dir=tmp_path)))

    def started(**sections):
        book = Rulebook(Config(rules_dir=folder, **sections))
        book.settled = Settled(store)
        book.obey = book.settled.obey
        book.renew()
        return book

    return started


def approvers(store):
    return [
        store.people.add(login=name, name=name, email="", role="approver", password=None, actor="test")
        for name in ("sato", "suzuki")
    ]


def soften(folder):
    policy = folder / "policy.toml"
    policy.write_text(policy.read_text("utf-8").replace("persons = 3", "persons = 300"), "utf-8")


def persons(book):
    return thresholds(policy_file(book.config)).body.persons


def test_the_first_start_takes_what_is_there_and_later_ones_too_while_nobody_has_to_consent(start, store, folder):
    assert persons(start()) == 3
    soften(folder)
    assert persons(start()) == 300
    assert store.changes.all() == []
    assert [row.action for row in store.audit.rows(9, 0)] == ["settings.taken", "settings.taken"]


def test_a_changed_policy_waits_for_consent_and_then_comes_into_force(start, store, folder, caplog):
    book = start()
    sato, _ = approvers(store)
    soften(folder)
    book.renew()
    assert persons(book) == 3
    assert "waits for consent" in caplog.text
    (change,) = store.changes.all()
    assert (change.kind, change.asked_by) == ("settings.take", "config")
    (fact,) = change.facts
    assert (fact.name, fact.before, fact.after) == ("policy", "persons = 3", "persons = 300")
    assert book.renew() is False  # asked for once
    assert len(store.changes.all()) == 1
    assert persons(start()) == 3
    assert not book.settled.stale()
    store.changes.agree(change.id, sato.id)
    assert book.settled.stale()
    assert book.renew() is True
    assert persons(book) == 300
    assert not book.settled.stale()


def test_a_start_with_the_same_files_asks_for_nothing(start, store, caplog):
    start()
    approvers(store)
    assert start().renew() is False
    assert store.changes.all() == []
    assert "differ" not in caplog.text


def test_monitoring_own_contacts_and_retention_wait_as_well(start, store):
    start()
    sato, _ = approvers(store)
    wanted = {"policy": PolicySection(monitor=True), "own": Own(phones=("03-1234-5678",))}
    wanted["retention"] = Retention(rejected_days=0)
    book = start(**wanted)
    assert (book.config.policy.monitor, book.config.own, book.config.retention) == (False, Own(), Retention())
    (change,) = store.changes.all()
    assert {fact.name for fact in change.facts} == {"monitor", "own.phones", "retention.rejected_days"}
    store.changes.agree(change.id, sato.id)
    assert book.renew() is True
    assert (book.config.policy.monitor, book.config.own) == (True, wanted["own"])
    assert rulebook.under(Config(), rulebook.folder_of(book.config)).policy.monitor  # an SMTP process reads the same


def test_only_what_the_files_say_now_is_asked_for_and_not_what_was_refused(start, store, folder):
    start()
    sato, _ = approvers(store)
    start(policy=PolicySection(monitor=True))
    soften(folder)
    start()
    last, first = store.changes.all()
    assert (last.state, first.state, first.decided_by) == ("waiting", "expired", "config")
    with pytest.raises(ConflictError):
        store.changes.agree(first.id, sato.id)
    store.changes.refuse(last.id, sato.id)
    assert persons(start()) == 3
    assert len(store.changes.all()) == 2


def test_settings_that_were_altered_are_an_error_and_no_laxer_policy(start, store, folder):
    book = start()
    approvers(store)
    with store._database.write() as tx:
        tx.exec_driver_sql("UPDATE settings SET sealed = x'00'")
    soften(folder)
    with pytest.raises(DamagedError):
        book.renew()
    assert persons(book) == 3
    with pytest.raises(DamagedError):
        start()


def test_the_store_purges_by_the_retention_in_force(store):
    assert not store.holds.purge_confirms()
    store.settings.take_first(Content.of(Config(retention=Retention(confirm=True)), "", "", {}).text)
    assert store.holds.purge_confirms()


ROUTE = '[[route]]\nname = "{}"\nthen = {{ approvals = {} }}\n'


@pytest.fixture
def routes(tmp_path):
    path = tmp_path / "own-routes.toml"
    path.write_text(ROUTE.format("strict", 2), "utf-8")
    return path


def approvals(book):
    return [route.then.approvals for route in routes_of(book.config).routes]


def differ():
    return metrics.SETTINGS_DIFFER._value.get()


def test_changed_routes_wait_for_consent_and_so_does_naming_none(start, store, routes):
    holds = Holds(routes=str(routes))
    book = start(holds=holds)
    sato, _ = approvers(store)
    assert differ() == 0
    routes.write_text(ROUTE.format("strict", 1), "utf-8")
    book.renew()
    assert (approvals(book), differ()) == ([2], 1)
    assert approvals(start()) == [2]  # a configuration that names none
    last, first = store.changes.all()
    assert [fact.name for fact in last.facts] == ["routes"]
    assert (last.facts[0].after, first.state) == ("", "expired")
    book.renew()
    (change,) = (one for one in store.changes.all() if one.state == "waiting")
    assert (change.facts[0].before, change.facts[0].after) == ("then = { approvals = 2 }", "then = { approvals = 1 }")
    store.changes.agree(change.id, sato.id)
    assert book.renew() is True
    assert (approvals(book), differ()) == ([1], 0)
    assert approvals(start(holds=holds)) == [1]


def test_changed_rules_wait_for_consent_and_new_and_removed_files_too(start, store, folder):
    book = start()
    sato, _ = approvers(store)
    agreed, phone = book.version, folder / "phone.toml"
    phone.write_text(phone.read_text("utf-8").replace("confidence", "# weaker\nconfidence", 1), "utf-8")
    (folder / "sex.toml").unlink()
    assert book.renew() is False
    assert (book.version, ruleset.load(rules_dir(book.config)).version) == (agreed, agreed)
    (change,) = store.changes.all()
    assert [(fact.name, bool(fact.before)) for fact in change.facts] == [
        ("rules.phone.toml", False),
        ("rules.sex.toml", True),
    ]
    assert start().version == agreed
    store.changes.agree(change.id, sato.id)
    assert book.renew() is True
    assert book.version == ruleset.load(folder).version != agreed
    assert not (rules_dir(book.config) / "sex.toml").exists()


def test_rules_that_a_new_version_cannot_use_are_an_error_until_others_are_agreed_on(start, store, monkeypatch):
    start()
    sato, _ = approvers(store)
    good = store.settings.in_force()
    with store._database.write() as tx:
        old = {**good.rules, "phone.toml": good.rules["phone.toml"].replace("confidence", "certainty")}
        store.settings.put(tx, Content(good.policy, False, good.own, good.retention, "", old).text, "test")
    with pytest.raises(ConfigError, match=r"do not fit this version: phone\.toml: .*mailguard change list"):
        start()
    (change,) = store.changes.all()
    store.changes.agree(change.id, sato.id)
    assert start().version == ruleset.load(ruleset.shipped_dir()).version


def test_what_was_agreed_on_before_routes_were_settled_is_completed_once(start, store, folder, routes, tmp_path):
    book = start()
    approvers(store)
    with store._database.write() as tx:
        whole = store.settings.in_force()
        store.settings.put(tx, Content(whole.policy, False, whole.own, whole.retention).text, "test")
    soften(folder)
    assert [fact.weight for fact in checked(folder, tmp_path / "data")] == [Weight.OK]
    holds = Holds(routes=str(routes))
    book = start(holds=holds)
    assert (persons(book), approvals(book)) == (3, [2])
    routes.write_text(ROUTE.format("strict", 1), "utf-8")
    assert approvals(start(holds=holds)) == [2]


def checked(folder, data):
    given = Config(rules_dir=folder, data_dir=data)
    return [finding for finding in findings(given, lambda: NOW) if finding.place == "settings"]


def test_config_check_tells_files_that_are_not_in_force(start, store, folder, tmp_path):
    assert checked(folder, tmp_path / "data") == []
    book = start()
    approvers(store)
    assert [fact.weight for fact in checked(folder, tmp_path / "data")] == [Weight.OK]
    soften(folder)
    (finding,) = checked(folder, tmp_path / "data")
    assert (finding.weight, "policy. A start or SIGHUP asks" in finding.fact) == (Weight.WARNING, True)
    book.renew()
    (finding,) = checked(folder, tmp_path / "data")
    assert f"{store.changes.all()[0].id} waits for consent" in finding.fact


LAXER = {
    "holds": Holds(approval_hours=720, explain_persons=100_000, contact_days=366, hasty_seconds=0),
    "release": Release(late_hours=0),
    "stop_list": StopListSection(never_sources=("members",)),
}
NAMES = {
    *("holds.approval_hours", "holds.contact_days", "holds.explain_persons", "holds.hasty_seconds"),
    *("release.late_hours", "stop_list.never_sources"),
}


def test_what_makes_decisions_easier_waits_for_consent(start, store):
    start()
    sato, _ = approvers(store)
    book = start(**LAXER)
    assert (book.config.holds.approval_hours, book.config.release.late_hours) == (24, 12)
    assert (book.config.stop_list.never_sources, store.campaigns.approval_hours) == ((), 24)
    (change,) = store.changes.all()
    assert {fact.name for fact in change.facts} == NAMES
    store.changes.agree(change.id, sato.id)
    assert (store.campaigns.approval_hours, store.holds.explain_persons) == (720, 100_000)  # at once
    assert book.renew() is True
    asked = [{name: getattr(book.config, name) for name in LAXER}, LAXER]
    one, other = [{**group, "holds": group["holds"].model_copy(update={"routes": ""})} for group in asked]
    assert one == other


def test_what_was_settled_before_decisions_were_is_completed_once(start, store):
    start()
    approvers(store)
    with store._database.write() as tx:
        before = msgspec.structs.replace(store.settings.in_force(), deciding=None)
        store.settings.put(tx, before.text, "test")
    assert store.campaigns.approval_hours == 24  # of this process
    assert start(holds=Holds(approval_hours=48)).config.holds.approval_hours == 48
    assert start(holds=Holds(approval_hours=96)).config.holds.approval_hours == 48
