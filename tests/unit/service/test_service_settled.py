"""Policy, own contacts, monitoring and retention: what was agreed on stays in force, whatever the files say."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from mailguard import config
from mailguard.config import Config, Own, PolicySection, Retention
from mailguard.detect import ruleset
from mailguard.errors import ConflictError, DamagedError
from mailguard.policy import thresholds
from mailguard.service import policy_file, rulebook
from mailguard.service.rulebook import Rulebook
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
    store.settings.take_first(Content.of("", Config(retention=Retention(confirm=True))).text)
    assert store.holds.purge_confirms()
