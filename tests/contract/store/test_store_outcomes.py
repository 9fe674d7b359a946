"""What became of messages is chained into the record in batches: tampering with it is found, and where."""

import json
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from stage import ACCEPTED, REFUSED

from mailguard.cli.audit import sentence
from mailguard.lifecycle import Choice
from mailguard.store import outcomes
from mailguard.store.outcome_checks import CHAINED
from mailguard.store.proof import Break, Fault


@contextmanager
def behind(stage):
    """SQL behind the store's back."""
    url = make_url(stage.url)
    if url.drivername.startswith("postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.begin() as tx:
        yield tx
    engine.dispose()


def sql(stage, *statements):
    with behind(stage) as tx:
        for statement in statements:
            assert tx.execute(text(statement)).rowcount


@pytest.fixture
def record(stage, staff):
    """A message that went out, two that were rejected, one that came too late, one that waits."""
    sent = stage.admit(staff[3], stage.message("sent", to=("taro@example.jp", "jiro@example.jp"))).hold_id
    stage.decide(sent, staff[1])
    stage.record(stage.store.releases.claim(lease_seconds=9, late_hours=12), ACCEPTED, REFUSED)
    no = stage.admit(staff[3], stage.message("no"), key=b"no", evidence=(b"list",)).hold_id
    stage.admit(staff[3], stage.message("no too"), key=b"no", evidence=(b"list",))
    stage.decide(no, staff[1], Choice.REJECT)
    stage.admit(staff[3], stage.message("late"), key=b"no", evidence=(b"list",))
    stage.admit(staff[3], stage.message("waits"), key=b"other")
    stage.store.holds.confirm(stage.reserve(2, message_id="passed"), 2)
    assert stage.store.audit.check() is None
    return stage


@pytest.fixture
def chained(record):
    assert record.store.outcomes.chain_due() == 4
    assert record.store.audit.check() is None
    return record, record.store.audit.head().length


def test_every_ended_message_is_covered_once(chained, staff):
    stage, seq = chained
    (row,) = (row for row in stage.store.audit.rows(99, 0) if row.action == CHAINED)
    assert (row.seq, row.actor, json.loads(row.detail)["messages"]) == (seq, "time", 4)
    assert stage.store.outcomes.chain_due() == 0
    assert stage.store.audit.head().length == seq
    stage.decide(stage.store.holds.recent()[0].id, staff[1], Choice.REJECT)
    assert stage.store.outcomes.chain_due() == 1
    assert stage.store.audit.check() is None


def test_many_make_several_batches(record, monkeypatch):
    monkeypatch.setattr(outcomes, "BATCH", 3)
    assert record.store.outcomes.chain_due() == 4
    counts = [json.loads(row.detail)["messages"] for row in record.store.audit.rows(99, 0) if row.action == CHAINED]
    assert counts == [1, 3]
    assert record.store.audit.check() is None


MINE = "message = (SELECT serial FROM messages WHERE id = '{}')"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (f"UPDATE recipients SET state = 'accepted' WHERE {MINE.format('no')}", "no"),
        (f"UPDATE recipients SET state = 'accepted' WHERE {MINE.format('late')}", "late"),
        ("UPDATE messages SET state = 'expired' WHERE id = 'no too'", "no too"),
        ("UPDATE messages SET outcomes = 'x' WHERE id = 'no'", "no"),
        ("UPDATE messages SET batch = NULL WHERE id = 'no'", ""),
    ],
)
def test_a_changed_outcome_of_what_was_never_sent(chained, statement, message):
    stage, seq = chained
    sql(stage, statement)
    assert stage.store.audit.check() == Break(Fault.OUTCOME, seq, seq, message)


def test_a_changed_outcome_with_a_digest_that_fits(chained):
    stage, seq = chained
    sql(
        stage, f"UPDATE recipients SET state = 'accepted' WHERE {MINE.format('no')}", "UPDATE messages SET batch = NULL"
    )
    stage.store.outcomes.chain_due()  # seals it anew
    broken = stage.store.audit.check()
    assert broken == Break(Fault.OUTCOME, seq, seq, "")
    assert (
        sentence(broken) == f"record {seq} does not fit the messages it covers: some were changed, removed or put in."
    )


@pytest.mark.parametrize("message", ["no", "waits"])
def test_a_removed_message_is_told_by_the_row_that_took_it_in(chained, message):
    stage, _ = chained
    sql(stage, f"DELETE FROM recipients WHERE {MINE.format(message)}")
    (taken,) = (row for row in stage.store.audit.rows(99, 0, message) if row.action == "message.opened")
    assert stage.store.audit.check() == Break(Fault.OUTCOME, taken.seq, taken.seq, message)
    bytes_ = [f"DELETE FROM {table} WHERE {MINE.format(message)}" for table in ("parts", "contents")]
    sql(stage, *bytes_, f"DELETE FROM messages WHERE id = '{message}'")
    assert stage.store.audit.check() == Break(Fault.OUTCOME, taken.seq, taken.seq, message)


COPY = (
    "INSERT INTO messages (serial, id, hold_id, state, outcome, received_at, attempts, finished_at, batch, outcomes) "
    "SELECT serial + 100, 'put in', hold_id, state, outcome, received_at, attempts, {} FROM messages WHERE id = 'no'"
)


def test_a_message_put_in_is_found_before_and_after_it_is_chained(chained):
    stage, seq = chained
    sql(stage, COPY.format("finished_at, NULL, NULL"))
    broken = stage.store.audit.check()
    assert broken == Break(Fault.OUTCOME, 0, 0, "put in")
    assert sentence(broken) == "no record covers what became of message put in: it was put in or changed."
    stage.store.outcomes.chain_due()
    assert stage.store.audit.check() == Break(Fault.OUTCOME, seq + 1, seq + 1, "put in")


def test_a_message_put_into_a_batch(chained):
    stage, seq = chained
    sql(stage, COPY.format("finished_at, batch, outcomes"))
    assert stage.store.audit.check() == Break(Fault.OUTCOME, seq, seq, "put in")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (f"UPDATE recipients SET state = 'accepted' WHERE {MINE.format('waits')}", "waits"),
        ("UPDATE messages SET state = 'released' WHERE id = 'waits'", "waits"),
    ],
)
def test_what_still_waits_has_reached_nobody(chained, statement, message):
    stage, _ = chained
    sql(stage, statement)
    assert stage.store.audit.check() == Break(Fault.OUTCOME, 0, 0, message)


def test_what_passed_under_an_approval_is_covered_too(chained):
    stage, _ = chained
    (row,) = (row for row in stage.store.audit.rows(99, 0, "passed") if row.action == "message.approved_pass")
    sql(stage, "UPDATE reservations SET accepted = 1")
    assert stage.store.audit.check() == Break(Fault.OUTCOME, row.seq, row.seq, "passed")
    sql(stage, "UPDATE reservations SET accepted = 2")
    assert stage.store.audit.check() is None
    sql(
        stage,
        "INSERT INTO reservations (message_id, hold_id, recipients, accepted, at) "
        "SELECT 'put in', hold_id, recipients, accepted, at FROM reservations",
    )
    assert stage.store.audit.check() == Break(Fault.OUTCOME, 0, 0, "put in")
