"""A part is opened in a scanner worker of its own, which ends with the service."""

import asyncio
from datetime import UTC, datetime

import pytest

from mailguard import config
from mailguard.digest import Digester
from mailguard.sandbox import CrashedError
from mailguard.service import opening
from mailguard.service.opening import Opener
from mailguard.store import open_store

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DATA = "氏名,電話\r\n山田太郎,090-1234-5678\r\n,\r\n".encode("cp932")
MAIL = (
    b"Subject: x\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n"
    + DATA
)
OTHER = b"Subject: x\r\n\r\nnothing\r\n"


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'g.db'}", tmp_path, lambda: NOW, holds=config.Holds()) as opened:
        yield opened


async def test_rows_and_file_come_from_the_first_mail_that_has_the_part(store, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "IDLE_SECONDS", 30.0)
    opener = Opener(store, lambda: config.Config(data_dir=tmp_path))
    key = Digester(store.digester.key).of("leaf", DATA)
    try:
        rows = await opener.rows([OTHER, MAIL], ("a.csv",), key, 0)
        assert (rows.head, rows.rows, rows.total) == (("氏名", "電話"), (("山田太郎", "090-1234-5678"),), 1)
        assert (await opener.file([MAIL], ("a.csv",), key)).data == DATA
        assert not (await opener.file([OTHER], ("a.csv",), key)).found
        worker = opener._scanner
    finally:
        await opener.close()
    assert worker is not None
    assert opener._scanner is None


async def test_a_worker_that_crashes_shows_nothing_and_idle_ones_end(store, tmp_path, monkeypatch):
    stopped = asyncio.Event()

    class Crashing:
        async def start(self):
            pass

        async def run(self, job, body, seconds):
            raise CrashedError("twice")

        async def stop(self):
            stopped.set()

    monkeypatch.setattr(opening, "counter", lambda *_, **__: Crashing())
    monkeypatch.setattr(opening, "IDLE_SECONDS", 0.0)
    opener = Opener(store, lambda: config.Config(data_dir=tmp_path))
    assert not (await opener.rows([MAIL], ("a.csv",), b"k", 0)).found
    async with asyncio.timeout(10):
        await stopped.wait()
    await opener.close()
    assert opener._scanner is None
