"""The release worker against a scripted next hop; the store is an in-memory double with its signatures."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hop import Hop

from mailguard.config import Relay, Release
from mailguard.errors import StoreError
from mailguard.lifecycle import MessageState, RecipientState
from mailguard.model import Envelope
from mailguard.relay.next_hop import NextHop
from mailguard.release import ReleaseWorker
from mailguard.release import worker as module
from mailguard.release.mask import masked
from mailguard.store.views import Claim, Clearance, Outcome

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
ACCEPTED, REFUSED, WAITING = RecipientState.ACCEPTED, RecipientState.REFUSED, RecipientState.WAITING


def claim(*addresses, attempts=1, waiting=None, name="M-1", **envelope):
    envelope = Envelope("shop@example.jp", addresses, **envelope)
    waiting = waiting or tuple(enumerate(addresses))
    return Claim(name, "H-1", "token", envelope, b"Subject: x\r\n\r\nhello\r\n", waiting, attempts, NOW, NOW, NOW)


class NoBounces:
    """Nobody is owed anything."""

    def pending(self, limit=20):
        return []


class Releases:
    """Hands out `claims` one after the other, keeps what is recorded."""

    bounces = NoBounces()

    def __init__(self, *claims):
        self.claims = list(claims)
        self.records = []
        self.clear = Clearance.GO
        self.doubts = []
        self.asked = []
        self.failing = 0
        self.claim_errors = []
        self.done = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def claim(self, *, lease_seconds, late_hours):
        assert (lease_seconds, late_hours) == (300, 12)
        if self.claim_errors:
            raise self.claim_errors.pop()
        if self.claims:
            return self.claims.pop(0)
        return None

    def clearance(self, tokens):
        assert set(tokens) == {"token"}
        return dict.fromkeys(tokens, self.clear)

    def ask_late(self, late_hours):
        self.asked.append(late_hours)
        return 0

    def end_stopped(self):
        return 0

    def record(self, token, outcomes, retry_at, *, give_up=False):
        if self.failing:
            self.failing -= 1
            raise StoreError("locked")
        self.records.append((tuple(outcomes), retry_at, give_up))
        self.doubts.append(sum(outcome.in_doubt for outcome in outcomes))
        self.loop.call_soon_threadsafe(self.done.set)
        return MessageState.RELEASING


async def run(releases, script=(), *, now=NOW, records=1, wait=None, dots=0, settings=None, later=None, **options):
    """Run until `records` records are there, or for `wait` seconds behind so many DATA; returns the hop."""
    async with Hop(list(script)) as hop:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=0.3, connect_seconds=1), "guard.example")
        worker = ReleaseWorker(releases, next_hop, Release(**(settings or {})), lambda: now, **options)
        if later:
            worker.obey(Release(**later))
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(stop))
            async with asyncio.timeout(8):
                while hop.commands.count(b"DATA") < dots:  # noqa: ASYNC110 - the hop tells nobody
                    await asyncio.sleep(0.01)
                if wait:
                    await asyncio.sleep(wait)
                while not wait and len(releases.records) < records:
                    releases.done.clear()
                    await releases.done.wait()
            stop.set()
    return hop


def states(record):
    return {outcome.position: outcome.state for outcome in record[0]}


async def test_one_transaction_for_all_who_wait():
    releases = Releases(
        claim("a@example.jp", "b@example.jp", "c@example.jp", waiting=((0, "a@example.jp"), (2, "c@example.jp")))
    )
    hop = await run(releases)
    assert [taken.rcpts for taken in hop.taken] == [(b"<a@example.jp>", b"<c@example.jp>")]
    assert hop.taken[0].content == b"Subject: x\r\n\r\nhello\r\n"
    assert states(releases.records[0]) == {0: ACCEPTED, 2: ACCEPTED}
    assert releases.records[0][1:] == (None, False)
    assert releases.records[0][0][0].reply == "250 2.0.0 queued as 4F"


async def test_each_recipient_has_its_own_result():
    releases = Releases(claim("a@example.jp", "b@example.jp", "c@example.jp"))
    script = [
        "rcpt <b@example.jp> 550 5.1.1 <b@example.jp>: user b@example.jp unknown",
        "rcpt <c@example.jp> 452 4.2.2 full",
    ]
    hop = await run(releases, script)
    outcomes, retry_at, give_up = releases.records[0]
    assert {outcome.position: outcome.state for outcome in outcomes} == {0: ACCEPTED, 1: REFUSED, 2: WAITING}
    assert [o.reply for o in outcomes if o.position == 1] == [
        "550 5.1.1 <b***@example.jp>: user b***@example.jp unknown"
    ]
    assert timedelta(seconds=24) <= retry_at - NOW <= timedelta(seconds=30)
    assert not give_up
    assert len(hop.taken) == 1


@pytest.mark.parametrize(
    ("script", "state"),
    [
        (["dot 554 5.7.1 no"], REFUSED),
        (["dot 451 4.3.0 later"], WAITING),
        (["data 554 5.5.1 no"], REFUSED),
        (["data 452 4.3.1 full"], WAITING),
        (["mail 550 5.7.1 not you"], REFUSED),
        (["mail 451 4.7.1 greylisted"], WAITING),
        (["rcpt 550 5.1.1 no"], REFUSED),
        (["greeting 554 no"], WAITING),
        (["hang rcpt"], WAITING),
        (["drop content"], WAITING),
        (["drop reply"], WAITING),
    ],
)
async def test_the_whole_message_fails(script, state):
    releases = Releases(claim("a@example.jp", "b@example.jp"))
    await run(releases, script)
    assert states(releases.records[0]) == {0: state, 1: state}
    assert (releases.records[0][1] is None) == (state is REFUSED)


async def test_a_lost_reply_is_said_so():
    releases = Releases(claim("a@example.jp"))
    hop = await run(releases, ["drop reply"])
    assert len(hop.taken) == 1
    assert "may have arrived" in releases.records[0][0][0].reply
    assert releases.doubts == [1]


async def test_nothing_is_sent_when_the_lease_is_lost():
    releases = Releases(claim("a@example.jp"))
    releases.clear = Clearance.LOST
    hop = await run(releases, wait=0.5)
    assert hop.taken == []
    assert b"DATA" not in hop.commands
    assert releases.records == []


async def test_given_up_in_the_end():
    releases = Releases(claim("a@example.jp", attempts=50))
    await run(releases, ["dot 451 later"], now=NOW + timedelta(hours=120))
    assert releases.records[0][1:] == (None, True)


async def test_the_wait_grows_to_an_hour():
    waits = []
    for attempts in (1, 2, 3, 8, 500):
        releases = Releases(claim("a@example.jp", attempts=attempts))
        await run(releases, ["dot 451 later"])
        waits.append((releases.records[0][1] - NOW).total_seconds())
    for wait, most in zip(waits, (30, 60, 120, 3600, 3600), strict=True):
        assert most * 0.8 <= wait <= most


async def test_a_record_that_fails_is_tried_again(monkeypatch):
    monkeypatch.setattr(module, "RECORD_WAITS", (0.01, 0.01))
    releases = Releases(claim("a@example.jp"))
    releases.failing = 2
    hop = await run(releases)
    assert states(releases.records[0]) == {0: ACCEPTED}
    assert len(hop.taken) == 1


async def test_a_store_that_is_down_is_asked_again(monkeypatch):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    releases = Releases(claim("a@example.jp"))
    releases.claim_errors = [ValueError("a bug"), StoreError("locked")]
    hop = await run(releases)
    assert len(hop.taken) == 1


async def test_nothing_new_is_begun_after_the_stop():
    releases = Releases(*(claim(f"r{n}@example.jp", name=f"M-{n}") for n in range(10)))
    hop = await run(releases, ["hang dot"], wait=0.1, dots=4)
    # the four that had begun, none of those that waited for a slot
    assert len(releases.claims) == 6
    assert hop.commands.count(b"DATA") == 4


async def test_a_next_hop_that_is_down_is_not_asked_once_per_message():
    releases = Releases(*(claim(f"r{n}@example.jp", name=f"M-{n}") for n in range(30)))
    await run(releases, ["greeting 421 busy"], wait=0.5)
    assert len(releases.claims) > 20
    assert all(states(record) == {0: WAITING} for record in releases.records)


async def test_the_check_can_put_off():
    async def not_now(_):
        return None

    releases = Releases(claim("a@example.jp"))
    hop = await run(releases, check=not_now)
    assert hop.commands == []
    assert releases.records[0][0] == ()
    assert releases.records[0][1] > NOW
    assert not releases.records[0][2]


async def test_the_check_can_spare_a_recipient():
    async def spare_first(_):
        return [Outcome(0, REFUSED, "on the stop list")]

    releases = Releases(claim("a@example.jp", "b@example.jp"))
    hop = await run(releases, check=spare_first)
    assert [taken.rcpts for taken in hop.taken] == [(b"<b@example.jp>",)]
    assert states(releases.records[0]) == {0: REFUSED, 1: ACCEPTED}


async def test_a_check_that_fails_sends_nothing_and_stops_nobody():
    calls = []

    async def broken(_):
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("taro@example.jp")
        return ()

    releases = Releases(claim("a@example.jp"), claim("b@example.jp", name="M-2"))
    hop = await run(releases, check=broken, records=2)
    assert [taken.rcpts for taken in hop.taken] == [(b"<b@example.jp>",)]
    [failed] = [record for record in releases.records if states(record) == {0: WAITING}]
    assert failed[0][0].reply == "not sent (ValueError)"
    assert failed[1] > NOW


async def test_options_and_raw_addresses_go_through():
    envelope = {
        "mail_options": ("BODY=8BITMIME", "ENVID=aB"),
        "rcpt_options": (("NOTIFY=NEVER",), ("NOTIFY=FAILURE",)),
    }
    message = claim("a..b@docomo.ne.jp", '"x y"@example.jp', waiting=((1, '"x y"@example.jp'),), **envelope)
    hop = await run(Releases(message))
    assert hop.taken[0].mail == b"<shop@example.jp> BODY=8BITMIME ENVID=aB"
    assert hop.taken[0].rcpts == (b'<"x y"@example.jp> NOTIFY=FAILURE',)


async def test_the_received_line_is_prepended_when_wanted():
    message = claim("a@example.jp")
    message = replace(message, envelope=replace(message.envelope, helo="tool.example", client="192.0.2.1"))
    hop = await run(Releases(message), hostname="guard.example")
    assert hop.taken[0].content == (
        b"Received: from tool.example ([192.0.2.1])\r\n\tby guard.example with ESMTP id M-1;\r\n"
        b"\tSat, 21 Nov 2026 01:00:00 +0000\r\nSubject: x\r\n\r\nhello\r\n"
    )


async def test_several_messages_at_once():
    releases = Releases(*(claim(f"r{n}@example.jp", name=f"M-{n}") for n in range(10)))
    hop = await run(releases, records=10)
    assert sorted(taken.rcpts[0] for taken in hop.taken) == sorted(b"<r%d@example.jp>" % n for n in range(10))


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        ("550 <taro@example.jp>: gone", "taro"),
        ('550 "taro yamada"@example.jp gone', "yamada"),
        ("550 taro.yamada+x=y@例え.jp gone", "yamada"),
        ("550 User unknown: yamada.taro", "yamada"),
        ("550 to=YAMADA.TARO, relay", "YAMADA"),
    ],
)
def test_masked(text, clear):
    assert clear not in masked(text, ["yamada.taro@example.jp"])
    assert masked(text, ["yamada.taro@example.jp"]).startswith("550 ")


def test_masked_keeps_the_domain_and_the_rest():
    assert masked("550 5.1.1 <taro@example.com> unknown") == "550 5.1.1 <t***@example.com> unknown"


@pytest.mark.parametrize("clear", [Clearance.PAUSED, Clearance.STOPPED])
async def test_a_pause_between_claim_and_dot_sends_nothing_and_costs_nothing(clear):
    releases = Releases(claim("a@example.jp"))
    releases.clear = clear
    hop = await run(releases, now=NOW + timedelta(hours=200))
    assert hop.taken == []
    assert b"DATA" not in hop.commands
    # due again at once, and not given up: the store hands it out when it may go
    assert releases.records[0] == ((), None, False)


async def test_outside_the_hours_nothing_is_claimed_but_people_are_asked():
    releases = Releases(claim("a@example.jp"))
    night = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # midnight in Tokyo
    hop = await run(releases, now=night, wait=0.3, settings={"hours": "08:00-20:00"})
    assert (len(releases.claims), hop.connections) == (1, 0)
    assert releases.asked == [12]


async def test_another_time_to_ask_counts_at_once():
    releases = Releases()
    night = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    await run(releases, now=night, wait=0.1, settings={"hours": "08:00-20:00"}, later={"late_hours": 3})
    assert releases.asked == [3]


async def test_what_was_begun_within_the_hours_finishes(monkeypatch):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    releases = Releases(claim("a@example.jp"), claim("b@example.jp", name="M-2"))
    moments = [datetime(2026, 11, 21, 10, 59, 59, tzinfo=UTC)]  # 19:59:59 in Tokyo
    taken = releases.claim

    def claim_then_close(**options):
        found = taken(**options)
        moments[0] = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
        return found

    releases.claim = claim_then_close
    async with Hop() as hop:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=0.3), "guard.example")
        worker = ReleaseWorker(releases, next_hop, Release(hours="08:00-20:00"), lambda: moments[0])
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(stop))
            await asyncio.sleep(0.3)
            stop.set()
    assert [taken.rcpts for taken in hop.taken] == [(b"<a@example.jp>",)]
    assert len(releases.claims) == 1


async def test_neither_nights_nor_pauses_wear_the_patience_out():
    pause = (NOW + timedelta(hours=1), NOW + timedelta(hours=4))
    settings = {"hours": "08:00-20:00", "give_up_hours": 10}
    late = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)  # 09:00 the next day; 10:00 was the first attempt
    cases = [((pause,), False), ((), True)]
    for pauses, given_up in cases:
        releases = Releases(replace(claim("a@example.jp"), pauses=pauses))
        await run(releases, ["dot 451 4.3.0 later"], now=late, settings=settings)
        assert releases.records[0][2] is given_up


async def test_the_rate_holds_messages_back_until_their_time(monkeypatch):
    ticks = [0.0]
    releases = Releases(*(claim(f"r{n}@example.jp", name=f"M-{n}") for n in range(5)))
    waits = []

    async def wait(stop, seconds):
        if seconds > module.ASK_SECONDS:
            waits.append(seconds)
            ticks[0] += seconds
        await asyncio.sleep(0.01)

    monkeypatch.setattr(module, "_wait", wait)
    await run(releases, settings={"per_minute": 4}, ticks=lambda: ticks[0], records=5)
    assert waits[:4] == [pytest.approx(15)] * 4


async def test_the_received_line_tells_when_we_received_it():
    releases = Releases(replace(claim("a@example.jp"), received_at=datetime(2026, 11, 19, 3, 4, 5, tzinfo=UTC)))
    hop = await run(releases, hostname="guard.example")
    line = hop.taken[0].content.partition(b"Subject:")[0]
    assert b"by guard.example with ESMTP id M-1;" in line
    assert b"Thu, 19 Nov 2026 03:04:05 +0000" in line
