"""After a hold by the beginning of a long table: the service counts the whole, and says once when it cannot."""

import asyncio
from base64 import encodebytes
from datetime import UTC, datetime

import pytest

from mailguard import config
from mailguard.demo import incidents
from mailguard.detect.ruleset import shipped_dir
from mailguard.model import Action, Envelope, Inspection, Message, Source, Verdict
from mailguard.pieces import cut
from mailguard.policy import Policy, thresholds
from mailguard.sandbox import Scanner
from mailguard.service import rereading
from mailguard.service.counting import Counter
from mailguard.store import open_store
from mailguard.store.arrival import Arrival

NOW = datetime(2026, 11, 21, tzinfo=UTC)
HEAD = (
    b'Subject: x\r\n%bContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/csv; name=a.csv\r\n'
)
BEGINNING = Inspection(persons=9_999, persons_exact=False, persons_least=7, uncounted=(b"leaf",))


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'g.db'}", tmp_path, lambda: NOW, holds=config.Holds()) as opened:
        yield opened


def held(store, mark: bytes = b"") -> str:
    data = incidents.csv_bytes(incidents.one_person_a_row())
    encoded = b"Content-Transfer-Encoding: base64\r\n\r\n" + encodebytes(data).replace(b"\n", b"\r\n")
    content = HEAD % mark + encoded + b"--b--\r\n"
    message = Message(f"m{mark!r}", Envelope("a@example.jp", ("b@example.com",)), content, NOW)
    source, verdict = Source("mailer", "x", declared=False), Verdict(Action.HOLD, ("attachment_findings",), (b"leaf",))
    arrival = Arrival(message, cut(content, store.digester), source, BEGINNING, verdict, b"key" + mark)
    return store.holds.admit(arrival).hold_id


def row(store, hold_id: str):
    return store.holds.get(hold_id).row


def actions(store, hold_id: str):
    return [record.action for record in store.audit.rows(10, 0, hold_id)]


async def test_the_count_follows_and_one_that_crashes_is_told_once(store, monkeypatch, tmp_path):
    class Marked(Scanner):
        def __init__(self, entry, init, **settings):
            assert settings["nice"] > 0
            assert settings["task_seconds"] > config.Scanner().task_seconds
            super().__init__(
                "tests.faults.bad_parts:worker", init, **settings | {"nice": 1}
            )  # else other tests starve it

    monkeypatch.setattr("mailguard.service.scanning.Scanner", Marked)
    bad, good = held(store, b"X-Test: abort\r\n"), held(store)
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), config.Own(), store.digester)
    counter = Counter(store, lambda: config.Config(data_dir=tmp_path), lambda: policy)
    stop = asyncio.Event()
    running = asyncio.ensure_future(counter.run(stop))
    while any(row(store, hold_id).counting for hold_id in (bad, good)):  # noqa: ASYNC110 - another task counts
        await asyncio.sleep(0.05)
    stop.set()
    await running
    assert (row(store, good).persons, row(store, good).persons_exact, row(store, good).revision) == (3719, True, 2)
    assert (row(store, bad).persons, row(store, bad).persons_exact, row(store, bad).revision) == (9_999, False, 1)
    assert actions(store, good)[0] == "hold.counted"
    assert actions(store, bad).count("hold.not_counted") == 1
    assert await counter.all_due() == 0


async def test_trouble_ends_neither_the_loop_nor_the_wish_to_count(store, monkeypatch, tmp_path):
    class Broken:
        async def start(self):
            raise OSError("no memory")

        async def stop(self):
            pass

    monkeypatch.setattr(rereading, "counter", lambda *_: Broken())
    monkeypatch.setattr(rereading, "_TROUBLE_SECONDS", 0)
    hold_id, stop = held(store), asyncio.Event()
    running = asyncio.ensure_future(Counter(store, lambda: None, lambda: None).run(stop))
    while row(store, hold_id).counting:  # noqa: ASYNC110 - given up after some tries, by another task
        await asyncio.sleep(0.01)
    assert not running.done()
    stop.set()
    await running
    assert actions(store, hold_id).count("hold.not_counted") == 1
