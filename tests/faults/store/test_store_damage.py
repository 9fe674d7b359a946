"""Bytes that are not what was written: noticed, said, and never sent in part."""

import logging

import msgspec
import pytest
from stage import ACCEPTED, WAITING

from mailguard import config
from mailguard.errors import DamagedError, StoreError
from mailguard.lifecycle import MessageState
from mailguard.model import Envelope
from mailguard.store import draft, engine, vault
from mailguard.store.vault import LARGEST


def run(stage, statement, *values):
    raw = stage.raw()
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute(statement, values)
    raw.close()


def claim(stage):
    return stage.store.releases.claim(lease_seconds=60)


@pytest.fixture
def two(stage, staff):
    """Two approved messages; the first one gets damaged."""
    hold_id = stage.admit(staff[3], stage.message("bad", to=("a@example.jp", "b@example.jp"))).hold_id
    stage.admit(staff[3], stage.message("good", data=b"Subject: x\r\n\r\nsmall\r\n"))
    stage.decide(hold_id, staff[1])
    return hold_id


MINE = "message = (SELECT serial FROM messages WHERE id = 'bad')"


def overwrite(column, value):
    return lambda stage: run(stage, f"UPDATE contents SET {column} = ? WHERE {MINE}", value)


def replaced(column, data):
    return lambda stage: overwrite(column, stage.store.holds._vault.seal(data, f"{column}:bad"))(stage)


DAMAGE = {
    "skeleton": overwrite("skeleton", bytes(60)),
    "skeleton of nothing": replaced("skeleton", b"nonsense"),
    "envelope": overwrite("envelope", b"\0"),
    "envelope of one": replaced("envelope", msgspec.msgpack.encode(Envelope("", ("a@example.jp",)))),
    "both gone": lambda stage: run(stage, f"DELETE FROM contents WHERE {MINE}"),
    "envelope that is none": replaced("envelope", b"\xff nonsense"),
    "blob": lambda stage: run(stage, "UPDATE blobs SET sealed = zeroblob(60)"),
    "part gone": lambda stage: run(stage, "DELETE FROM parts"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_message_that_cannot_be_opened_fails_and_the_next_one_goes(stage, two, damage, caplog):
    damage(stage)
    with caplog.at_level(logging.ERROR):
        assert claim(stage).message_id == "good"
    assert stage.store.holds.get(two).progress.messages == {MessageState.FAILED: 1, MessageState.RELEASING: 1}
    assert stage.heard("failed") == ["sato", "suzuki", "tanaka"]
    row = stage.store.audit.rows(1, 0, "bad")[0]
    assert (row.action, '"damaged":true' in row.detail) == ("message.failed", True)
    assert "bad" in caplog.text
    assert "example" not in caplog.text
    stage.clock.forward(hours=200)
    assert claim(stage).message_id == "good"


def test_who_was_served_before_the_damage_stays_served(stage, two):
    stage.record(claim(stage), ACCEPTED, WAITING, retry_at=stage.clock())
    DAMAGE["skeleton"](stage)
    assert claim(stage).message_id == "good"
    assert stage.store.holds.get(two).progress.messages == {MessageState.PARTLY: 1, MessageState.RELEASING: 1}


def test_a_database_in_trouble_fails_no_message(stage, two, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    stage.reopen()
    DAMAGE["skeleton"](stage)
    lock = stage.raw()
    lock.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        claim(stage)
    lock.execute("ROLLBACK")
    lock.close()
    assert stage.store.holds.get(two).progress.messages == {MessageState.HELD: 2}
    assert claim(stage).message_id == "good"


def test_what_is_too_large_is_an_error_and_never_cut_off(stage, monkeypatch):
    safe = stage.store.holds._vault
    sealed = safe.seal(b"A" * 1001, "blob:1")
    monkeypatch.setattr(vault, "LARGEST", 1000)
    with pytest.raises(DamagedError, match="altered"):
        safe.open(sealed, "blob:1")
    with pytest.raises(StoreError, match="too large"):
        safe.seal(b"A" * 1001, "blob:1")
    assert safe.open(safe.seal(b"A" * 1000, "blob:1"), "blob:1") == b"A" * 1000


def test_every_mail_that_can_come_in_can_be_held():
    (bound,) = [rule.le for rule in config.Smtp.model_fields["max_message_bytes"].metadata if hasattr(rule, "le")]
    assert bound + 1_000_000 < LARGEST


@pytest.mark.parametrize(
    ("table", "column", "place", "look"),
    [
        ("holds", "inspection", "inspection", lambda stage, hold: stage.store.holds.get(hold)),
        ("people", "sealed", "person", lambda stage, _: stage.store.people.all()),
        ("sources", "sealed", "source", lambda stage, _: stage.store.sources.all()),
        ("holds", "reasons", "", lambda stage, _: stage.store.holds.recent()),
    ],
)
def test_whatever_cannot_be_decoded_is_a_store_error(stage, two, table, column, place, look):
    raw = stage.raw()
    for (row,) in raw.execute(f"SELECT id FROM {table}").fetchall():
        value = stage.store.holds._vault.seal(b"\xff nonsense", f"{place}:{row}") if place else "nonsense"
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (value, row))
    raw.close()
    with pytest.raises(DamagedError, match=r"altered.*backup"):
        look(stage, two)


@pytest.mark.parametrize(
    "facts", [{"to": ("\udc80@example.jp",)}, {"mail_from": "\udc80@example.jp"}, {"login": "\udc80"}]
)
def test_a_value_that_no_column_takes_is_a_store_error(stage, staff, facts):
    with pytest.raises(StoreError, match="cannot be kept"):
        stage.admit(staff[3], stage.message(data=b"Subject: x\r\n\r\ny", **facts))
    assert stage.store.holds.recent() == []
    with pytest.raises(StoreError, match="cannot be kept"):
        stage.store.holds.get("\udc80")


def test_odd_tokens_and_passwords_are_only_wrong(stage, staff):
    for token in ("9" * 40 + "-x", "9" * 5000 + "-x", "²-x", ""):
        assert not stage.still_mine(token)
        assert not stage.store.releases.renew(token, lease_seconds=1)
    assert stage.store.people.authenticate("sato", "\ud800" * 12, "192.0.2.1") is None


def test_evidence_beyond_what_one_statement_can_name_is_kept_and_never_covered(stage, staff, monkeypatch):
    monkeypatch.setattr(draft, "EVIDENCE", 3)
    keys = tuple(bytes([number]) for number in range(8))
    hold_id = stage.admit(staff[3], evidence=keys).hold_id
    assert stage.admit(staff[3], evidence=keys).hold_id == hold_id
    assert stage.row(hold_id).revision == 1
    stage.decide(hold_id, staff[1])
    assert stage.reserve(evidence=keys[:3]) is not None
    assert stage.reserve(evidence=keys) is None
    assert stage.admit(staff[3], evidence=keys).outcome == "opened"
