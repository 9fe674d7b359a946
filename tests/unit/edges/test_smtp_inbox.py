"""Bytes as they come: pieces of content, flow control, time."""

import asyncio
import itertools

import pytest

from mailguard.config import Smtp
from mailguard.relay.reply import Reply
from mailguard.relay.wire import stuffed
from mailguard.smtp import collection
from mailguard.smtp.collection import Collection
from mailguard.smtp.content import AT_ONCE, settle
from mailguard.smtp.inbox import FLOOD, HIGH, LINE, GoneError, Inbox, LineTooLongError, SilentError
from mailguard.smtp.inflight import Inflight, Share


class Transport:
    def __init__(self):
        self.reading = True

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    def is_closing(self):
        return False


@pytest.fixture
async def inbox():
    made = Inbox(asyncio.get_running_loop(), 5)
    made.transport = Transport()
    made.attach(made.transport)
    yield made
    made.close()


CONTENT = b".a\r\n..b\r\n\r\n.\r\nxx\r\n.\r\n.\r\r\n..\r\n.yy\r\n\r\n\r\n...\r\nz"


@pytest.mark.parametrize("size", range(5, 24))
@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_wherever_a_piece_ends_the_content_stays_whole(monkeypatch, size, step):
    monkeypatch.setattr(collection, "PIECE", size)
    content = CONTENT + b"\r\n"
    wire = content.replace(b"\r\n.", b"\r\n..")
    wire = (b"." + wire if wire.startswith(b".") else wire) + b".\r\nNOOP\r\n"
    buffer = bytearray()
    message = Collection(buffer, 10_000, Share(Inflight(10_000)))
    for start in range(0, len(wire), step):
        piece = wire[start : start + step]
        buffer += piece
        if message.look(len(piece)):
            buffer += wire[start + step :]
            break
    assert b"".join(message.pieces) == content
    assert bytes(buffer) == b"NOOP\r\n"
    assert not any(one.endswith(b"\r") and two.startswith(b"\n") for one, two in itertools.pairwise(message.pieces))
    assert len(message.pieces) > 2 or size > 20


ENDINGS = [before + b"." + after for before in (b"\n", b"\r", b"\r\n") for after in (b"\n", b"\r", b"\r\n")]


@pytest.mark.parametrize("bare_newline", ["reject", "normalise"])
@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending != b"\r\n.\r\n"])
async def test_wherever_a_packet_ends_a_smuggled_ending_ends_nothing(monkeypatch, ending, bare_newline):
    monkeypatch.setattr(collection, "PIECE", 8)
    settings = Smtp(bare_newline=bare_newline)
    wire = b"Subject: x\r\n\r\nhello" + ending + b"MAIL FROM:<b@x>\r\n.\r\nNOOP\r\n"
    for split in range(1, len(wire)):
        buffer = bytearray()
        message = Collection(buffer, 10_000, Share(Inflight(10_000)))
        for piece in (wire[:split], wire[split:]):
            buffer += piece
            if message.look(len(piece)):
                break
        buffer += b"" if piece == wire[split:] else wire[split:]
        assert bytes(buffer) == b"NOOP\r\n"
        content = await settle(message.pieces, settings, asyncio.Lock())
        if bare_newline == "reject":
            assert isinstance(content, Reply)
            assert content.code == 554
        else:
            assert b"MAIL FROM:<b@x>\r\n" in content
            assert not set(b"\r\n") & set(content.replace(b"\r\n", b""))


async def test_a_client_that_sends_too_much_is_not_read_until_somebody_asks(inbox):
    for _ in range(HIGH // 6 + 1):
        inbox.feed(b"NOOP\r\n")
    assert not inbox.transport.reading
    while inbox.take() is not None:
        pass
    assert not inbox.transport.reading
    async with asyncio.TaskGroup() as group:
        group.create_task(_fed(inbox, b"QUIT\r\n"))
        assert await inbox.line() == b"QUIT"
    assert inbox.transport.reading


async def _fed(inbox, *pieces):
    for piece in pieces:
        await asyncio.sleep(0)
        inbox.feed(piece)


async def test_long_lines_are_dropped_to_their_end(inbox):
    inbox.feed(b"x" * LINE + b"\r\n")  # the CR counts
    with pytest.raises(LineTooLongError):
        await inbox.line()
    inbox.feed(b"y" * (LINE - 1) + b"\r\nNOOP\r\n")
    assert len(await inbox.line()) == LINE - 1
    assert await inbox.line() == b"NOOP"
    async with asyncio.TaskGroup() as group:
        group.create_task(_fed(inbox, *[b"z" * 10_000] * 5, b"\nRSET\r\n"))
        with pytest.raises(LineTooLongError):
            await inbox.line()
    assert await inbox.line() == b"RSET"
    assert inbox.peek() is None


async def test_a_flood_is_nobodys_client(inbox):
    async with asyncio.TaskGroup() as group:
        group.create_task(_fed(inbox, *[b"z" * 50_000] * (FLOOD // 50_000 + 2)))
        with pytest.raises(GoneError):
            await inbox.line()


async def test_peek_takes_nothing(inbox):
    inbox.feed(b"RCPT TO:<a@b>\r\nDA")
    assert inbox.peek() == b"RCPT TO:<a@b>"
    assert inbox.take() == b"RCPT TO:<a@b>"
    assert inbox.peek() is None
    inbox.feed(b"TA\r\n")
    assert inbox.peek() == b"DATA"


async def test_what_came_before_the_end_is_read_before_it(inbox):
    inbox.feed(b"NOOP\r\nQU")
    inbox.finish()
    assert await inbox.line() == b"NOOP"
    with pytest.raises(GoneError):
        await inbox.line()


async def test_one_timer_serves_all_waits():
    inbox = Inbox(asyncio.get_running_loop(), 0.2)
    timers = set()
    async with asyncio.timeout(5):
        for _ in range(10):
            async with asyncio.TaskGroup() as group:
                group.create_task(_fed(inbox, b"NOOP\r\n"))
                await inbox.line()
            timers.add(inbox._timer)
            await asyncio.sleep(0.01)
        assert len(timers) == 1
        start = asyncio.get_running_loop().time()
        with pytest.raises(SilentError):
            await inbox.line()
        assert asyncio.get_running_loop().time() - start >= 0.19
    inbox.close()


async def test_a_message_has_one_time_for_all_of_it(inbox):
    async def trickle():
        for _ in range(50):
            inbox.feed(b"x\r\n")
            await asyncio.sleep(0.02)

    task = asyncio.get_running_loop().create_task(trickle())
    with pytest.raises(SilentError):
        await inbox.content(10_000, Share(Inflight(10_000)), 0.2)
    task.cancel()


async def test_others_have_their_turn_while_a_big_message_is_looked_through():
    ran = 0
    on = True

    async def other():
        nonlocal ran
        while on:
            ran += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(other())
        content = await settle([b"x" * 98 + b"\r\n"] * AT_ONCE * 10, Smtp(), asyncio.Lock())
        on = False
    assert ran >= 10
    assert isinstance(content, bytes)
    assert len(content) == AT_ONCE * 1000


@pytest.mark.parametrize("bad", [b"a\0b\r\n", b"a\nb\r\n"])
@pytest.mark.parametrize("at", [0, 3, 4, 11])
async def test_what_is_refused_is_refused_in_any_piece(bad, at):
    pieces = [b"x: y\r\n"] * 12
    pieces[at] = bad
    assert isinstance(await settle(pieces, Smtp(), asyncio.Lock()), Reply)
    assert isinstance(await settle(pieces[: at + 1], Smtp(), asyncio.Lock()), Reply)


def test_stuffing_and_collecting_are_inverse_for_a_big_message():
    content = (b"." * 3 + b"\r\n") * 40_000 + b"tail." * 10 + b"\r\n"
    wire = stuffed(content) + b".\r\n"
    buffer = bytearray()
    message = Collection(buffer, len(content), Share(Inflight(len(wire) * 2)))
    for start in range(0, len(wire), 50_000):
        buffer += wire[start : start + 50_000]
        done = message.look(50_000 if start + 50_000 <= len(wire) else len(wire) - start)
    assert done
    assert b"".join(message.pieces) == content
