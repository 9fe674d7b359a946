import fcntl
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from stage import ACCEPTED, Stage

from mailguard.errors import StoreError, UnavailableError
from mailguard.lifecycle import Choice
from mailguard.store import engine, schema, upgrading
from mailguard.store.engine import Database
from mailguard.store.sqlite import Sqlite

COUNTED = ("holds", "messages", "recipients", "blobs", "parts", "evidence", "participants", "notices", "audit")


def rows(stage):
    raw = stage.raw()
    counts = {table: raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED}
    raw.close()
    return counts


@pytest.fixture
def impatient(monkeypatch, stage):
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    stage.reopen()


def test_a_locked_database_is_a_store_error_everywhere_and_changes_nothing(impatient, stage, staff):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    approved = stage.admit(ski, key=b"approved").hold_id
    stage.decide(approved, staff[1])
    reservation = stage.reserve(key=b"approved")
    claim = stage.store.releases.claim(lease_seconds=60)
    before = rows(stage)
    store = stage.store
    writes = [
        lambda: stage.admit(ski),
        lambda: stage.decide(hold_id, staff[1]),
        lambda: stage.decide(hold_id, staff[0], Choice.APPROVE),
        lambda: stage.reserve(key=b"approved"),
        lambda: store.holds.give_back(reservation),
        lambda: store.holds.confirm(reservation, 1),
        lambda: stage.record(claim, ACCEPTED),
        lambda: store.notices.sent(store.notices.pending()[0].id),
        lambda: store.sessions.create(staff[1].id, 1),
        lambda: store.people.authenticate("sato", "x", "192.0.2.1"),
        lambda: stage.person("new"),
        lambda: stage.source(name="new"),
    ]
    lock = stage.raw()
    lock.execute("BEGIN IMMEDIATE")
    for write in writes:
        with pytest.raises(StoreError, match="locked"):
            write()
    assert store.holds.get(hold_id).row.messages == 1  # reading goes on
    lock.execute("ROLLBACK")
    lock.close()
    assert rows(stage) == before
    assert stage.record(claim, ACCEPTED) is not None
    assert store.audit.verify() is None


def test_a_full_disk_is_a_store_error_and_nothing_is_half_written(stage, staff, monkeypatch):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    before = rows(stage)
    prepare = Sqlite._prepare

    def full(self, connection, record):
        prepare(self, connection, record)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    stage.store.close()
    monkeypatch.setattr(Sqlite, "_prepare", full)
    stage.open()
    big = b"Subject: x\r\n\r\n" + bytes(range(256)) * 40_000
    with pytest.raises(StoreError, match="disk full"):
        stage.admit(ski, stage.message("big", data=big + stage.folder.name.encode()), key=b"big")
    assert rows(stage) == before
    assert stage.store.audit.verify() is None
    monkeypatch.setattr(Sqlite, "_prepare", prepare)
    stage.reopen()
    assert stage.admit(ski, stage.message("big", data=big), key=b"big").outcome == "opened"
    assert stage.row(hold_id).messages == 1


def test_many_mails_with_one_attachment_store_it_once(stage, staff):
    for number in range(5):
        stage.admit(staff[3], stage.message(to=(f"taro{number}@example.jp",)))
    counts = rows(stage)
    assert (counts["blobs"], counts["parts"], counts["messages"], counts["holds"]) == (1, 5, 5, 1)


@pytest.mark.parametrize(
    ("content", "fact"), [(b"this is no database file at all, not one" * 30, "not a mailguard database")]
)
def test_a_file_that_is_no_database_is_refused(tmp_path, content, fact):
    (tmp_path / "mailguard.db").write_bytes(content)
    with pytest.raises(StoreError, match=fact):
        Stage(f"sqlite:///{tmp_path / 'mailguard.db'}", tmp_path)
    assert (tmp_path / "mailguard.db").read_bytes() == content


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "nosuchdb://host/name"])
def test_a_bad_url_is_refused_with_a_remedy(tmp_path, url):
    with pytest.raises(StoreError, match=r"store\.url"):
        Stage(url, tmp_path)


def test_a_database_of_a_newer_version_is_refused(stage):
    stage.store.close()
    with stage.raw() as raw:
        ((version,),) = raw.execute("SELECT version_num FROM alembic_version").fetchall()
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(StoreError, match="newer"):
        stage.open()
    with stage.raw() as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", (version,))
    raw.close()
    stage.open()


def test_a_database_of_this_version_is_opened_without_looking_for_steps(stage, monkeypatch):
    def looked(connection, steps):
        raise AssertionError("no step is missing")

    monkeypatch.setattr(upgrading, "upgrade", looked)
    stage.store.close()
    stage.open()
    stage.store.close()
    with stage.raw() as raw:
        raw.execute("DELETE FROM alembic_version")
    raw.close()
    with pytest.raises(AssertionError, match="no step"):
        stage.open()


def test_the_name_of_a_step_begins_with_its_number():
    for step in (engine.MIGRATIONS / "versions").glob("*.py"):
        assert f'revision = "{step.name.partition("_")[0]}"\n' in step.read_text()


def definitions(path):
    with sqlite3.connect(path) as raw:
        found = raw.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' AND sql IS NOT NULL")
        # Columns and constraints may stand in another order; the name of a table that a migration copied stands in quotes.
        plain = {name: sql.replace('"', "") for name, sql in found}
        result = {name: sorted(part.strip(" )\n\t") for part in re.split(r"[,\n]", sql)) for name, sql in plain.items()}
        result = {name: [part for part in parts if part] for name, parts in result.items()}
    raw.close()
    return result


def test_the_migrations_end_exactly_at_the_schema(tmp_path):
    tmp_path.chmod(0o700)
    migrated, direct = tmp_path / "mailguard-a.db", tmp_path / "mailguard-b.db"
    database = Database(f"sqlite:///{migrated}")
    database.upgrade()
    database.upgrade()
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), schema.metadata) == []
    database.close()
    made = create_engine(f"sqlite:///{direct}")
    schema.metadata.create_all(made)
    made.dispose()
    assert definitions(migrated) == definitions(direct)


def test_the_pragmas_that_the_promises_rest_on(stage):
    database = Database(stage.url)
    with database.read() as tx:
        values = {
            name: tx.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    database.close()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_several_processes_share_one_database_without_deadlock(stage, staff):
    # A second store on the same file stands for a second process: the queue of threads does not help there.
    other = Stage(stage.url, stage.folder, stage.clock)
    hold_id = stage.admit(staff[3]).hold_id
    stage.decide(hold_id, staff[1], cap=7)

    def work(number):
        place = (stage, other)[number % 2]
        place.admit(staff[3], place.message(f"p{number}"), key=b"shared")
        return place.reserve(2, message_id=f"q{number}")

    with ThreadPoolExecutor(6) as pool:
        granted = [reservation for reservation in pool.map(work, range(24)) if reservation]
    other.store.close()
    assert len(granted) == 3
    assert rows(stage)["holds"] == 2
    assert stage.store.audit.verify() is None


def test_a_message_of_a_hold_nobody_approved_is_never_handed_out(stage, staff):
    stage.admit(staff[3])
    with stage.raw() as raw:
        raw.execute("UPDATE messages SET due_at = '2020-01-01 00:00:00.000000'")
    raw.close()
    assert stage.store.releases.claim(lease_seconds=9) is None


WRITER = """
import sys, time
from pathlib import Path
from datetime import UTC, datetime
from mailguard import config
from mailguard.store import open_store
store = open_store(sys.argv[1], Path(sys.argv[2]), lambda: datetime.now(UTC), holds=config.Holds())
print("ready", flush=True)
end, count, longest = time.monotonic() + 2, 0, 0.0
while (start := time.monotonic()) < end:
    with store._database.write() as tx:
        store.audit.append(tx, "test", "test.written", "x")
        time.sleep(0.01)  # nearly all the time somebody holds the lock
    longest, count = max(longest, time.monotonic() - start), count + 1
print(count, longest)
"""


def test_of_several_processes_that_write_without_a_pause_none_starves(stage, tmp_path):
    command = [sys.executable, "-c", WRITER, stage.url, str(stage.folder)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    figures = [process.communicate(timeout=60)[0].split() for process in started]
    counts = [int(count) for count, _ in figures]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert min(counts) * 3 > max(counts)
    assert len(stage.store.audit.rows(10_000, 0)) == sum(counts)
    assert stage.store.audit.verify() is None


@pytest.mark.parametrize("lock", ["queue", "turn"])
def test_the_place_in_the_queue_ends_with_its_process(stage, staff, lock):
    program = "import fcntl, os, sys\nfcntl.flock(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_EX)\nos.abort()"
    subprocess.run([sys.executable, "-c", program, f"{stage.file}-{lock}"], check=False, stderr=subprocess.DEVNULL)
    assert stage.admit(staff[3]).outcome == "opened"


@pytest.mark.parametrize("lock", ["queue", "turn"])
def test_somebody_who_never_leaves_the_queue_is_not_waited_for_for_ever(impatient, stage, staff, lock):
    with Path(f"{stage.file}-{lock}").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError, match="waiting"):
            stage.admit(staff[3])
    assert stage.admit(staff[3]).outcome == "opened"


def test_a_disk_that_takes_no_more_bytes_is_a_store_error(stage, staff):
    # The limit on file sizes is the nearest that the system offers to a disk error: a write comes back short.
    big = stage.arrival(staff[3], stage.message(data=b"Subject: x\r\n\r\n" + os.urandom(3_000_000)), key=b"big")
    before, (soft, hard) = rows(stage), resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        answers = stage.store.holds.admit_all([stage.arrival(staff[3]), big, stage.arrival(staff[3])])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert isinstance(answers[1], StoreError)
    assert [answers[0].outcome, answers[2].outcome] == ["opened", "joined"]  # the small ones found room
    counts = rows(stage)
    assert (counts["messages"], counts["blobs"]) == (before["messages"] + 2, 1)
    assert stage.store.audit.verify() is None
    assert stage.admit(staff[3], big.message, key=b"big").outcome == "opened"
