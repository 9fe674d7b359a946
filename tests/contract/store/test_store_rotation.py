"""A new key: everything opens as before, nothing is under the old one, and a crash in the middle loses nothing."""

import pytest
from sqlalchemy import LargeBinary, create_engine, text
from sqlalchemy.engine import make_url
from stage import LIST

from mailguard.errors import MailguardError, UnavailableError
from mailguard.store import keys, rotate_key, rotation, schema

DIGESTS = {
    "people.organisation_key", "sources.organisation_key", "settings.digest",
    "public_contacts.key", "holds.likeness", "notices.campaign", "part_views.key", "requests.subject_key",
    "requests.mailing_key",
    "audit_head.seal", "audit_seals.seal", "attempts.name_key", "attempts.place_key", "blobs.id", "candidates.key", "candidates.submitter", "locked.submitter", "claimed.key", "evidence.key",
    "holds.content_key", "holds.subject_key", "logins.login_key", "participants.key", "parts.blob_id",
    "people.login_key", "people.mail_key", "sessions.id", "stops.subject_key", "stops.campaign_key", "stop_blocks.keys", "stop_blocks.path_key", "stop_entries.key",
    "stop_files.content_key", "stop_files.path_key", "suppressions.key", "campaigns.key", "messages.fold_key", "runs.series", "runs.traits", "watched_mailings.subject_key",
}  # fmt: skip


def rotated(stage):
    stage.store.close()
    try:
        return rotate_key(stage.url, stage.folder, stage.clock, holds=stage.settings, actor="test")
    finally:
        stage.open()


def stored(stage):
    """Every sealed value, by column."""
    url = make_url(stage.url)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if url.drivername.startswith("postgresql") else url)
    with engine.begin() as tx:
        found = {
            bytes(value)
            for sealed in rotation.SEALED
            for (value,) in tx.execute(text(f"SELECT {sealed.column} FROM {sealed.table.name}"))
            if value is not None
        }
    engine.dispose()
    return found


@pytest.fixture
def hold(stage, staff):
    stage.store.logins.add("bulk", "a long enough password", actor="test")
    stage.store.switch.pause(staff[1].id, "stop")
    stage.store.switch.resume(staff[1].id)
    hold_id = stage.admit(staff[3], stage.message("first")).hold_id
    stage.decide(hold_id, staff[1])
    stop = stage.store.stops.stop_all(staff[1].id, "wrong list")
    stage.store.let_through.ask(hold_id, staff[1].id, "apology")
    stage.store.stops.ask_end(staff[1].id, stop.id, "all is well")
    stage.store.stops.agree_end(staff[2].id, stop.id)
    return hold_id


def check(stage, hold):
    view = stage.store.holds.get(hold)
    assert (view.row.subject, view.decisions[0].reason) == ("冬の〇〇", "looked at it")
    assert LIST in stage.store.releases.claim(lease_seconds=9, late_hours=12).content
    assert stage.store.people.by_login("sato").name == "sato Yamada"
    [stop] = stage.store.stops.recent()
    assert (stop.reason, stop.asked) == ("wrong list", "all is well")
    assert stage.store.audit.check() is None


def test_every_column_of_bytes_is_sealed_or_a_digest():
    sealed = {f"{one.table.name}.{one.column}" for one in rotation.SEALED}
    sealed |= {f"{table.name}.sealed" for table in rotation.FORGOTTEN}
    binary = {
        f"{table.name}.{column.name}"
        for table in schema.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert binary - sealed - DIGESTS == set(), "a sealed column goes into rotation.SEALED"
    assert sealed <= binary


def test_everything_is_sealed_anew_and_opens_as_before(stage, hold):
    before, old = stored(stage), keys.load(stage.folder / keys.NAME)
    done = rotated(stage)
    new = keys.load(stage.folder / keys.NAME)
    assert (done.damaged, done.sealed) == (0, len(before))
    assert not stored(stage) & before
    assert (new.digest, new.next) == (old.digest, b"")
    assert new.data != old.data
    check(stage, hold)
    assert stage.actions()[0] == "key.rotated"


def test_a_rotation_cut_off_in_the_middle_goes_on(stage, hold, monkeypatch):
    before = stored(stage)
    real = rotation._column

    def dies(context, sealed):
        if sealed.table is schema.blobs:
            raise KeyboardInterrupt
        return real(context, sealed)

    monkeypatch.setattr(rotation, "_column", dies)
    with pytest.raises(KeyboardInterrupt):
        rotated(stage)
    begun = keys.load(stage.folder / keys.NAME)
    assert begun.next  # both keys are there, and the store works with them
    stage.admit(stage.store.sources.all()[0], stage.message("between"))
    monkeypatch.undo()
    rotated(stage)
    assert keys.load(stage.folder / keys.NAME) == begun.rotated
    assert not stored(stage) & before
    check(stage, hold)


def test_a_rotation_cut_off_before_the_key_file_is_ended_at_the_next_start(stage, hold, monkeypatch):
    def dies(path, text):
        raise KeyboardInterrupt

    monkeypatch.setattr(rotation, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        rotated(stage)
    assert keys.load(stage.folder / keys.NAME).next == b""
    check(stage, hold)


def test_nobody_else_may_have_the_store_open(stage, hold):
    with pytest.raises(UnavailableError, match="Stop the service"):
        rotate_key(stage.url, stage.folder, stage.clock, holds=stage.settings, actor="test")
    assert keys.load(stage.folder / keys.NAME).next == b""
    check(stage, hold)


def test_the_old_key_file_opens_nothing_afterwards(stage, hold):
    path = stage.folder / keys.NAME
    old = path.read_bytes()
    rotated(stage)
    stage.store.close()
    new = path.read_bytes()
    path.write_bytes(old)
    with pytest.raises(MailguardError, match="not the key of this database"):
        stage.open()
    path.write_bytes(new)
    stage.open()
