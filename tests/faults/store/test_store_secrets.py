import stat

import pytest
from sqlalchemy import text
from stage import PASSWORD, Stage

from mailguard.errors import KeyFileError, StoreError
from mailguard.store.engine import Database
from mailguard.store.keys import NAME


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_database_key_and_folder_are_private(stage, staff):
    stage.admit(staff[3])
    assert mode(stage.folder) == 0o700
    assert {path.name: mode(path) for path in stage.folder.iterdir()} == {
        NAME: 0o600, "mailguard.db": 0o600, "mailguard.db-queue": 0o600, "mailguard.db-turn": 0o600, "mailguard.db-changes": 0o600,
            "mailguard.db-wal": 0o600, "mailguard.db-shm": 0o600, "mailguard.open": 0o600,
    }  # fmt: skip


def test_a_folder_of_ours_that_is_too_open_is_closed(stage):
    stage.folder.chmod(0o755)
    stage.reopen()
    assert mode(stage.folder) == 0o700


def test_a_shared_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "somebody.txt").write_text("theirs")
    tmp_path.chmod(0o755)
    with pytest.raises(StoreError, match="chmod 700"):
        Stage(f"sqlite:///{tmp_path / 'mailguard.db'}", tmp_path)
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize(
    ("spoil", "fact"),
    [
        (lambda key: key.unlink(), "missing.*[Rr]estore"),
        (lambda key: key.chmod(0o640), "others may read it.*chmod 600"),
        (lambda key: key.write_text("mailguard keys 1\ndigest 00\n"), "damaged.*[Rr]estore"),
        (
            lambda key: key.write_text(f"mailguard keys 1\ndigest {'11' * 32}\ndata {'22' * 32}\n"),
            "not the key of this",
        ),
    ],
    ids=["missing", "open", "damaged", "wrong"],
)
def test_without_the_right_key_file_nothing_opens(stage, spoil, fact):
    stage.store.close()
    key = stage.folder / NAME
    before = key.read_bytes()
    spoil(key)
    with pytest.raises(KeyFileError, match=fact) as error:
        stage.open()
    assert str(key) in str(error.value)
    assert not key.exists() or key.read_bytes() != before or mode(key) != 0o600  # no new key was made up
    key.write_bytes(before)
    key.chmod(0o600)
    stage.open()


def test_nothing_clear_is_on_disk(stage, staff):
    ski = staff[3]
    stage.person("hanako", password=PASSWORD, email="hanako.private@example.ne.jp")
    body = "氏名,電話\r\n山田太郎,090-1234-5678\r\n".encode() * 300
    stage.admit(
        ski,
        stage.message(
            to=("jiro.suzuki@example.ne.jp",),
            login="bulk-login",
            mail_from="bounce-77@example.co.jp",
            data=b"Subject: winter ski\r\n\r\n" + body,
        ),
    )
    hold_id = stage.admit(ski, stage.message(data=b"Subject: small\r\n\r\nsaburo 090-9999-8888\r\n")).hold_id
    stage.decide(hold_id, staff[1], reason="asked Saburo by phone")
    stage.store.close()
    raw = b"".join(path.read_bytes() for path in stage.folder.glob("mailguard.db*"))
    assert "スキー案内".encode() in raw  # titles are clear, so the search works
    secrets = [
        "jiro.suzuki", "bulk-login", "bounce-77", "hanako", "private@example", "Yamada", "山田太郎", "090-", "winter ski",
        "saburo", "Saburo", PASSWORD, "冬の", "shop@", "example.ne.jp", "list.csv",
    ]  # fmt: skip
    assert [secret for secret in secrets if secret.encode() in raw] == []


def test_bytes_moved_to_another_row_do_not_open(stage, staff):
    for key in (b"1", b"2"):
        stage.admit(staff[3], key=key)
    with stage.raw() as raw:
        raw.execute("UPDATE holds SET inspection = (SELECT inspection FROM holds WHERE serial = 1) WHERE serial = 2")
    raw.close()
    first, second = stage.store.holds.recent()[::-1]
    stage.store.holds.get(first.id)
    with pytest.raises(StoreError, match="altered"):
        stage.store.holds.get(second.id)


def test_an_error_of_the_database_does_not_quote_values(stage):
    database = Database(stage.url)
    with pytest.raises(StoreError) as error, database.read() as tx:
        tx.execute(text("SELECT :value FROM nowhere"), {"value": "taro@example.jp"})
    database.close()
    assert "taro" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
