"""Rows of people, sources and the like in the hands of somebody who can write to the database, and has no key."""

import dataclasses

import pytest
from sqlalchemy import select
from stage import PASSWORD
from test_store_public_contacts import FOUND
from test_store_tampering import sql

from mailguard.cli import strays as said_of
from mailguard.stoplist import Block, Scope, keys_of
from mailguard.store import imprints, rotate_key
from mailguard.store.audit import CLI
from mailguard.store.deciding import Deciding
from mailguard.store.imprint_checks import Wrong
from mailguard.store.proof import Fault
from mailguard.store.schema import people
from mailguard.store.settings import Content

EVERYTHING = sorted(imprints.KINDS)
_ALIKE = "mail_key, organisation_key, sealed, role, language, enabled, password, given, added_at"
COPIED = f"INSERT INTO people (id, login_key, {_ALIKE}) SELECT 'P-NEW', mail_key, {_ALIKE} FROM people"


@pytest.fixture
def hold(stage, staff):
    """A row of every kind; an approved hold that is let through a stop."""
    store, (tanaka, sato, suzuki, ski) = stage.store, staff
    hold_id = store.holds.admit(dataclasses.replace(stage.arrival(ski), inspection=FOUND)).hold_id
    contact = store.public_contacts.ask(hold_id, "1.0", tanaka.id, revision=1, reason="on our web site")
    store.public_contacts.agree(contact, sato.id)
    store.deputies.add(sato.id, suzuki.id, "2027-05-01", "2027-05-07", CLI)
    store.logins.add("bulk", PASSWORD, actor="test")
    store.settings.take_first(text(monitor=False))
    stage.decide(hold_id, sato)
    stop = store.stops.stop_all(CLI, "wrong list")
    store.let_through.ask(hold_id, sato.id, "apology")
    store.let_through.agree(hold_id, suzuki.id)
    store.stops.ask_end(sato.id, stop.id, "all is well")
    store.switch.pause(sato.id, "x")
    store.stop_list.add(CLI, address="taro@example.jp", reason="asked us")
    blocks = [Block.of(Scope(), keys_of("jiro@example.jp", store.digester)[:1])]
    store.stop_list.take_file("/a.csv", store.stop_list.content_key(b"1"), blocks)
    assert store.audit.check() is None
    return hold_id


def text(*, monitor):
    return Content("limits", monitor, {}, {}, "", {}, Deciding(24, 100, 90, 10, 12, ())).text


def found(stage):
    """By kind: what is wrong, and the columns that differ."""
    broken = stage.store.audit.check()
    assert broken.fault is Fault.ROW
    return {one.name.partition(":")[0]: (one.wrong, sorted(one.said)) for one in broken.strays}


def test_every_kind_is_in_the_record(stage, hold):
    with stage.store._database.read() as tx:
        names = {name.partition(":")[0] for name, _ in imprints.all_of(stage.store.people._context, tx)}
    assert sorted(names) == EVERYTHING


def test_changed_rows(stage, staff, hold):
    sql(
        stage,
        f"UPDATE people SET role = 'approver', organisation_key = NULL WHERE id = '{staff[0].id}'",
        "UPDATE deputies SET last_day = '2099-01-01'",
        "UPDATE sources SET mode = 'monitor'",
        "DELETE FROM operators",
        "UPDATE logins SET enabled = (0 = 1)",
        "UPDATE public_contacts SET until = '2099-01-01 00:00:00'",
        "UPDATE stops SET ended = (1 = 1), asked_by = 'x', ended_by = 'y', ended_at = '2027-04-28 01:00:00'",
        "UPDATE stop_exceptions SET asked_by = 'x'",
        "UPDATE pauses SET ended = (1 = 1), resumed_at = '2027-04-28 01:00:00'",
        "UPDATE stop_entries SET key = (SELECT login_key FROM logins)",
        "UPDATE stop_blocks SET keys = (SELECT login_key FROM logins)",
        "UPDATE settings SET digest = (SELECT login_key FROM logins)",
    )
    wrong = found(stage)
    assert {one for one, _ in wrong.values()} == {Wrong.CHANGED}
    assert {kind: columns for kind, (_, columns) in wrong.items()} == {
        "person": ["organisation_key", "role"],
        "deputy": ["last_day"],
        "source": ["mode", "operators"],
        "smtp_login": ["enabled"],
        "contact": ["until"],
        "stop": ["asked_by", "ended", "ended_by"],
        "exception": ["asked_by"],
        "pause": ["ended"],
        "stop_entry": ["key"],
        "stop_file": ["blocks"],
        "settings": ["sealed"],
    }


def test_what_is_said_of_them(stage, staff, hold):
    person, rows = staff[0], stage.store.audit.rows(99, 0, staff[0].id)
    sql(stage, f"UPDATE people SET role = 'approver', password = 'x' WHERE id = '{person.id}'")
    (said,) = said_of.sentences(stage.store.audit.check().strays)
    assert said == (
        f"person {person.id} is not what record {rows[0].seq} says:"
        " password was changed; role is approver, the record says operator."
    )
    sql(stage, "UPDATE sources SET sealed = (SELECT sealed FROM people LIMIT 1)", "DELETE FROM operators")
    said = said_of.sentences(stage.store.audit.check().strays)[-1]
    assert said.startswith("source ski is not what record ")
    assert said.endswith(f"operators is none, the record says {person.id}; sealed cannot be read.")


def test_removed_rows(stage, hold):
    sql(stage, "DELETE FROM stop_exceptions", "DELETE FROM stops", "DELETE FROM pauses", "DELETE FROM deputies")
    assert {kind: wrong for kind, (wrong, _) in found(stage).items()} == {
        "exception": Wrong.REMOVED, "stop": Wrong.REMOVED, "pause": Wrong.REMOVED, "deputy": Wrong.REMOVED,
    }  # fmt: skip
    said = " ".join(said_of.sentences(stage.store.audit.check().strays))
    assert "ended_at no, first_day 2027-05-01, last_day 2027-05-07" in said
    assert "pause of releases 1: it is gone, and record" in said


def test_rows_that_were_put_in(stage, staff, hold):
    sql(stage, f"{COPIED} WHERE id = '{staff[1].id}'")
    (stray,) = stage.store.audit.check().strays
    assert (stray.name, stray.wrong, stray.seq) == ("person:P-NEW", Wrong.PUT_IN, 0)
    assert said_of.sentences([stray]) == ["person P-NEW: no record speaks of it: it was put in."]


def test_settings_that_were_agreed_on_before_are_not_what_is_in_force(stage, hold):
    context = stage.store.people._context
    with context.database.write() as tx:
        stage.store.settings.put(tx, text(monitor=True), "test")
    assert stage.store.audit.check() is None
    sql(stage, "DELETE FROM settings WHERE serial = (SELECT max(serial) FROM settings)")
    assert stage.store.settings.in_force().monitor is False
    assert found(stage) == {"settings": (Wrong.CHANGED, ["sealed"])}


def test_a_stop_list_entry_that_was_taken_off_and_put_back(stage, hold):
    (entry,) = stage.store.stop_list.entries()
    sql(stage, "CREATE TABLE kept AS SELECT * FROM stop_entries")
    stage.store.stop_list.remove(CLI, entry.id)
    assert stage.store.audit.check() is None
    sql(stage, "INSERT INTO stop_entries SELECT * FROM kept", "DROP TABLE kept")
    assert found(stage) == {"stop_entry": (Wrong.PUT_BACK, [])}
    assert "took it away, and it is there again" in said_of.sentences(stage.store.audit.check().strays)[0]


def test_whatever_people_do_is_no_break(stage, staff, hold):
    store, (_, sato, _, ski) = stage.store, staff
    store.people.set_role("tanaka", "administrator", "test")
    store.people.set_organisation("suzuki", "委託元", "test")
    store.people.disable("tanaka", "test")
    store.sources.change(dataclasses.replace(ski, operators=(sato.id,), title="x"), "test")
    store.sources.remove("ski", "test")
    store.logins.set_password("bulk", PASSWORD + "2", actor="test")
    store.deputies.end(store.deputies.all()[0].id, "test")
    store.switch.resume(sato.id)
    store.stop_list.keep_files([])
    store.public_contacts.end(store.public_contacts.all()[0].id, sato.id)
    assert store.audit.check() is None
    stage.clock.forward(days=400)  # deputies and contacts end by date, and nobody writes that down
    stage.reopen()
    assert stage.store.audit.check() is None


def test_a_new_key_changes_no_imprint(stage, hold):
    stage.store.close()
    rotate_key(stage.url, stage.folder, stage.clock, holds=stage.settings, actor="test")
    stage.open()
    assert stage.store.audit.check() is None
    sql(stage, "UPDATE people SET role = 'auditor' WHERE role = 'operator'")
    assert found(stage) == {"person": (Wrong.CHANGED, ["role"])}


@pytest.fixture
def before(stage, monkeypatch):
    """As a version that kept no imprints; a reopened store is the new one."""
    kept = imprints.of
    monkeypatch.setattr(imprints, "of", lambda *_: {})

    def upgraded():
        monkeypatch.setattr(imprints, "of", kept)
        sql(stage, "INSERT INTO unnoted (id) VALUES (1)")
        stage.reopen()

    return upgraded


@pytest.fixture
def old(before, stage, monkeypatch, request):
    """The same rows from before."""
    with monkeypatch.context() as patch:
        patch.setattr(type(stage.store.audit), "check", lambda *_: None)
        request.getfixturevalue("hold")
    return before


def test_what_an_upgrade_finds_is_noted_once_and_compared_from_then_on(old, stage, staff):
    assert {kind for kind, (wrong, _) in found(stage).items() if wrong is Wrong.PUT_IN} == set(EVERYTHING)
    sql(stage, f"{COPIED} WHERE id = '{staff[1].id}'")  # before the upgrade: no record speaks of it
    old()
    assert [one.name for one in stage.store.audit.check().strays] == ["person:P-NEW"]
    sql(stage, "DELETE FROM people WHERE id = 'P-NEW'")
    assert stage.store.audit.check() is None
    noted = [row for row in stage.store.audit.rows(99, 0) if row.action == "rows.noted"]
    assert (len(noted), noted[0].actor) == (1, "time")
    sql(stage, "UPDATE sources SET mode = 'monitor'", "INSERT INTO unnoted (id) VALUES (1)")
    stage.reopen()  # a mark that somebody put there notes nothing that the record has
    assert found(stage) == {"source": (Wrong.CHANGED, ["mode"])}


def test_a_changed_digest_of_a_mailbox_is_found_after_a_restart(stage, staff, hold):
    sql(stage, f"UPDATE people SET mail_key = login_key WHERE id = '{staff[0].id}'")
    stage.reopen()
    assert found(stage) == {"person": (Wrong.CHANGED, ["mail_key"])}


def test_an_upgrade_gives_digests_of_mailboxes_as_they_are_now(old, stage, staff):
    sql(stage, f"UPDATE people SET mail_key = login_key WHERE id = '{staff[0].id}'")
    old()
    assert stage.store.audit.check() is None
    with stage.store._database.read() as tx:
        assert tx.execute(select(people.c.id).where(people.c.mail_key == people.c.login_key)).first() is None
