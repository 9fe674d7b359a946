"""Files of the stop list as the service reads them: what is new counts at once, what they lose waits for consent."""

from datetime import UTC, datetime

import pytest

from mailguard import config
from mailguard.service.stop_files import StopFiles
from mailguard.store import open_store

NOW = datetime(2027, 4, 28, 1, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    data = tmp_path / "data"
    with open_store(f"sqlite:///{data / 'mailguard.db'}", data, lambda: NOW, holds=config.Holds()) as made:
        for name in ("sato", "suzuki"):
            made.people.add(login=name, name=name, email="", role="approver", password=None, actor="test")
        yield made


def write(path, *numbers):
    path.write_text("address\n" + "".join(f"taro{number}@example.jp\n" for number in numbers))


def test_a_file_that_loses_many_entries_asks_once_and_goes_on_as_before(store, tmp_path, caplog):
    path = tmp_path / "list.csv"
    write(path, *range(100))
    files = StopFiles([path], store)
    files.read()
    assert (len(store.stop_list.latest()), store.changes.all()) == (100, [])
    write(path, *range(50, 101))
    files.look(now=True)
    assert len(store.stop_list.latest()) == 101
    (change,) = store.changes.all()
    assert change.kind == "stop_list.lose"
    assert f"{path} has lost 50 entries; they stay until an approver consents" in caplog.text
    assert f"{change.id} waits for consent" in caplog.text
    StopFiles([path], store).read()
    assert len(store.changes.all()) == 1
    StopFiles([], store).read()  # the configuration names it no more
    last, first = store.changes.all()
    assert (last.state, first.state) == ("waiting", "expired")
    assert len(store.stop_list.latest()) == 101
    store.changes.agree(last.id, store.people.by_login("sato").id)
    assert len(store.stop_list.latest()) == 0
