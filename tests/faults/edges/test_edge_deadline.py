"""One deadline from the final dot of the client to our reply: what the next hop may take of it."""

import asyncio
import contextlib

import pytest
from hop import Hop

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.relay import next_hop as module
from mailguard.relay.next_hop import NextHop

CONTENT = b"Subject: x\r\n\r\nhello\r\n"


@contextlib.asynccontextmanager
async def transaction(*script, reply_seconds=60):
    async with Hop(list(script)) as hop:
        tx = await NextHop(Relay(port=hop.port, reply_seconds=reply_seconds), "guard.example").begin("a@example.jp")
        assert (await tx.rcpt("b@example.jp")).ok
        yield hop, tx
        await tx.close()


def now():
    return asyncio.get_running_loop().time()


async def test_before_the_dot_the_deadline_ends_everything():
    async with transaction("hang data") as (hop, tx), asyncio.timeout(2):
        with pytest.raises(RelayError) as caught:
            await tx.data(CONTENT, now() + 0.2)
        assert not caught.value.sent
        assert not tx.sent
    assert hop.taken == []


async def test_a_deadline_that_has_passed_sends_nothing():
    async with transaction() as (hop, tx):
        with pytest.raises(RelayError) as caught:
            await tx.data(CONTENT, now() - 1)
        assert not caught.value.sent
        await asyncio.sleep(0.05)
    assert hop.taken == []


async def test_content_that_is_taken_too_slowly_is_cut_off_before_the_dot():
    """The next hop stops reading: the deadline counts for all blocks together."""

    over = asyncio.Event()

    async def stuck(reader, writer):
        for reply in (b"220 x\r\n", b"250 x\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
            writer.write(reply)
            if not reply.startswith(b"354"):
                await reader.readline()
        await over.wait()
        writer.transport.abort()

    server = await asyncio.start_server(stuck, "127.0.0.1", 0)
    hop = NextHop(Relay(port=server.sockets[0].getsockname()[1]), "guard.example")
    tx = await hop.begin("a@example.jp")
    await tx.rcpt("b@example.jp")
    async with asyncio.timeout(2):
        with pytest.raises(RelayError) as caught:
            await tx.data(b"x" * 30_000_000, now() + 0.3)
    assert not caught.value.sent
    over.set()
    server.close()
    await asyncio.sleep(0.05)


async def test_after_the_dot_there_is_overtime(monkeypatch):
    """A reply a little late is worth more than a mail sent twice."""
    monkeypatch.setattr(module, "OVERTIME_SECONDS", 0.5)
    async with transaction("hang dot") as (_, tx), asyncio.timeout(3):
        start = now()
        with pytest.raises(RelayError) as caught:
            await tx.data(CONTENT, start + 0.3)
        assert caught.value.sent
        assert tx.sent
        assert 0.7 < now() - start < 1.5


async def test_overtime_never_exceeds_the_reply_seconds_of_the_relay():
    async with transaction("hang dot", reply_seconds=0.3) as (_, tx), asyncio.timeout(2):
        with pytest.raises(RelayError) as caught:
            await tx.data(CONTENT, now() + 60)
        assert caught.value.sent


async def test_reset_takes_no_time_however_slow_the_next_hop_is(monkeypatch):
    monkeypatch.setattr("hop.Dialogue.rset", lambda *_: asyncio.sleep(30))
    async with transaction() as (hop, tx), asyncio.timeout(1):
        await tx.reset(now() - 1)
        await tx.close()
    assert b"DATA" not in hop.commands


async def test_abandoned_before_the_dot_nothing_is_sent():
    async with transaction("hang data") as (hop, tx), asyncio.TaskGroup() as group:
        task = group.create_task(_caught(tx.data(CONTENT)))
        await asyncio.sleep(0.05)
        tx.abandon()
        async with asyncio.timeout(1):
            assert (await task).sent is False
        assert hop.connections == 1


async def _caught(coroutine):
    try:
        return await coroutine
    except RelayError as error:
        return error
