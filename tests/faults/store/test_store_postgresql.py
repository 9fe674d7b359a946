"""PostgreSQL in trouble: restarted, locked, refusing; and several processes that start or write at once."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres import PASSWORD
from stage import Stage

from mailguard.errors import StoreError, UnavailableError
from mailguard.store import engine, schema
from mailguard.store.engine import Database
from mailguard.store.postgresql import WRITER


@pytest.fixture
def stage(postgresql, tmp_path):
    url = postgresql.database()
    made = Stage(url, tmp_path / "data")
    yield made
    made.store.close()
    postgresql.drop(url)


@pytest.fixture
def empty(postgresql):
    """A database without tables."""
    url = postgresql.database("template0")
    yield url
    postgresql.drop(url)


def test_the_migrations_end_exactly_at_the_schema(empty):
    database = Database(empty)
    database.upgrade()
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), schema.metadata) == []
    database.close()


def test_processes_that_start_at_once_make_one_database(empty, tmp_path):
    program = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from mailguard import config; from mailguard.store import open_store\n"
        "store = open_store(sys.argv[1], Path(sys.argv[2]), lambda: datetime.now(UTC), holds=config.Holds())\n"
        "store.record.may_have_been_sent('m', 1)\n"
    )
    command = [sys.executable, "-c", program, empty, str(tmp_path / "data")]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(process.communicate(timeout=90)[1], process.returncode) for process in started] == [("", 0)] * 3
    stage = Stage(empty, tmp_path / "data")
    assert stage.actions() == ["message.may_have_been_sent"] * 3
    assert stage.store.audit.verify() is None
    stage.store.close()


def test_after_a_restart_of_the_server_the_store_goes_on(stage, staff, postgresql):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    postgresql.stop()
    with pytest.raises(UnavailableError, match="does not answer") as error:
        stage.admit(ski)
    assert PASSWORD not in str(error.value)
    with pytest.raises(StoreError):
        stage.store.ping()
    postgresql.start()
    assert stage.admit(ski).hold_id == hold_id
    postgresql.stop()
    postgresql.start()  # while nobody asked: nobody needs to notice
    stage.store.ping()
    assert stage.row(hold_id).messages == 2
    assert stage.store.audit.verify() is None


def test_a_connection_that_dies_within_a_transaction_leaves_nothing(stage, staff):
    database = Database(stage.url)

    def die():
        with database.write() as tx:
            tx.exec_driver_sql("UPDATE people SET enabled = false")
            tx.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(UnavailableError):
        die()
    with database.write() as tx:
        assert tx.exec_driver_sql("SELECT bool_and(enabled) FROM people").scalar_one()
    database.close()


def test_a_writer_that_stands_still_is_waited_for_and_not_for_ever(stage, staff, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    stage.reopen()
    with psycopg.connect(stage.url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
        with pytest.raises(UnavailableError, match="busy"):
            stage.admit(staff[3])
        answers = stage.store.holds.admit_all([stage.arrival(staff[3]) for _ in range(50)])
        assert {type(answer) for answer in answers} == {UnavailableError}
        assert stage.store.holds.recent() == []  # reading goes on
        other.rollback()
    assert stage.admit(staff[3]).outcome == "opened"


def test_two_stores_write_one_chain_and_one_cap(stage, staff):
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
    assert len(stage.store.holds.recent()) == 2
    assert stage.store.audit.verify() is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_database_itself_refuses_to_change_the_record(stage, staff, statement):
    with psycopg.connect(stage.url, autocommit=True) as raw, pytest.raises(psycopg.Error, match="never changed"):
        raw.execute(statement)
    assert stage.store.audit.verify() is None


def test_the_settings_that_the_promises_rest_on(stage):
    database = Database(stage.url)
    names = (
        "synchronous_commit",
        "lock_timeout",
        "statement_timeout",
        "transaction_isolation",
        "transaction_read_only",
    )
    with database.write() as tx:
        write = [tx.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
    with database.read() as tx:
        read = [tx.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
    database.close()
    assert write == ["on", "5s", "30s", "read committed", "off"]
    assert read == ["on", "5s", "30s", "repeatable read", "on"]


@pytest.mark.parametrize("facts", [{"to": ("\udc80@example.jp",)}, {"name": "x" * 101}, {"name": "nul\0"}])
def test_a_value_that_no_column_takes_is_a_store_error(stage, staff, facts):
    with pytest.raises(StoreError, match=r"cannot (keep|be kept)") as error:
        stage.admit(staff[3], stage.message(data=b"Subject: x\r\n\r\ny", **facts))
    assert "example" not in str(error.value)
    assert stage.store.holds.recent() == []


def test_a_wrong_password_a_missing_database_and_a_silent_server_show_no_password(postgresql, tmp_path):
    url = postgresql.url("template1", password="other-secret")
    for bad in (url, postgresql.url("nowhere"), "postgresql://guard:other-secret@127.0.0.1:1/x"):
        with pytest.raises(StoreError, match="database") as error:
            Stage(bad, tmp_path / "data")
        assert "secret" not in str(error.value)
        assert error.value.__cause__ is None
        assert error.value.__suppress_context__
