"""What the service asks every second is answered from an index, and what is only held has no row in most of them (SQLite)."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

QUIET = [timedelta(hours=1), timedelta(days=400)]


@pytest.fixture
def local(stage):
    if not stage.url.startswith("sqlite"):
        pytest.skip("a server plans by what it counted")


@contextmanager
def heard(stage):
    """The SELECTs that are said meanwhile, and their values."""
    engine, said = stage.store.holds._database._kind.engine, []

    def hear(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT"):
            said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("later", QUIET, ids=["nothing is due", "everything is over"])
def test_nothing_that_is_asked_again_and_again_reads_all_messages(local, stage, staff, later):
    for _ in range(3):
        stage.admit(staff[3])
    stage.clock.now += later
    with heard(stage) as said:
        stage.store.releases.claim(lease_seconds=60, late_hours=12)
        stage.store.releases.open_count()
        stage.store.outcomes.chain_due()
        stage.store.holds.purge_due()
    about = [one for one in said if "FROM messages" in one[0]]
    assert len(about) >= 3
    with stage.raw() as raw:
        for statement, parameters in about:
            plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not [step for step in plan if step.startswith("SCAN messages") and "INDEX" not in step], plan


def test_a_mail_that_joins_writes_few_pages(local, stage, staff):
    stage.admit(staff[3])
    written = []
    with stage.raw() as raw:
        for _ in range(10):
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            stage.admit(staff[3])
            written.append((stage.file.with_name("mailguard.db-wal").stat().st_size - 32) // (4096 + 24))
    assert min(written) <= 16, written  # each index that has a row for it takes one more
