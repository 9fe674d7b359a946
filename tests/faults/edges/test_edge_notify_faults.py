"""Notices when the store is locked and when the service is stopped."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from hop import Hop

from mailguard.config import Notify, Relay
from mailguard.errors import StoreError
from mailguard.notify import NoticeWorker
from mailguard.notify import worker as module
from mailguard.relay.next_hop import NextHop
from mailguard.store.views import Notice, Person

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
PERSON = Person("P-1", "hana", "佐藤花", "hana@example.co.jp", "approver")


class Notices:
    """`locked`: everything can be read, nothing written."""

    def __init__(self, count):
        self.waiting = [
            Notice(f"N-{number}", "opened", PERSON, "H-0123456789", "会員メール", 1, 2, 3, 0) for number in range(count)
        ]
        self.locked = False
        self.writes = 0
        self.broken = 0

    def pending(self, limit=50):
        if self.broken:
            self.broken -= 1
            raise ValueError("a bug")
        return self.waiting[:limit]

    def sent(self, name):
        self.writes += 1
        if self.locked:
            raise StoreError("locked")
        self.waiting = [notice for notice in self.waiting if notice.id != name]

    def failed(self, name, retry_at):
        assert retry_at > NOW
        self.sent(name)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(module, "AFTER_DOT_SECONDS", 0.3)
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.3)


@contextlib.asynccontextmanager
async def working(notices, *script):
    """(hop, stop, task)"""
    async with Hop(list(script)) as hop, asyncio.TaskGroup() as group:
        worker = NoticeWorker(
            notices, NextHop(Relay(port=hop.port), "guard.example"), Notify(), "https://x.example", lambda: NOW
        )
        stop = asyncio.Event()
        task = group.create_task(worker.run(stop))
        try:
            yield hop, stop, task
        finally:
            stop.set()
            async with asyncio.timeout(2):
                await task


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the thing waited for has no event
            await asyncio.sleep(0.01)


async def test_a_notice_that_cannot_be_settled_is_not_mailed_again():
    notices = Notices(10)
    notices.locked = True
    async with working(notices) as (hop, *_):
        await until(lambda: notices.writes > 15)
        assert len(hop.taken) <= module.AT_ONCE
        notices.locked = False
        await until(lambda: not notices.waiting)
    ids = [taken.content.split(b"Message-ID: ")[1].split(b"\r\n")[0] for taken in hop.taken]
    assert len(ids) == len(set(ids)) == 10


async def test_a_refusal_that_cannot_be_settled_is_not_tried_again_at_once():
    notices = Notices(1)
    notices.locked = True
    async with working(notices, "dot 451 4.3.0 later") as (hop, *_):
        await until(lambda: notices.writes > 5)
        assert hop.commands.count(b"DATA") == 1
        notices.locked = False
        await until(lambda: not notices.waiting)


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
async def test_stop_cuts_off_what_has_not_sent_its_dot(step):
    notices = Notices(1)
    async with working(notices, f"hang {step}") as (hop, stop, task):
        await until(lambda: hop.connections)
        await asyncio.sleep(0.05)
        stop.set()
        async with asyncio.timeout(0.25):
            await task
    assert (hop.taken, notices.writes) == ([], 0)


async def test_stop_does_not_wait_for_ever_for_the_reply_to_the_dot():
    notices = Notices(1)
    async with working(notices, "hang dot") as (hop, stop, task):
        await until(lambda: b"DATA" in hop.commands)
        await asyncio.sleep(0.05)
        stop.set()
        async with asyncio.timeout(0.8):
            await task
    assert notices.writes == 1  # failed: again later


async def test_a_bug_ends_nothing():
    notices = Notices(1)
    notices.broken = 3
    async with working(notices) as (hop, *_):
        await until(lambda: hop.taken)
