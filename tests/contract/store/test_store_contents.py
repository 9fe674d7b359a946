"""The bytes of held messages stand apart from their rows: an upgrade moves them there, a decision writes none of them."""

from hashlib import shake_256

import pytest
from sqlalchemy import select
from stage import ACCEPTED

from mailguard.lifecycle import Choice, MessageState
from mailguard.store.schema import contents, messages

BEFORE = (  # as the version before left it
    "DROP INDEX messages_purge",
    "ALTER TABLE messages ADD COLUMN envelope {bytes}",
    "ALTER TABLE messages ADD COLUMN skeleton {bytes}",
    "UPDATE messages SET envelope = (SELECT envelope FROM contents WHERE message = serial)",
    "UPDATE messages SET skeleton = (SELECT skeleton FROM contents WHERE message = serial)",
    "DROP TABLE contents",
    "ALTER TABLE messages DROP COLUMN kept",
    "CREATE INDEX messages_purge ON messages (state, finished_at) WHERE skeleton IS NOT NULL AND finished_at IS NOT NULL",
    "CREATE INDEX decisions_hold ON decisions (hold_id, revision)",
)


def rows(stage, query):
    with stage.store._database.read() as tx:
        return [tuple(row) for row in tx.execute(query)]


@pytest.fixture
def three(stage, staff):
    """Of a hold that was approved, of one that waits, and of one that was purged."""
    sent = stage.admit(staff[3], stage.message("sent", to=("a@example.jp", "b@example.jp"))).hold_id
    stage.decide(sent, staff[1])
    purged = stage.admit(staff[3], stage.message("purged"), key=b"other").hold_id
    stage.decide(purged, staff[1], Choice.REJECT)
    stage.clock.forward(days=8)
    assert stage.store.holds.purge_due() == 1
    return stage.admit(staff[3], stage.message("waits"), key=b"waits").hold_id


def test_an_upgrade_moves_the_bytes_of_what_is_held(stage, staff, three):
    before = rows(stage, select(contents).order_by(contents.c.message))
    kinds = {"bytes": "BLOB" if stage.url.startswith("sqlite") else "BYTEA"}
    with stage.store._database.write() as tx:
        for statement in BEFORE:
            tx.exec_driver_sql(statement.format(**kinds))
    stage.migrate("contents")
    assert rows(stage, select(contents).order_by(contents.c.message)) == before
    kept = rows(stage, select(messages.c.id, messages.c.kept).order_by(messages.c.serial))
    assert kept == [("sent", True), ("purged", False), ("waits", True)]
    claim = stage.store.releases.claim(lease_seconds=9)
    assert (claim.message_id, claim.envelope.rcpt_to) == ("sent", ("a@example.jp", "b@example.jp"))
    assert stage.record(claim, ACCEPTED, ACCEPTED) is MessageState.RELEASED
    stage.decide(three, staff[1])
    assert stage.store.releases.claim(lease_seconds=9).message_id == "waits"
    stage.clock.forward(days=2)
    assert [(one.state, one.due, one.kept) for one in stage.store.holds.purge_plan()] == [(MessageState.RELEASED, 1, 0)]
    assert stage.store.holds.purge_due() == 1
    assert stage.store.audit.verify() is None


def test_a_purge_leaves_no_bytes_and_is_not_made_again(stage, three):
    assert rows(stage, select(contents.c.message)) == [(1,), (3,)]
    assert stage.store.holds.purge_due() == 0
    assert stage.store.holds.purge_plan() == []


def test_a_decision_on_many_writes_few_pages(stage, staff):
    if not stage.url.startswith("sqlite"):
        pytest.skip("pages of a file")
    for number in range(60):
        text = shake_256(b"%d" % number).hexdigest(1500).encode()
        mail = stage.message(data=b"Subject: x\r\n\r\n%s\r\n" % text)
        hold_id = stage.admit(staff[3], mail).hold_id
    with stage.raw() as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    stage.decide(hold_id, staff[1], cap=100)
    pages = (stage.file.with_name("mailguard.db-wal").stat().st_size - 32) // (4096 + 24)
    assert pages <= 30
