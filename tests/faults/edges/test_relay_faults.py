"""Kept connections that the next hop closed, hops that are down, and callers that are cancelled in the middle."""

import asyncio
import contextlib
import logging

import pytest
from hop import Hop

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.metrics import REGISTRY
from mailguard.relay.next_hop import NextHop

CONTENT = b"Subject: x\r\n\r\nhello\r\n"
RCPTS = [("b@example.jp", ()), ("c@example.jp", ())]


@contextlib.asynccontextmanager
async def reaching(*script, **settings):
    async with Hop(list(script)) as hop:
        options = {"reply_seconds": 1, "connect_seconds": 1, **settings}
        next_hop = NextHop(Relay(port=hop.port, **options), "guard.example")
        try:
            yield hop, next_hop
        finally:
            await next_hop.close()


async def deliver(next_hop, content=CONTENT):
    transaction = await next_hop.begin("a@example.jp", (), RCPTS)
    try:
        return await transaction.data(content)
    finally:
        await transaction.close()


async def hold_many(next_hop, number):
    """So many connections in the pool."""
    transactions = await asyncio.gather(*(next_hop.begin("a@example.jp") for _ in range(number)))
    for transaction in transactions:
        await transaction.close()


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the thing waited for has no event
            await asyncio.sleep(0.01)


# Reuse.


@pytest.mark.parametrize(
    "script",
    ["drop mail", "drop rcpt", "mail 421 4.4.2 idle", "rcpt 421 4.3.2 bye", "drop reset", "hang mail", "mail nonsense"],
)
async def test_a_kept_connection_that_is_dead_is_replaced_unseen(script):
    async with reaching() as (hop, next_hop):
        await hold_many(next_hop, 1)
        hop.tell(f"once {script}")
        assert (await deliver(next_hop)).ok
        assert hop.connections == 2
    assert len(hop.taken) == 1


async def test_a_reset_that_is_refused_replaces_the_connection(monkeypatch):
    monkeypatch.setattr("hop.Dialogue.rset", lambda self, _: self.say(b"502 5.5.1 what\r\n"))
    async with reaching() as (hop, next_hop):
        await hold_many(next_hop, 1)
        assert (await deliver(next_hop)).ok
        assert hop.connections == 2


async def test_a_close_while_idle_is_noticed_before_use():
    async with reaching() as (hop, next_hop):
        await hold_many(next_hop, 3)
        for dialogue in hop.dialogues:
            dialogue.writer.close()
        await asyncio.sleep(0.05)
        said = len(hop.commands)
        assert (await deliver(next_hop)).ok
        assert hop.commands[said] == b"EHLO guard.example"


async def test_what_is_said_unasked_while_idle_is_no_reply_to_the_next_command():
    for unasked in (b"421 4.4.2 idle too long\r\n", b"250 2.1.0 accepted\r\n", b"25"):
        async with reaching("once mail 550 5.7.1 not you") as (hop, next_hop):
            await next_hop.extensions()
            hop.dialogues[0].writer.write(unasked)
            await asyncio.sleep(0.05)
            transaction = await next_hop.begin("a@example.jp")
            assert transaction.mail_reply.code == 550
            assert hop.connections == 2


@pytest.mark.parametrize("silently", [False, True])
async def test_many_stale_connections_after_a_restart_surface_nowhere(silently):
    async with reaching() as (hop, next_hop):
        await hold_many(next_hop, 10)
        if silently:
            for _ in range(10):  # each of them would drop MAIL; the new ones take it
                hop.tell("once drop mail")
            hop.rules, rules = [], hop.rules
            for dialogue in hop.dialogues:
                dialogue.mail = lambda _: asyncio.sleep(0, False)
            assert len(rules) == 10
        else:
            for dialogue in hop.dialogues:
                dialogue.writer.transport.abort()
        replies = await asyncio.gather(*(deliver(next_hop) for _ in range(10)))
        assert all(reply.ok for reply in replies)
    assert len(hop.taken) == 10


async def test_a_stale_connection_does_not_use_up_the_replay():
    async with reaching() as (hop, next_hop):
        await hold_many(next_hop, 1)
        hop.tell("once drop mail")
        hop.tell("once drop data")
        assert (await deliver(next_hop)).ok
        assert hop.connections == 3


async def test_one_stale_connection_sends_the_others_away():
    async with reaching() as (hop, next_hop):
        await hold_many(next_hop, 5)
        hop.tell("once drop mail")
        assert (await deliver(next_hop)).ok
        await until(lambda: hop.commands.count(b"QUIT") == 4)
        assert (await deliver(next_hop)).ok
        assert hop.connections == 6


# Before and after DATA.


@pytest.mark.parametrize("script", ["drop data", "data 421 4.3.2 bye", "drop rcpt", "rcpt 421 4.3.2 bye"])
async def test_a_break_before_data_is_replayed_once(script):
    async with reaching(f"once {script}") as (hop, next_hop):
        assert (await deliver(next_hop)).ok
        assert hop.connections == 2
    assert hop.taken[0].rcpts == (b"<b@example.jp>", b"<c@example.jp>")
    async with reaching(script) as (hop, next_hop):
        with pytest.raises(RelayError) as caught:
            await deliver(next_hop)
        assert not caught.value.sent
        assert hop.connections == 2


async def test_a_break_at_every_recipient_is_replayed_once():
    async with reaching() as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp")
        hop.tell("drop rcpt")
        for _ in range(2):
            with pytest.raises(RelayError):
                await transaction.rcpt("b@example.jp")
        with pytest.raises(RelayError):
            await transaction.data(CONTENT)
        await transaction.close()
        assert hop.connections == 2


@pytest.mark.parametrize("script", ["drop rcpt", "rcpt <d@example.jp> 421 4.3.2 bye"])
async def test_a_break_within_a_flight_goes_on_where_it_was(script):
    async with reaching() as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        hop.tell("rcpt <x@example.jp> 550 5.1.1 no")
        hop.tell(f"once {script}")
        replies = await transaction.rcpts([(f"{name}@example.jp", ()) for name in "xde"])
        assert [reply.code for reply in replies] == [550, 250, 250]
        assert (await transaction.data(CONTENT)).ok
        await transaction.close()
    assert [rcpt[1:2] for rcpt in hop.taken[0].rcpts] == [b"b", b"c", b"d", b"e"]


async def test_differing_answers_are_refused():
    async with reaching() as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        hop.tell("once drop data")
        hop.tell("rcpt <c@example.jp> 550 5.1.1 gone")
        with pytest.raises(RelayError, match="differently"):
            await transaction.data(CONTENT)
        await transaction.close()
        assert (await next_hop.begin("a@example.jp")).mail_reply.ok
        assert hop.connections == 3
    assert hop.taken == []


@pytest.mark.parametrize("script", ["drop dot", "drop reply", "hang dot", "dot 354 what", "dot nonsense"])
async def test_a_lost_reply_to_the_dot_says_so_and_is_not_said_twice(script):
    async with reaching(script, reply_seconds=0.3) as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        with pytest.raises(RelayError) as caught:
            await transaction.data(CONTENT)
        await transaction.close()
        assert caught.value.sent
        assert transaction.sent
        assert hop.commands.count(b"DATA") == 1
        hop.rules.clear()
        assert (await deliver(next_hop)).ok
        assert hop.connections == 2


async def test_421_to_the_dot_is_an_answer_and_the_end_of_the_connection():
    async with reaching("once dot 421 4.3.2 shutting down") as (hop, next_hop):
        assert (await deliver(next_hop)).code == 421
        assert (await deliver(next_hop)).ok
        assert hop.connections == 2


async def test_a_reply_in_the_middle_of_the_content_is_no_reply_to_the_dot():
    async def early(reader, writer):
        for reply in (b"220 x\r\n", b"250 x\r\n", b"250 ok\r\n", b"354 go\r\n250 2.0.0 taken\r\n"):
            writer.write(reply)
            await reader.readline()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(early, "127.0.0.1", 0)
    next_hop = NextHop(Relay(port=server.sockets[0].getsockname()[1], reply_seconds=1), "guard.example")
    transaction = await next_hop.begin("a@example.jp")
    with pytest.raises(RelayError) as caught:
        await transaction.data(CONTENT)
    assert not caught.value.sent
    server.close()
    await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "said",
    [
        b"250-x\r\n" * 10_000 + b"250 x\r\n",
        b"250 " + b"x" * 1_000_000 + b"\r\n",
        b"250 " + b"x" * 1_000_000,
        b"250 x\r\n250 sender ok\r\n250 recipient ok\r\n354 go on\r\n250 taken\r\n",  # before it was asked
        b"150 x\r\n",
        b"x\0\xff\r\n",
        b"\r\n" * 100,
    ],
    ids=["lines", "line", "no end", "ahead", "150", "bytes", "empty"],
)
async def test_what_no_server_says_ends_the_connection_at_once(said):
    heard = []

    async def odd(reader, writer):
        writer.write(b"220 x\r\n")
        heard.append(await reader.readline())
        with contextlib.suppress(ConnectionError):
            writer.write(said)
            heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    next_hop = NextHop(Relay(port=server.sockets[0].getsockname()[1], reply_seconds=30), "guard.example")
    async with asyncio.timeout(5):
        with pytest.raises(RelayError, match="broke off at EHLO"):
            await next_hop.begin("a@example.jp")
    await next_hop.close()
    server.close()
    await asyncio.sleep(0.05)
    assert [line for line in heard if line] == [b"EHLO guard.example\r\n"]


async def test_a_bare_newline_is_refused_before_data_is_said():
    async with reaching() as (hop, next_hop):
        for bad in (b"a\nb\r\n", b"a\r" + b"x" * 300_000):
            with pytest.raises(ValueError, match="bare"):
                await deliver(next_hop, bad)
        assert b"DATA" not in hop.commands


async def test_a_slow_next_hop_is_waited_for_in_bounded_memory():
    over = asyncio.Event()

    async def slow(reader, writer):
        for reply in (b"220 x\r\n", b"250 x\r\n", b"250 ok\r\n", b"354 go on\r\n"):
            writer.write(reply)
            if not reply.startswith(b"354"):
                await reader.readline()
        await reader.readline()
        await over.wait()
        while await reader.readline() != b".\r\n":
            pass
        writer.write(b"250 ok\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    next_hop = NextHop(Relay(port=server.sockets[0].getsockname()[1]), "guard.example")
    transaction = await next_hop.begin("a@example.jp")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(transaction.data((b"x" * 998 + b"\r\n") * 30_000))
        await asyncio.sleep(0.3)
        assert not transaction.sent
        assert transaction._connection.channel.transport.get_write_buffer_size() < 1_000_000
        over.set()
        assert (await task).ok
    await next_hop.close()
    server.close()
    await asyncio.sleep(0.05)


async def test_whom_the_next_hop_has_refused_it_is_not_asked_about_again():
    async with reaching("rcpt <c@example.jp> 550 5.1.1 gone") as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        hop.tell("once drop data")
        assert (await transaction.data(CONTENT)).ok
        await transaction.close()
        assert hop.connections == 2
        assert [line for line in hop.dialogues[1].commands if line.startswith(b"RCPT")] == [b"RCPT TO:<b@example.jp>"]


# Fail-over.


@contextlib.asynccontextmanager
async def two_hops(*first_script, **settings):
    async with Hop(list(first_script)) as first, Hop() as second:
        options = {"reply_seconds": 1, "connect_seconds": 1, "fallback": [f"127.0.0.1:{second.port}"], **settings}
        next_hop = NextHop(Relay(port=first.port, **options), "guard.example")
        try:
            yield first, second, next_hop
        finally:
            await next_hop.close()


def up(hop):
    return REGISTRY.get_sample_value("mailguard_relay_up", {"hop": str(hop)})


@pytest.mark.parametrize(
    "script",
    ["down", "drop connect", "greeting 421 4.3.2 no", "greeting 554 no", "hang connect", "hang mail", "mail 421 no"],
)
async def test_the_next_hop_in_order_is_tried(script):
    async with two_hops(script, reply_seconds=0.3) as (first, second, next_hop):
        for _ in range(3):
            assert (await deliver(next_hop)).ok
        assert first.connections <= 1  # tried last from then on
        assert (second.connections, len(second.taken)) == (1, 3)


async def test_a_hop_that_is_back_is_used_again(caplog):
    with caplog.at_level(logging.INFO):
        async with two_hops("greeting 421 4.3.2 no", down_seconds=0.3) as (first, second, next_hop):
            for _ in range(3):
                await deliver(next_hop)
            assert (up(0), up(1)) == (0, 1)
            await asyncio.sleep(0.35)
            await deliver(next_hop)
            first.rules.clear()
            await deliver(next_hop)
            assert len(second.taken) == 5
            await asyncio.sleep(0.35)
            await deliver(next_hop)
            assert (len(first.taken), up(0)) == (1, 1)
    assert [line for line in caplog.messages if "hop=0" in line] == [
        "relay: down hop=0: the next hop greeted with 421",
        "relay: up again hop=0",
    ]


async def test_all_hops_down_is_one_error_and_none_is_left_out():
    async with two_hops("greeting 421 no") as (first, second, next_hop):
        second.tell("greeting 421 no")
        for _ in range(2):
            with pytest.raises(RelayError, match="421"):
                await deliver(next_hop)
        assert (first.connections, second.connections) == (2, 2)


async def test_a_break_before_data_may_go_on_at_the_other_hop():
    async with two_hops() as (first, second, next_hop):
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        first.tell("drop data")
        first.tell("greeting 421 no")
        assert (await transaction.data(CONTENT)).ok
    assert (len(first.taken), len(second.taken)) == (0, 1)


async def test_the_offer_is_that_of_the_hop_in_use():
    async with two_hops("greeting 421 no") as (_, second, next_hop):
        second.tell("without SMTPUTF8")
        assert "SMTPUTF8" not in await next_hop.extensions()
        with pytest.raises(RelayError, match="SMTPUTF8"):
            await next_hop.begin("あ@example.jp", ("SMTPUTF8",))
        assert up(1) == 1


# Cancellation: whatever was not answered is never kept.


class Slow(Hop):
    async def step(self, name, writer):
        if not self.find("quick"):
            await asyncio.sleep(0.01)
        return await super().step(name, writer)


def healthy(hop):
    """No reply of one transaction was ever taken for one of another: each message has its own recipients."""
    for taken in hop.taken:
        number = taken.mail.strip(b"<>").split(b"@")[0]
        assert taken.rcpts == (b"<r" + number + b"@x>",), taken
        assert taken.content == b"m" + number + b"\r\n"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pipelining", [True, False])
async def test_cancelled_anywhere_no_connection_is_kept_in_an_unknown_state(seed, pipelining):
    script = [] if pipelining else ["without PIPELINING"]

    async def one(next_hop, number):
        transaction = await next_hop.begin(f"{number}@x")
        try:
            assert transaction.mail_reply.ok
            await transaction.rcpts([(f"r{number}@x", ())])
            if number % 3:
                assert (await transaction.data(b"m%d\r\n" % number)).ok
            else:
                await transaction.reset()
        finally:
            await transaction.close()

    async with Slow(script) as hop:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=2), "guard.example")
        finished = cancelled = 0
        for start in range(0, 160, 8):
            tasks = [asyncio.ensure_future(one(next_hop, number)) for number in range(start, start + 8)]
            for place, task in enumerate(tasks):
                if place % 2:
                    asyncio.get_running_loop().call_later(((start + place * 7 + seed * 3) % 50) / 1_000, task.cancel)
            done = await asyncio.gather(*tasks, return_exceptions=True)
            cancelled += sum(isinstance(each, asyncio.CancelledError) for each in done)
            finished += sum(each is None for each in done)
            assert all(each is None or isinstance(each, asyncio.CancelledError) for each in done), done
        healthy(hop)
        assert cancelled > 20
        assert finished >= 80
        for idle in next_hop._hops._pool._idle.values():
            assert all(connection.healthy for connection in idle)
        await next_hop.close()


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data", "dot", "reset"])
async def test_cancelled_at_each_wait_the_connection_is_not_kept(step):
    async with reaching() as (hop, next_hop):
        if step != "connect":
            await hold_many(next_hop, 1)
        hop.tell(f"once hang {step}")
        task = asyncio.ensure_future(deliver(next_hop))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not next_hop._hops._pool._idle
        assert (await deliver(next_hop)).ok
        assert hop.connections == 2


async def test_timed_out_from_outside_the_connection_is_not_kept():
    async with reaching("once hang data") as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await transaction.data(CONTENT)
        await transaction.close()
        assert (await deliver(next_hop)).ok
        assert hop.connections == 2
