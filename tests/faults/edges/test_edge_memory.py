"""One budget for the content of all connections: taken as it comes in, given back on every way out."""

import asyncio
import contextlib

import pytest
from edge import edge
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.config import Smtp
from mailguard.errors import ConfigError
from mailguard.smtp.inflight import Inflight, Share

BUDGET = {"max_message_bytes": 100_000, "max_inflight_bytes": 200_000}
LINE = b"x" * 98 + b"\r\n"
BIG = LINE * 900  # 90 kB


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the thing waited for has no event
            await asyncio.sleep(0.01)


async def waiting(peer, size):
    """A client that has sent so much of its content, and not the dot."""
    client = await peer.connect()
    await client.envelope()
    before = peer.server._desk.inflight.used
    await client.send(LINE * (size // 100))
    await until(lambda: peer.server._desk.inflight.used >= min(before + size, 200_000 - 65_536))
    return client


async def test_beyond_the_budget_a_message_is_read_and_put_off():
    async with edge(smtp=BUDGET) as peer:
        first, second = [await waiting(peer, 90_000) for _ in range(2)]
        third = await peer.connect()
        await third.envelope()
        await third.send(BIG + b".\r\n")
        assert (await third.reply()).startswith("452 4.3.1")
        # its share is free again, so that a small message finds room
        await third.send(b"MAIL FROM:<a@example.jp>\r\nRCPT TO:<b@example.jp>\r\nDATA\r\n")
        assert [(await third.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
        await third.send(LINE + b".\r\n")
        assert (await third.reply()).startswith("250")
        for client in (first, second):
            await client.send(b".\r\n")
            assert (await client.reply()).startswith("250")
        assert peer.server._desk.inflight.used == 0
    assert sorted(len(taken.content) for taken in peer.hop.taken) == [100, 90_000, 90_000]


async def test_no_more_than_the_budget_is_ever_kept():
    async with edge(smtp=BUDGET) as peer:
        clients = []
        for _ in range(6):
            client = await peer.connect()
            await client.envelope()
            await client.send(BIG)
            clients.append(client)
        await asyncio.sleep(0.1)
        desk = peer.server._desk
        assert desk.inflight.used <= 200_000
        assert sum(len(session._inbox._buffer) for session in desk.sessions) <= 200_000 + 6 * 70_000
        for client in clients:
            await client.send(b".\r\n")
        replies = [(await client.reply())[:3] for client in clients]
        assert replies.count("452") >= 3
        assert replies.count("250") >= 1
        assert desk.inflight.used == 0


async def test_the_budget_is_held_until_the_reply():
    async with edge(mode="slow", smtp=BUDGET) as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(BIG + b".\r\n")
        await peer.pipeline.entered.wait()
        assert peer.server._desk.inflight.used >= 90_000
        peer.pipeline.gate.set()
        assert (await client.reply()).startswith("250")
        assert peer.server._desk.inflight.used == 0


@pytest.mark.parametrize("way", ["gone", "silent", "slow", "too big", "bare", "bug", "hop", "stop"])
async def test_the_budget_is_given_back_on_every_way_out(way):
    options = {"silent": {"command_seconds": 0.2}, "slow": {"data_seconds": 0.2}}.get(way, {})
    script = ["drop content"] if way == "hop" else []
    async with edge(script, "raise" if way == "bug" else "pass", smtp=BUDGET | options) as peer:
        client = await waiting(peer, 90_000)
        match way:
            case "gone":
                client.writer.transport.abort()
            case "silent" | "slow":
                assert (await client.reply()).startswith("421")
            case "too big":
                await client.send(BIG + b".\r\n")
                assert (await client.reply()).startswith("552")
            case "bare":
                await client.send(b"a\nb\r\n.\r\n")
                assert (await client.reply()).startswith("554")
            case "bug" | "hop":
                await client.send(b".\r\n")
                assert (await client.reply()).startswith("451")
            case "stop":
                await peer.server.stop(0.1)
        await until(lambda: peer.server._desk.inflight.used == 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60) | st.none()), max_size=60))
def test_shares_never_exceed_the_budget_and_come_back(steps):
    """(share, bytes to take, or None to end it)"""
    inflight = Inflight(100)
    held, shares = {}, {}
    for name, size in steps:
        share = shares.setdefault(name, Share(inflight))
        if size is None:
            share.drop()
            held[name] = 0
            shares.pop(name)
        elif share.take(size):
            held[name] = held.get(name, 0) + size
        else:
            held[name] = 0
        assert inflight.used == sum(held.values()) <= 100
    with contextlib.ExitStack() as stack:
        for share in shares.values():
            stack.enter_context(share)
    assert inflight.used == 0


def test_a_budget_that_no_message_fits_is_refused(tmp_path):
    from mailguard.config import load

    path = tmp_path / "mailguard.toml"
    path.write_text("[smtp]\nmax_inflight_bytes = 40000000\n")
    with pytest.raises(ConfigError, match="must not be smaller than max_message_bytes"):
        load(path, {})
    assert Smtp().max_inflight_bytes == 256_000_000
