"""The fault matrix, our own side: store, scanner, releases and clock; the account is that of the relay's faults.

The fault comes while the service runs and goes away again: what was put off is then sent again, and nothing is lost.
"""

import asyncio
import contextlib
import random
import re
import resource
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from guarded import HOLDS, KINDS, PASSES, TO, digester, guarded, scanners
from sqlalchemy import event

from mailguard.lifecycle import HoldState, MessageState

pytestmark = pytest.mark.asyncio(loop_scope="module")

STORE, BUSY = r"451 4\.3\.0 storage", r"451 4\.3\.2 scanners"
BULK = "\r\n".join("".join(random.Random(line).choices("abcdefgh", k=70)) for line in range(3_000))


# The store


@contextlib.contextmanager
def locked(guard):
    other = sqlite3.connect(guard.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def let_go(guard):
    """Close every connection to the database; the next call opens one."""
    kind = guard.store._database._kind
    while kind._kept:
        kind._kept.pop().close()
    kind.engine.dispose()


@contextlib.contextmanager
def disk_full(guard):
    """No page more for the database, on every connection."""
    let_go(guard)
    pool = guard.store._database._kind.engine

    def narrow(connection, *_):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(pool, "checkout", narrow)
    yield
    event.remove(pool, "checkout", narrow)
    let_go(guard)


@contextlib.contextmanager
def disk_error(_):
    """Writes come back short: as near to a disk error as the system offers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def gone(guard):
    let_go(guard)
    away = guard.file.with_name("mailguard-away.db")
    guard.file.rename(away)
    guard.file.mkdir()
    yield
    let_go(guard)
    guard.file.rmdir()
    away.rename(guard.file)


NOBODY = r"554 5\.5\.1"  # to DATA; RCPT has heard 451


@dataclass(frozen=True)
class Row:
    """What is heard while it lasts, noticed after `seconds`. A clean mail needs the store only to be read; who is approved is written down."""

    fault: object
    clean: str
    held: str = STORE
    approved: str = STORE
    seconds: float = 0.0


STORES = (
    Row(locked, PASSES),
    Row(disk_full, PASSES, approved=f"{STORE}|{PASSES}"),  # a reservation may find room in the last page
    Row(disk_error, PASSES),
    Row(gone, NOBODY, NOBODY, NOBODY, seconds=1.1),  # who sends is read once a second, the stop list for each recipient
)


@pytest.mark.parametrize("row", STORES, ids=lambda row: row.fault.__name__)
async def test_the_store(row, made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner, busy_seconds=0.3) as guard:
        await guard.under_approval()
        heard, wanted = {}, {"clean": row.clean, "held": row.held, "approved": row.approved}
        with row.fault(guard):
            await asyncio.sleep(row.seconds)
            for kind, facts in KINDS.items():
                heard[kind] = await guard.send(kind, bulk=BULK if kind == "held" else "", **facts)
        for kind, answer in heard.items():
            assert re.match(wanted[kind], answer.last), (kind, answer)
        guard.count()
        await guard.again(heard)
        await guard.to_the_end()


async def test_a_lock_that_ends_in_time_is_waited_for(made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        await guard.under_approval()
        with locked(guard):
            sending = [asyncio.create_task(guard.send(kind, **facts)) for kind, facts in KINDS.items()]
            await asyncio.sleep(0.3)
            assert [task.done() for task in sending] == [True, False, False]
        assert all([(await task).ok for task in sending])
        await guard.to_the_end()


async def test_a_reply_lost_while_the_store_is_locked_is_still_451(made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner, busy_seconds=0.3) as guard:
        guard.hop.tell("once drop reply")
        with locked(guard):
            heard = {"clean": await guard.send("clean")}
        assert heard["clean"].last.startswith("451 4.4.2")
        await guard.again(heard)
        await guard.to_the_end(Counter({("clean", TO[0]): 1}))


async def test_a_stop_that_cannot_wait_for_the_reply_says_that_the_mail_may_have_been_sent(made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        guard.hop.tell("once hang reply")
        sending = asyncio.create_task(guard.send("clean"))
        async with asyncio.timeout(5):
            while not guard.hop.taken:  # noqa: ASYNC110 - the hop tells nobody
                await asyncio.sleep(0.01)
        await guard.server.stop(0.1)
        assert (await sending).last == ""
        assert len(guard.doubted()) == 1


# The scanner


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_scanner(made):
    there = scanners(digester(made), workers=1, task_seconds=1.0)
    await there.start()
    yield there
    await there.stop()


@pytest.mark.parametrize(("mark", "problem"), [("abort", "problem_crashed"), ("hang", "problem_timed_out")])
async def test_what_cannot_be_scanned_is_held(mark, problem, made, one_scanner, tmp_path):
    async with guarded(made, tmp_path / "data", one_scanner) as guard:
        await guard.under_approval()
        for kind, facts in KINDS.items():
            assert re.match(HOLDS, (await guard.send(kind, mark=mark, **facts)).last), kind
        rows = guard.store.holds.recent([HoldState.PENDING])
        assert rows
        assert all(problem in row.reasons for row in rows)
        assert re.match(PASSES, (await guard.send("next")).last)
        await guard.to_the_end()


async def test_busy_scanners_put_everything_off(made, one_scanner, tmp_path):
    async with guarded(made, tmp_path / "data", one_scanner, wait_seconds=0.2) as guard:
        await guard.under_approval()
        bad = asyncio.create_task(guard.send("bad", mark="hang"))
        await guard.inspector.scanning.wait()
        await asyncio.sleep(0.2)
        heard = {kind: await guard.send(kind, **facts) for kind, facts in KINDS.items()}
        assert all(re.match(BUSY, answer.last) for answer in heard.values()), heard
        assert re.match(HOLDS, (await bad).last)
        guard.count()
        await guard.again(heard)
        await guard.to_the_end()


# Releases


@dataclass(frozen=True)
class Release:
    """lost: the relay takes it, its reply does not arrive; doubt: for all we know it took it."""

    name: str
    script: tuple[str, ...]
    lost: bool = False
    doubt: bool = False
    relay: tuple = ()


RELEASES = (
    Release("down", ("drop connect",)),
    Release("greeting 421", ("greeting 421 busy",)),
    Release("MAIL 451", ("mail 451 4.3.0 later",)),
    Release("RCPT 451", ("rcpt 451 4.2.1 busy",)),
    Release("drops at RCPT", ("drop rcpt",)),
    Release("drops at DATA", ("drop data",)),
    Release("452 at the dot", ("dot 452 4.3.1 no room",)),
    Release("421 at the dot", ("dot 421 4.3.2 going",)),
    Release("drops at the dot", ("drop dot",), doubt=True),
    Release("hangs at the dot", ("hang dot",), doubt=True, relay=(("reply_seconds", 0.2),)),
    Release("reply lost", ("once drop reply",), lost=True, doubt=True),
)


@pytest.mark.parametrize("row", RELEASES, ids=lambda row: row.name)
async def test_a_release_goes_on_when_the_relay_does(row, made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner, relay=dict(row.relay)) as guard:
        assert (await guard.send("one", held=True)).ok
        guard.approve()
        assert (await guard.send("never", held=True)).ok
        guard.hop.hang_up()
        await asyncio.sleep(0.02)  # no connection is kept
        for line in row.script:
            guard.hop.tell(line)
        async with guard.releasing():
            if row.lost:
                await guard.until_sent()
            elif row.doubt:
                await guard.until_doubted()
            else:
                await asyncio.sleep(0.5)
            assert guard.store.releases.open_count() == (not row.lost)
            assert set(guard.relayed()) == ({("one", TO[0])} if row.lost else set())
            guard.hop.rules.clear()
            guard.hop.hang_up()
            await guard.until_sent()
        assert guard.relayed() == Counter({("one", TO[0]): 1 + row.lost})
        assert bool(guard.doubted()) is row.doubt
        assert guard.store.audit.verify() is None


async def test_a_release_to_three_of_whom_one_is_refused_and_one_put_off(made, scanner, tmp_path):
    a, b, c = to = ("a@example.com", "b@example.com", "c@example.com")
    async with guarded(made, tmp_path / "data", scanner) as guard:
        assert (await guard.send("three", held=True, recipients=to)).ok
        guard.approve()
        guard.hop.tell(f"rcpt <{b}> 550 5.1.1 unknown")
        guard.hop.tell(f"once rcpt <{c}> 451 4.2.1 busy")
        async with guard.releasing():
            await guard.until_sent()
        assert guard.relayed() == Counter([("three", a), ("three", c)])
        [row] = guard.store.holds.recent()
        assert guard.store.holds.get(row.id).progress.messages == {MessageState.PARTLY: 1}


async def test_a_locked_store_repeats_no_release_and_loses_none(made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner, busy_seconds=0.3) as guard:
        for number in range(6):
            assert (await guard.send(f"{number}", held=True)).ok
        guard.approve()
        guard.hop.tell("dribble 0.002")  # so that some are between the dot and its reply
        async with guard.releasing(), asyncio.timeout(20):
            while not guard.hop.taken:  # noqa: ASYNC110 - the hop tells nobody
                await asyncio.sleep(0.002)
            with locked(guard):
                await asyncio.sleep(0.8)
                assert guard.store.releases.open_count()
            guard.hop.rules.clear()
            await guard.until_sent()
        assert guard.relayed() == guard.kept
        assert guard.store.audit.verify() is None


# The clock


@pytest.mark.parametrize("hours", [6, -6])
async def test_a_clock_that_jumps_loses_nothing_and_repeats_nothing(hours, made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        await guard.under_approval()
        assert (await guard.send("before", held=True)).ok
        guard.clock.wrong = timedelta(hours=hours)
        for kind, facts in KINDS.items():
            assert (await guard.send(kind, **facts)).ok
        assert not guard.store.holds.expire_due()
        guard.count()
        guard.approve()
        async with guard.releasing():
            # What was approved after the jump goes out at once.
            async with asyncio.timeout(5):
                while not {("before", TO[0]), ("held", TO[0])} <= set(guard.relayed()):  # noqa: ASYNC110 - the hop tells nobody
                    await asyncio.sleep(0.02)
            guard.clock.wrong = timedelta()
            assert (await guard.send("after", held=True)).ok
            guard.approve()
            await asyncio.sleep(0.1)
        guard.clock.wrong = timedelta(hours=max(hours, 0))
        async with guard.releasing():
            await guard.until_sent()
        assert guard.relayed() == guard.passed + guard.kept
        assert guard.store.audit.verify() is None


async def test_a_clock_that_jumps_while_a_release_is_under_way(made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        for number in range(8):
            assert (await guard.send(f"{number}", held=True)).ok
        guard.approve()
        guard.hop.tell("dribble 0.002")
        async with guard.releasing(late_hours=0), asyncio.timeout(60):
            for hours in (6, -6, 0):
                taken = len(guard.hop.taken)
                while len(guard.hop.taken) == taken < 8:
                    await asyncio.sleep(0.01)
                    guard.bring_back()
                guard.clock.wrong = timedelta(hours=hours)
                await asyncio.sleep(0.1)
            guard.hop.rules.clear()
            await guard.until_sent()
        assert guard.relayed() == guard.kept
        assert guard.store.audit.verify() is None
