import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from stage import ACCEPTED, Stage

from mailguard.errors import StoreError
from mailguard.lifecycle import Choice
from mailguard.store import engine, schema
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
        lambda: store.people.authenticate("sato", "x"),
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
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(StoreError, match="newer"):
        stage.open()
    with stage.raw() as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0001'")
    raw.close()
    stage.open()


def definitions(path):
    with sqlite3.connect(path) as raw:
        found = raw.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' AND sql IS NOT NULL")
        # Constraints may stand in another order.
        result = {name: sorted(part.strip(" ,\n\t") for part in sql.splitlines()) for name, sql in found}
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
