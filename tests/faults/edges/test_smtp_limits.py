"""What one client may take: connections, errors, time of the others."""

import asyncio
import socket
import time

import pytest
from edge import edge, with_certificate
from hop import OFFER

from mailguard.smtp import channel, greeting

MESSAGE = b"Subject: x\r\n\r\nhello\r\n.\r\n"


async def test_connections_of_one_client_are_limited_and_come_free():
    async with edge(smtp={"max_connections_per_client": 2}) as peer:
        first, second, third = [await peer.connect() for _ in range(3)]
        assert (await first.reply()).startswith("220")
        assert (await second.reply()).startswith("220")
        assert (await third.reply()).startswith("421 4.7.0 too many connections from your address")
        assert await third.reply() == ""
        await first.ask("QUIT")
        assert await first.reply() == ""
        await asyncio.sleep(0.05)
        assert (await (await peer.connect()).reply()).startswith("220")
    assert not peer.server._desk.clients


async def test_a_failed_login_takes_its_time(monkeypatch):
    monkeypatch.setattr(greeting, "FAILED_SECONDS", 0.3)
    async with edge(smtp={"auth": "local"}) as peer:
        client = await peer.connect()
        await client.reply()
        await client.ask("EHLO x")
        start = time.monotonic()
        assert (await client.ask("AUTH PLAIN AG1haWxlcgB3cm9uZw==")).startswith("535")
        assert time.monotonic() - start >= 0.3


async def test_a_login_that_was_disabled_ends_its_sessions():
    async with edge(smtp={"auth": "local"}) as peer:
        client = await peer.connect()
        await client.reply()
        await client.ask("EHLO x")
        assert (await client.ask("AUTH PLAIN AG1haWxlcgBjb3JyZWN0IGhvcnNl")).startswith("235")
        assert (await client.ask("MAIL FROM:<a@example.jp>")).startswith("250")
        await client.ask("RSET")
        del peer.logins.stamps["mailer"]
        await asyncio.sleep(1.1)
        assert (await client.ask("MAIL FROM:<a@example.jp>")).startswith("421 4.7.0")
        assert await client.reply() == ""


@pytest.mark.parametrize("tls", [False, True])
async def test_a_client_that_does_not_read_is_left_waiting_alone(monkeypatch, tls):
    """Its replies fill the buffer; then it is not read from any more, and in the end its connection is gone, too."""
    monkeypatch.setattr(channel, "LINGER_SECONDS", 0.1)
    ways = with_certificate() | {"tls_listen": "127.0.0.1:0"} if tls else {}
    async with edge(smtp={"command_seconds": 0.5} | ways) as peer:
        deaf = await peer.connect(tls=tls)
        deaf.writer.transport.pause_reading()
        await asyncio.sleep(0.05)
        deaf.writer.write(b"HELP\r\n" * 500_000)
        other = await peer.connect()
        await other.reply()
        assert (await other.ask("NOOP")).startswith("250")
        session = next(one for one in peer.server._desk.sessions if one._client)
        assert len(session._inbox._buffer) < 500_000
        async with asyncio.timeout(10):
            while len(peer.server._desk.sessions) > 1:  # noqa: ASYNC110 - the thing waited for has no event
                await asyncio.sleep(0.05)
            while not session._connection_lost:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.05)
        deaf.writer.transport.abort()


class Heart:
    """The longest time, of this thread, that the loop spent between two beats: a busy machine does not spoil it."""

    async def __aenter__(self):
        self.longest, self._on = 0.0, True
        self._task = asyncio.get_running_loop().create_task(self._beat())
        return self

    async def __aexit__(self, *_):
        self._on = False
        await self._task

    async def _beat(self):
        while self._on:
            start = time.thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - start)


async def test_a_flood_of_commands_leaves_others_their_turn():
    """The client sits in another thread: what it does is not counted."""
    flood = b"NOOP\r\n" * 50_000

    def client(port):
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(flood + b"QUIT\r\n")
            while one.recv(1 << 20):
                pass

    async with edge() as peer, Heart() as heart:
        await asyncio.to_thread(client, peer.server.port)
    assert heart.longest < 0.04


async def test_big_messages_leave_others_their_turn():
    """No step with a big message holds the loop for long."""
    big = b"Subject: x\r\n\r\n" + b"x" * 76 + b"\r\n" + (b"." * 2 + b"y" * 74 + b"\r\n") * 130_000
    async with edge(mode="hold") as peer:
        clients = []
        for _ in range(3):
            client = await peer.connect()
            await client.envelope()
            clients.append(client)
        async with Heart() as heart:
            for client in clients:
                client.writer.write(big + b".\r\n")
            for client in clients:
                async with asyncio.timeout(60):
                    assert (await client.reader.readline()).startswith(b"250")
    assert len(peer.pipeline.messages[0].content) == len(big) - 130_000
    assert heart.longest < 0.1


async def test_what_comes_together_goes_on_together():
    """MAIL and RCPT that a client pipelines reach the next hop in order, before DATA is answered."""
    assert "PIPELINING" in OFFER
    async with edge() as peer:
        client = await peer.connect()
        await client.reply()
        await client.ask("EHLO x")
        rcpts = b"".join(b"RCPT TO:<r%d@example.jp>\r\n" % number for number in range(20))
        await client.send(b"MAIL FROM:<a@example.jp>\r\n" + rcpts + b"DATA\r\n")
        assert [(await client.reply())[:3] for _ in range(22)] == ["250"] * 21 + ["354"]
        await client.send(MESSAGE)
        assert (await client.reply()).startswith("250")
    assert len(peer.hop.taken[0].rcpts) == 20
    assert len(peer.pipeline.messages[0].envelope.rcpt_to) == 20


@pytest.mark.parametrize("way", ["trickle", "half"])
async def test_a_slow_line_is_a_whole_line_in_the_end(way):
    async with edge() as peer:
        client = await peer.connect()
        await client.reply()
        line = b"EHLO tool.example\r\n"
        for start in range(0, len(line), 1 if way == "trickle" else 10):
            await client.send(line[start : start + (1 if way == "trickle" else 10)])
            await asyncio.sleep(0.005)
        assert (await client.reply()).startswith("250")


async def test_a_line_that_trickles_for_ever_has_one_time_for_all_of_it():
    async with edge(smtp={"command_seconds": 0.4}) as peer:
        client = await peer.connect()
        await client.reply()
        for _ in range(30):
            if peer.server.connections == 0:
                break
            client.writer.write(b"N")
            await asyncio.sleep(0.05)
        assert peer.server.connections == 0
        assert (await client.reply()).startswith("421 4.4.2")


async def test_no_timer_is_left_when_a_session_ends():
    async with edge() as peer:
        client = await peer.connect()
        await client.reply()
        session = next(iter(peer.server._desk.sessions))
        assert session._inbox._timer is not None
        await client.ask("QUIT")
        assert await client.reply() == ""
        await asyncio.sleep(0.02)
        assert session._inbox._timer is None
