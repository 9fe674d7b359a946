"""The release worker when leases run out, the store is locked, the next hop is slow, and the service is stopped."""

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hop import Hop

from mailguard.config import Relay, Release
from mailguard.errors import StoreError
from mailguard.lifecycle import MessageState, RecipientState
from mailguard.model import Envelope
from mailguard.relay.next_hop import NextHop
from mailguard.release import ReleaseWorker, work
from mailguard.release import worker as module
from mailguard.store.views import Claim, Clearance

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
ACCEPTED, REFUSED, WAITING = RecipientState.ACCEPTED, RecipientState.REFUSED, RecipientState.WAITING


class SlowHop(Hop):
    """`delays`: seconds before a step."""

    delays = {}  # noqa: RUF012 - set per test, never changed in place

    async def step(self, name, writer):
        await asyncio.sleep(self.delays.get(name, 0))
        return await super().step(name, writer)


class StrictHop(SlowHop):
    """Hangs up after a few refused recipients, as Postfix does after 20 (smtpd_hard_error_limit)."""

    patience = 3

    def rcpt(self, path):
        dialogue = self.dialogues[-1]
        refused = dialogue.__dict__.setdefault("refused", [])
        if len(refused) >= self.patience:
            return b"421 4.7.0 too many errors\r\n"
        if path.startswith(b"<bad"):
            refused.append(path)
            return b"550 5.1.1 unknown\r\n"
        return super().rcpt(path)


class Leases:
    """Messages under real leases, as the store keeps them; `locked` makes every write fail, `clear` is what people say."""

    bounces = SimpleNamespace(pending=list)

    def __init__(self, *recipients, lease=0.3):
        self.lease = lease
        self.states = [dict.fromkeys(names, WAITING) for names in recipients]
        self.replies = [{} for _ in recipients]
        self.due = [0.0] * len(recipients)
        self.retry_at = [None] * len(recipients)
        self.tokens = [None] * len(recipients)
        self.attempts = [0] * len(recipients)
        self.claims = 0
        self.records = 0
        self.locked = False
        self.deny = False
        self.clear = Clearance.GO
        self.doubts = []

    def claim(self, *, lease_seconds, late_hours):
        if self.locked:
            raise StoreError("locked")
        for number, states in enumerate(self.states):
            if WAITING in states.values() and self.due[number] <= time.monotonic():
                self.due[number] = time.monotonic() + lease_seconds
                self.claims += 1
                self.attempts[number] += 1
                self.tokens[number] = f"{number}-{self.claims}"
                waiting = [(place, name) for place, name in enumerate(states) if states[name] is WAITING]
                envelope = Envelope("shop@example.jp", tuple(states))
                content = b"Subject: x\r\n\r\nhello\r\n"
                return Claim(
                    f"M-{number}", "H-1", self.tokens[number], envelope, content, tuple(waiting),
                    self.attempts[number], NOW, NOW, NOW,
                )  # fmt: skip
        return None

    def _mine(self, token):
        return self.tokens[int(token.split("-")[0])] == token

    def renew(self, token, *, lease_seconds):
        if self.locked:
            raise StoreError("locked")
        if self.deny or not self._mine(token):
            return False
        self.due[int(token.split("-")[0])] = time.monotonic() + lease_seconds
        return True

    def clearance(self, tokens):
        return {
            token: self.clear
            if self._mine(token) and self.due[int(token.split("-")[0])] > time.monotonic()
            else Clearance.LOST
            for token in tokens
        }

    def ask_late(self, late_hours):
        return 0

    def end_stopped(self):
        return 0

    def record(self, token, outcomes, retry_at, *, give_up=False):
        if self.locked:
            raise StoreError("locked")
        self.doubts.append(sum(outcome.in_doubt for outcome in outcomes))
        number = int(token.split("-")[0])
        names = list(self.states[number])
        for outcome in outcomes:
            if self._mine(token) or outcome.state is ACCEPTED:
                self.states[number][names[outcome.position]] = outcome.state
                self.replies[number][names[outcome.position]] = outcome.reply
        if self._mine(token):
            self.retry_at[number] = retry_at
            self.due[number] = time.monotonic() + (3600 if retry_at else 0)
            self.tokens[number] = None
        self.records += 1
        return MessageState.RELEASING


@contextlib.asynccontextmanager
async def working(releases, *script, delays=None, reply_seconds=60, concurrency=4, kind=SlowHop, **options):
    """(hop, worker, stop, its task)"""
    hop = kind(list(script))
    hop.delays = delays or {}
    async with hop, asyncio.TaskGroup() as group:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=reply_seconds), "guard.example")
        settings = Release(lease_seconds=releases.lease, concurrency=concurrency)
        worker = ReleaseWorker(releases, next_hop, settings, lambda: NOW, **options)
        stop = asyncio.Event()
        task = group.create_task(worker.run(stop))
        try:
            yield hop, worker, stop, task
        finally:
            stop.set()
            async with asyncio.timeout(5):
                await task


async def until(condition, seconds=5):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the thing waited for has no event
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(module, "RECORD_WAITS", (0.02,))
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.3)
    monkeypatch.setattr(module, "AFTER_DOT_SECONDS", 0.3)
    monkeypatch.setattr(work, "AFTER_DOT_SECONDS", 0.3)


def names(count):
    return tuple(f"u{number}@example.jp" for number in range(count))


async def test_an_attempt_may_last_longer_than_the_lease():
    releases = Leases(names(20))
    async with working(releases, delays={"rcpt": 0.05}) as (hop, *_):
        await until(lambda: releases.records)
    assert [len(taken.rcpts) for taken in hop.taken] == [20]
    assert releases.claims == 1


async def test_a_reply_to_the_dot_after_the_lease_sends_nothing_again():
    releases = Leases(names(2))
    async with working(releases, delays={"reply": 1}) as (hop, *_):
        await until(lambda: releases.records)
        await asyncio.sleep(0.2)
    assert len(hop.taken) == 1
    assert set(releases.states[0].values()) == {ACCEPTED}


async def test_a_message_still_at_work_here_is_not_sent_a_second_time(caplog):
    """The database was away for longer than the lease: it hands out again what this process is still sending."""
    releases = Leases(names(2))
    async with working(releases, delays={"reply": 1}) as (hop, *_):
        await until(lambda: b"DATA" in hop.commands)
        renew, releases.renew = releases.renew, None
        releases.due[0] = 0
        await until(lambda: releases.claims == 2)
        releases.renew = renew
        await until(lambda: releases.records)
        await asyncio.sleep(0.1)
        assert len(hop.taken) == 1
        assert hop.connections == 1
        assert releases.tokens == [None]
    assert "claimed again while at work" in caplog.text


async def test_a_lease_lost_before_the_dot_ends_the_attempt():
    releases = Leases(names(2))
    async with working(releases, "hang rcpt") as (hop, worker, *_):
        await until(lambda: hop.connections)
        releases.due[0] = time.monotonic() + 60
        releases.deny = True
        await until(lambda: not worker._working)
    assert hop.taken == []
    assert releases.records == 0
    assert hop.connections == 1


async def test_a_lease_lost_after_the_dot_still_records_what_was_said():
    releases = Leases(names(2))
    async with working(releases, delays={"reply": 0.6}) as (hop, *_):
        await until(lambda: hop.taken)
        releases.deny = True
        releases.due[0] = time.monotonic() + 60
        await until(lambda: releases.records)
    assert set(releases.states[0].values()) == {ACCEPTED}


async def test_many_recipients_are_sent_to_in_parts_at_once():
    releases = Leases(names(250), lease=60)
    script = ["rcpt <u3@example.jp> 452 4.2.2 full", "rcpt <u120@example.jp> 550 5.1.1 no"]
    async with working(releases, *script) as (hop, *_):
        await until(lambda: releases.records >= 3)
        await asyncio.sleep(0.1)
    assert [len(taken.rcpts) for taken in hop.taken] == [99, 99, 50]
    states = list(releases.states[0].values())
    assert (states.count(ACCEPTED), states[120], states[3]) == (248, REFUSED, WAITING)
    # one more when a part was claimed again before its work was put away: then it is only recorded twice
    assert releases.claims in {3, 4}
    # the wait of a first failure, though it was the third claim
    assert 24 <= (releases.retry_at[0] - NOW).total_seconds() <= 30


async def test_a_next_hop_that_hangs_up_over_refused_recipients_does_not_keep_the_others_waiting_for_ever():
    """Each attempt gets further: whoever was refused before it hung up is not named again."""
    bad = tuple(f"bad{number}@example.jp" for number in range(8))
    releases = Leases((*bad, *names(3)))
    record = releases.record

    def due_at_once(token, outcomes, retry_at, **rest):
        return record(token, outcomes, None, **rest)

    releases.record = due_at_once
    async with working(releases, kind=StrictHop) as (hop, *_):
        await until(lambda: WAITING not in releases.states[0].values())
    assert [len(taken.rcpts) for taken in hop.taken] == [3]
    assert {releases.states[0][name] for name in bad} == {RecipientState.REFUSED}


async def test_a_part_that_is_put_off_whole_puts_off_the_rest_but_does_not_starve_it():
    releases = Leases(names(150), lease=60)
    async with working(releases, "once mail 451 4.7.1 later") as (hop, *_):
        await until(lambda: releases.records == 1)
        await asyncio.sleep(0.1)
        assert hop.taken == []
        assert releases.retry_at[0] is not None
        releases.due[0] = 0
        await until(lambda: releases.records == 2)
        assert hop.taken[0].rcpts[0] == b"<u100@example.jp>"
        releases.due[0] = 0
        await until(lambda: releases.records == 3)
    assert set(releases.states[0].values()) == {ACCEPTED}


async def test_what_was_said_is_told_to_the_store_until_it_has_it():
    releases = Leases(names(1), names(1))
    async with working(releases, delays={"reply": 0.1}, concurrency=1) as (hop, *_):
        await until(lambda: hop.taken)
        releases.locked = True
        await asyncio.sleep(0.8)  # far longer than the lease
        assert releases.claims == 1  # the slot is not free
        releases.locked = False
        await until(lambda: releases.records == 2)
        await asyncio.sleep(0.1)
    assert len(hop.taken) == 2
    assert releases.claims == 2


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
async def test_stop_cuts_off_what_has_not_sent_its_dot(step):
    releases = Leases(names(1), lease=60)
    async with working(releases, f"hang {step}") as (hop, _, stop, task):
        await until(lambda: hop.connections)
        await asyncio.sleep(0.05)
        stop.set()
        async with asyncio.timeout(0.25):
            await task
    assert hop.taken == []
    # due at once: whoever starts next sends it
    assert (releases.records, releases.retry_at, releases.states[0]) == (1, [None], {"u0@example.jp": WAITING})


async def test_stop_waits_a_little_for_the_reply_to_the_dot():
    releases = Leases(names(1), lease=60)
    async with working(releases, delays={"reply": 0.2}) as (hop, _, stop, task):
        await until(lambda: hop.taken)
        stop.set()
        await task
    assert releases.states[0] == {"u0@example.jp": ACCEPTED}


async def test_stop_does_not_wait_for_ever_for_the_reply_to_the_dot():
    releases = Leases(names(1), lease=60)
    async with working(releases, "hang dot") as (hop, _, stop, task):
        await until(lambda: b"DATA" in hop.commands)
        await asyncio.sleep(0.05)
        stop.set()
        async with asyncio.timeout(0.8):
            await task
    assert "may have arrived" in releases.replies[0]["u0@example.jp"]
    assert releases.retry_at[0] > NOW


async def test_stop_does_not_wait_for_ever_for_the_store():
    releases = Leases(names(1), lease=60)
    async with working(releases) as (hop, _, stop, task):
        releases.record = lambda *_, **__: releases.nothing
        await until(lambda: hop.taken)
        stop.set()
        async with asyncio.timeout(1.5):
            await task


async def test_a_claim_that_comes_after_the_stop_is_given_back():
    releases = Leases(names(1), lease=60)
    claim = releases.claim

    def late(**options):
        time.sleep(0.2)
        return claim(**options)

    releases.claim = late
    async with working(releases) as (hop, _, stop, task):
        await asyncio.sleep(0.05)
        stop.set()
        await task
    assert hop.connections == 0
    assert (releases.claims, releases.tokens, releases.retry_at) == (1, [None], [None])


async def test_a_bug_in_the_worker_ends_nothing(caplog, monkeypatch):
    """Whatever is thrown, the next message goes out, and no text of an error is logged."""
    releases = Leases(names(1), names(1))
    made = []

    class Broken(work.Work):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)
            if len(made) == 1:
                raise KeyError("taro@example.jp")

    monkeypatch.setattr(module, "Work", Broken)
    with caplog.at_level(logging.DEBUG):
        async with working(releases, concurrency=1) as (hop, *_):
            await until(lambda: hop.taken)
    assert "type=KeyError" in caplog.text
    assert "taro" not in caplog.text


async def test_what_fails_by_a_bug_is_given_up_in_the_end():
    async def broken(_):
        raise ValueError("taro@example.jp")

    releases = Leases(names(1), lease=60)
    claim, given_up = releases.claim, []
    releases.claim = lambda **options: (
        (found := claim(**options)) and replace(found, first_attempt_at=datetime(2026, 1, 1, tzinfo=UTC))
    )
    releases.record = lambda *_, give_up=False: given_up.append(give_up)
    async with working(releases, check=broken):
        await until(lambda: given_up)
    assert given_up == [True]


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
async def test_a_pause_calls_back_what_has_not_sent_its_dot(step):
    releases = Leases(names(1), lease=60)
    async with working(releases, f"hang {step}") as (hop, worker, *_):
        await until(lambda: hop.connections)
        releases.claim = lambda **_: None
        releases.clear = Clearance.PAUSED
        await until(lambda: releases.records)
        await until(lambda: not worker._working)
    assert hop.taken == []
    assert (releases.retry_at, releases.states[0]) == ([None], {"u0@example.jp": WAITING})


async def test_a_pause_after_the_dot_records_what_was_said():
    releases = Leases(names(1), lease=60)
    async with working(releases, delays={"reply": 0.3}) as (hop, *_):
        await until(lambda: hop.taken)
        releases.clear = Clearance.PAUSED
        await until(lambda: releases.records)
    assert releases.states[0] == {"u0@example.jp": ACCEPTED}


async def test_a_check_before_the_dot_that_fails_sends_nothing():
    releases = Leases(names(1), lease=60)

    def broken(tokens):
        raise StoreError("locked")

    releases.clearance = broken
    async with working(releases) as (hop, *_):
        await until(lambda: releases.records)
    assert hop.taken == []
    assert releases.states[0] == {"u0@example.jp": WAITING}


async def test_a_reply_that_is_lost_is_counted():
    releases = Leases(names(3), lease=60)
    async with working(releases, "drop reply", "rcpt <u1@example.jp> 550 5.1.1 no") as (hop, *_):
        await until(lambda: releases.records)
    assert len(hop.taken) == 1
    assert releases.doubts == [2]
