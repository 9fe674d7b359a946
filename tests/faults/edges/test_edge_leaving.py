"""A client that is sent away can read why, even while it is still sending."""

import asyncio

import pytest
from edge import edge

from mailguard.smtp import channel


async def away(peer, client):
    """What the client reads to the end, having sent more than anybody asked for before it reads."""
    await client.send(b"NOOP\r\n" * 100_000)
    await asyncio.sleep(0.1)
    async with asyncio.timeout(5):
        return await client.reader.read()


@pytest.mark.parametrize(
    ("smtp", "reply"),
    [({"clients": ("192.0.2.0/24",)}, b"554 5.7.1 "), ({"command_seconds": 0.1}, b"421 4.4.2 ")],
)
async def test_the_last_reply_can_be_read(smtp, reply):
    async with edge(smtp=smtp) as peer:
        client = await peer.connect()
        await asyncio.sleep(0.2)
        assert (await away(peer, client)).splitlines()[-1].startswith(reply)


async def test_after_too_many_errors_too():
    async with edge() as peer:
        client = await peer.connect()
        await client.send(b"nonsense\r\n" * 10)
        await asyncio.sleep(0.1)
        assert (await away(peer, client)).splitlines()[-1].startswith(b"421 4.7.0")


async def test_at_the_stop_too():
    async with edge() as peer:
        client = await peer.connect()
        await client.reply()
        async with asyncio.TaskGroup() as group:
            group.create_task(peer.server.stop(1))
            await asyncio.sleep(0.05)
            assert (await away(peer, client)).startswith(b"421 4.3.2")


async def test_nobody_lingers_for_ever(monkeypatch):
    monkeypatch.setattr(channel, "LINGER_SECONDS", 0.2)
    async with edge(smtp={"clients": ("192.0.2.0/24",)}) as peer:
        client = await peer.connect()
        assert (await client.reply()).startswith("554")
        desk = peer.server._desk
        assert len(desk.leaving) == 1
        assert not desk.sessions
        await asyncio.sleep(0.4)
        assert not desk.leaving
        with pytest.raises(ConnectionError):
            await client.send(b"x" * 65_536 * 100)


async def test_only_so_many_linger(monkeypatch):
    monkeypatch.setattr(channel, "LINGERING", 1)
    async with edge(smtp={"clients": ("192.0.2.0/24",)}) as peer:
        clients = [await peer.connect() for _ in range(3)]
        for client in clients:
            assert (await client.reply()).startswith("554")
        assert len(peer.server._desk.leaving) == 1
