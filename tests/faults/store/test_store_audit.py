import sqlite3

import pytest


@pytest.fixture
def raw(stage, staff):
    """Five rows or more, and a way behind the store's back."""
    hold_id = stage.admit(staff[3]).hold_id
    stage.decide(hold_id, staff[1])
    assert stage.store.audit.verify() is None
    connection = stage.raw()
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 1"]
)
def test_the_database_itself_refuses_to_change_the_record(stage, raw, statement):
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        raw.execute(statement)
    assert stage.store.audit.verify() is None


def unlock(raw):
    raw.execute("DROP TRIGGER audit_no_update")
    raw.execute("DROP TRIGGER audit_no_delete")


COLUMNS = ("at", "actor", "action", "subject", "detail", "previous", "hash")


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_to_any_column_of_any_row_is_found(stage, raw, column):
    unlock(raw)
    for seq in range(1, raw.execute("SELECT max(seq) FROM audit").fetchone()[0] + 1):
        (old,) = raw.execute(f"SELECT {column} FROM audit WHERE seq = ?", (seq,)).fetchone()
        new = "2020-01-01T00:00:00+00:00" if column == "at" else old + "x"
        raw.execute(f"UPDATE audit SET {column} = ? WHERE seq = ?", (new, seq))
        assert stage.store.audit.verify() == seq
        raw.execute(f"UPDATE audit SET {column} = ? WHERE seq = ?", (old, seq))
    assert stage.store.audit.verify() is None


def test_a_missing_row_is_found(stage, raw):
    unlock(raw)
    raw.execute("DELETE FROM audit WHERE seq = 3")
    assert stage.store.audit.verify() == 3


def test_a_cut_tail_is_found(stage, raw):
    unlock(raw)
    (last,) = raw.execute("SELECT max(seq) FROM audit").fetchone()
    raw.execute("DELETE FROM audit WHERE seq >= ?", (last - 1,))
    assert stage.store.audit.verify() == last - 1
    # Nor does it help to write a new end: the seal needs the key.
    raw.execute("UPDATE audit_head SET length = ?, hash = (SELECT hash FROM audit WHERE seq = ?)", (last - 2, last - 2))
    assert stage.store.audit.verify() == last - 1


def test_an_emptied_record_is_found(stage, raw):
    unlock(raw)
    raw.execute("DELETE FROM audit")
    assert stage.store.audit.verify() == 1


def test_the_tables_guard_what_the_code_guards(stage, staff, raw):
    stage.admit(staff[3], key=b"other")
    broken = [
        "UPDATE holds SET state = 'sent'",
        "UPDATE holds SET used = cap + 1 WHERE state = 'approved'",
        "UPDATE holds SET state = 'approved', cap = NULL WHERE state = 'pending'",
        "UPDATE holds SET state = 'approved', cap = 9, approvals = 0 WHERE state = 'pending'",
        "UPDATE holds SET state = 'pending', content_key = x'6f74686572' WHERE state = 'approved'",
        "UPDATE messages SET state = 'rejected', due_at = '2020-01-01 00:00:00.000000'",
        "UPDATE recipients SET state = 'lost'",
        "UPDATE people SET role = 'root'",
    ]
    for statement in broken:
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute(statement)
