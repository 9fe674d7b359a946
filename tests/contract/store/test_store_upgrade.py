"""Databases of earlier versions with rows in them, brought to this one: real tables of then, filled with what fits of rows of now."""

import dataclasses

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import MetaData, insert, select, text
from test_store_imprints import COPIED
from test_store_part_views import PARTS
from test_store_stop_mailing import admit
from test_store_tampering import sql

from mailguard.store import imprints, schema
from mailguard.store.audit import CLI
from mailguard.store.engine import MIGRATIONS, Database
from mailguard.store.imprint_checks import Wrong
from mailguard.store.part_views import Look


@pytest.fixture
def earlier(stage, request):
    """What makes the store's database one of an earlier version, not yet upgraded. change: of rows, by table."""

    def made(revision, **change):
        with stage.store._database.read() as tx:
            tables = schema.metadata.sorted_tables
            kept = {table.name: [dict(row) for row in tx.execute(select(table)).mappings()] for table in tables}
        stage.store.close()
        if stage.url.startswith("sqlite"):
            stage.url = f"sqlite:///{stage.folder / 'earlier.db'}"
        else:
            server = request.getfixturevalue("postgresql")
            stage.url = server.database("template0")
            request.addfinalizer(lambda: server.drop(stage.url))
        database = Database(stage.url)
        with database.write() as tx:
            setup = AlembicConfig()
            setup.set_main_option("script_location", str(MIGRATIONS))
            setup.attributes["connection"] = tx
            command.upgrade(setup, revision)
            _fill(tx, tables, {name: [row | change.get(name, {}) for row in rows] for name, rows in kept.items()})
        database.close()

    yield made
    stage.store.close()


def _fill(tx, tables, kept):
    then = MetaData()
    then.reflect(tx)
    for table in tables:
        columns = set(then.tables[table.name].c.keys()) if table.name in then.tables else set()
        if not (columns and kept[table.name]):
            continue
        tx.execute(insert(table), [{name: row[name] for name in row.keys() & columns} for row in kept[table.name]])
        if tx.dialect.name == "postgresql" and "serial" in columns:
            last = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'serial'), max(serial)) FROM {table.name}"
            tx.execute(text(last))
    if "contents" not in then.tables:  # before 0028 bytes stood with their messages
        whole = text("UPDATE messages SET envelope = :envelope, skeleton = :skeleton WHERE serial = :message")
        tx.execute(whole, kept["contents"])


@pytest.fixture
def rows(stage, staff, monkeypatch):
    """Two mailings, one of them stopped; a part that somebody looked at; a hold with other reasons. No imprints."""
    with monkeypatch.context() as patch:
        patch.setattr(imprints, "of", lambda *_: {})
        first = admit(stage, staff[3], b"one", name=b"17", subject=b"A")
        admit(stage, staff[3], b"two", name=b"17", subject=b"B", reasons=("recipient_mismatch",))
        arrival = stage.arrival(staff[3], key=b"parts", subject_key=b"other")
        looked = dataclasses.replace(arrival, inspection=dataclasses.replace(arrival.inspection, parts=PARTS))
        held = stage.store.holds.admit(looked).hold_id
        stage.store.part_views.open(held, 1, staff[1].id, Look.UNMASKED, revision=1, reason="a name looks wrong")
        stage.store.stops.stop_campaign(CLI, first, "wrong list")
        stage.store.stops.stop_source(CLI, "ski", "wrong source")
    return held


def seen(stage, held):
    """What people see of what the later migrations are about."""
    store = stage.store
    return (
        [(row.id, row.reasons, row.last_seen) for row in store.campaigns.recent()],
        [(one.part, one.person_name, one.message, one.reason) for one in store.part_views.of(held)],
        [(one.id, one.login, one.given) for one in store.people.all()],
        sorted(store.stops.latest().halts, key=lambda halt: halt.id),
        [(one.id, one.title, one.operators) for one in store.sources.all()],
    )


@pytest.mark.parametrize("revision", ["0022", "0024", "0026", "0029"])
def test_an_upgrade_keeps_what_is_there(stage, staff, rows, earlier, revision):
    before = seen(stage, rows)
    assert {halt.scope: bool(halt.campaign_key) for halt in before[3]} == {"source": False, "campaign": True}
    assert before[0][1][1] == ("attachment", "recipient_mismatch")
    earlier(revision, campaigns={"reasons": '["attachment"]'} if revision < "0027" else {})  # as grouping left it
    stage.open()
    assert seen(stage, rows) == before
    assert stage.store.audit.check() is None  # noted at this start
    assert stage.actions("")[0] == "rows.noted"
    stage.decide(rows, staff[1])
    stage.person("new")
    stage.reopen()
    assert stage.store.audit.check() is None
    assert stage.actions("").count("rows.noted") == 1


def test_a_person_whom_no_record_knows_is_found_behind_an_upgrade(stage, staff, rows, earlier):
    earlier("0029")
    sql(stage, f"{COPIED} WHERE id = '{staff[1].id}'")
    stage.open()
    (stray,) = stage.store.audit.check().strays
    assert (stray.name, stray.wrong) == ("person:P-NEW", Wrong.PUT_IN)
