"""The record in the hands of somebody who can write to the database, and has no key."""

import json
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from stage import ACCEPTED, REFUSED

from mailguard.store.proof import START, Break, Fault, Head, as_row, chain

COLUMNS = "seq, at, actor, action, subject, detail, previous, hash"


@contextmanager
def tampering(stage):
    """SQL behind the store's back, without the triggers that refuse it."""
    url = make_url(stage.url)
    if url.drivername.startswith("postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.begin() as tx:
        if engine.dialect.name == "sqlite":
            tx.execute(text("DROP TRIGGER IF EXISTS audit_no_update"))
            tx.execute(text("DROP TRIGGER IF EXISTS audit_no_delete"))
        else:
            tx.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        yield tx
    engine.dispose()


def sql(stage, *statements, **names):
    with tampering(stage) as tx:
        for statement in statements:
            tx.execute(text(statement), names)


def rehash(tx, first=1):
    """Give every row from `first` on the hash that fits it, as who knows the code, but not the key, can."""
    previous = START
    for found in tx.execute(text(f"SELECT {COLUMNS} FROM audit ORDER BY seq")).all():
        row = as_row(found)
        if row.seq >= first:
            values = {"previous": previous, "seq": row.seq}
            tx.execute(text("UPDATE audit SET previous = :previous WHERE seq = :seq"), values)
            again = as_row(tx.execute(text(f"SELECT {COLUMNS} FROM audit WHERE seq = :seq"), values).one())
            tx.execute(text("UPDATE audit SET hash = :hash WHERE seq = :seq"), {"hash": chain(again), "seq": row.seq})
            previous = chain(again)
        else:
            previous = row.hash
    return previous


@pytest.fixture
def record(stage, staff):
    """People, a source, two holds, a decision and a message that went out."""
    hold_id = stage.admit(staff[3], stage.message("first", to=("taro@example.jp", "jiro@example.jp"))).hold_id
    stage.decide(hold_id, staff[1])
    stage.record(stage.store.releases.claim(lease_seconds=9, late_hours=12), ACCEPTED, REFUSED)
    stage.admit(staff[3], key=b"other")
    assert stage.store.audit.check() is None
    return stage.store.audit.head().length


def test_a_changed_row(stage, record):
    sql(stage, "UPDATE audit SET actor = 'nobody' WHERE seq = 3")
    assert stage.store.audit.check() == Break(Fault.CHANGED, 3, 3)


def test_rows_removed_in_the_middle(stage, record):
    sql(stage, "DELETE FROM audit WHERE seq IN (3, 4)")
    assert stage.store.audit.check() == Break(Fault.REMOVED, 3, 4)


def test_a_row_removed_and_the_rest_moved_up_and_hashed_anew(stage, record):
    with tampering(stage) as tx:
        tx.execute(text("DELETE FROM audit WHERE seq = 3"))
        tx.execute(text("UPDATE audit SET seq = -seq WHERE seq > 3"))
        tx.execute(text("UPDATE audit SET seq = -seq - 1 WHERE seq < 0"))
        rehash(tx, 3)
    assert stage.store.audit.check() == Break(Fault.INSERTED, 3, 3)


def test_a_row_inserted_in_the_middle_and_the_rest_hashed_anew(stage, record):
    with tampering(stage) as tx:
        tx.execute(text("UPDATE audit SET seq = -seq WHERE seq > 3"))
        tx.execute(text("UPDATE audit SET seq = 1 - seq WHERE seq < 0"))
        copied = COLUMNS.replace("seq", "4", 1)
        tx.execute(text(f"INSERT INTO audit ({COLUMNS}) SELECT {copied} FROM audit WHERE seq = 3"))
        rehash(tx, 4)
    assert stage.store.audit.check() == Break(Fault.INSERTED, 4, 4)


@pytest.mark.parametrize("seq", [0, -7])
def test_a_row_before_the_first(stage, record, seq):
    sql(stage, f"INSERT INTO audit ({COLUMNS}) SELECT {COLUMNS.replace('seq', str(seq), 1)} FROM audit WHERE seq = 1")
    assert stage.store.audit.check() == Break(Fault.INSERTED, seq, seq)


def test_a_row_appended_with_a_good_hash(stage, record):
    with tampering(stage) as tx:
        copied = COLUMNS.replace("seq", str(record + 1), 1)
        tx.execute(text(f"INSERT INTO audit ({COLUMNS}) SELECT {copied} FROM audit WHERE seq = {record}"))
        rehash(tx, record + 1)
    assert stage.store.audit.check() == Break(Fault.INSERTED, record + 1, record + 1)


def test_two_rows_that_changed_places(stage, record):
    sql(
        stage,
        "UPDATE audit SET seq = -2 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = -2",
    )
    assert stage.store.audit.check() == Break(Fault.CHANGED, 2, 2)


def test_a_row_changed_and_everything_hashed_anew(stage, record):
    with tampering(stage) as tx:
        tx.execute(text("UPDATE audit SET actor = 'nobody' WHERE seq = 3"))
        last = rehash(tx, 3)
        tx.execute(text("UPDATE audit_head SET hash = :hash"), {"hash": last})
    assert stage.store.audit.check() == Break(Fault.INSERTED, 3, 3)


def test_without_the_seals_the_head_still_tells(stage, record):
    with tampering(stage) as tx:
        tx.execute(text("DELETE FROM audit_seals"))
        tx.execute(text("UPDATE audit SET actor = 'nobody' WHERE seq = 3"))
        rehash(tx, 3)
    assert stage.store.audit.check() == Break(Fault.INSERTED, 1, record)


def test_a_cut_end(stage, record):
    sql(stage, f"DELETE FROM audit WHERE seq > {record - 2}")
    assert stage.store.audit.check() == Break(Fault.TRUNCATED, record - 1, record)


def test_a_cut_end_with_a_head_that_fits(stage, record):
    sql(
        stage,
        f"DELETE FROM audit WHERE seq > {record - 2}",
        f"UPDATE audit_head SET length = {record - 2}, hash = (SELECT hash FROM audit WHERE seq = {record - 2})",
    )
    assert stage.store.audit.check() == Break(Fault.TRUNCATED, record - 1, record - 1)


def set_back(stage, record):
    """To what a copy of the database holds that was made one transaction earlier: its end is genuine."""
    with tampering(stage) as tx:
        end = tx.execute(text("SELECT max(seq) FROM audit_seals WHERE seq < :now"), {"now": record}).scalar_one()
        for statement in (
            "DELETE FROM audit WHERE seq > :end",
            "DELETE FROM audit_seals WHERE seq > :end",
            "UPDATE audit_head SET length = :end, hash = (SELECT hash FROM audit WHERE seq = :end)",
            "UPDATE audit_head SET seal = (SELECT seal FROM audit_seals WHERE seq = :end)",
        ):
            tx.execute(text(statement), {"end": end})
    return end


def test_a_database_set_back_is_found_by_what_is_remembered_outside(stage, record):
    stage.store.record.may_have_been_sent("m", 1)  # what only the record tells: rows of people would tell by themselves
    record += 1
    head, broken = stage.store.witness.note()
    assert (head.length, broken) == (record, None)
    end = set_back(stage, record)
    assert stage.store.audit.check() is None  # the database alone cannot tell
    assert stage.store.witness.check() == Break(Fault.SET_BACK, end + 1, record)
    stage.store.record.may_have_been_sent("m", 2)  # the record goes on from there, and is as long again
    stage.store.record.may_have_been_sent("m", 3)
    assert stage.store.audit.head().length >= record
    assert stage.store.witness.check() == Break(Fault.SET_BACK, record, record)
    assert stage.store.witness.note()[1] == Break(Fault.SET_BACK, record, record)
    assert stage.store.witness.remembered() == head  # never replaced by an end that it does not lead to


def test_a_database_set_back_is_found_by_an_end_from_the_log(stage, record):
    head = Head.parse(str(stage.store.audit.head()))
    end = set_back(stage, record)
    assert stage.store.audit.check(head) == Break(Fault.SET_BACK, end + 1, record)


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        ("UPDATE recipients SET state = 'accepted' WHERE state = 'refused'", "message.partly"),
        ("UPDATE recipients SET state = 'refused' WHERE state = 'accepted'", "message.partly"),
        ("DELETE FROM recipients WHERE position = 1", "message.opened"),
    ],
)
def test_what_became_of_a_recipient(stage, record, statement, action):
    sql(stage, statement)
    rows = {row.action: row for row in stage.store.audit.rows(99, 0, "first")}
    assert len(json.loads(rows["message.partly"].detail)["outcomes"]) == 32
    row = rows[action]
    assert stage.store.audit.check() == Break(Fault.OUTCOME, row.seq, row.seq, "first")


def test_the_seals_are_the_ends_of_transactions(stage, record):
    sql(stage, "UPDATE audit_seals SET seal = (SELECT seal FROM audit_seals WHERE seq = 1) WHERE seq = 3")
    assert stage.store.audit.check().seq == 3
