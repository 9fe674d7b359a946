"""What breaks between client, mailguard and next hop: nothing is lost, nothing is said that is not true."""

import asyncio
import contextlib
import logging
import socket
import struct

import pytest
from edge import edge

from mailguard.metrics import REGISTRY

MESSAGE = b"Subject: x\r\n\r\nhello\r\n.\r\n"


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the thing waited for has no event
            await asyncio.sleep(0.01)


async def test_next_hop_drops_before_data_is_replaced_unseen():
    async with edge(["once drop data"]) as peer:
        client = await peer.connect()
        await client.envelope(recipients=("a@example.jp", "b@example.jp"))
        await client.send(MESSAGE)
        assert (await client.reply()).startswith("250 2.0.0 queued")
    assert [taken.rcpts for taken in peer.hop.taken] == [(b"<a@example.jp>", b"<b@example.jp>")]


async def test_next_hop_says_421_to_data_and_is_replaced_unseen():
    async with edge(["once data 421 4.3.2 restarting"]) as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(MESSAGE)
        assert (await client.reply()).startswith("250 2.0.0 queued")
    assert len(peer.hop.taken) == 1


async def test_next_hop_answers_differently_the_second_time():
    async with edge(["once drop data"]) as peer:
        client = await peer.connect()
        await client.envelope(recipients=("a@example.jp", "b@example.jp"))
        peer.hop.tell("rcpt <b@example.jp> 550 5.1.1 gone")
        await client.send(MESSAGE)
        assert (await client.reply()).startswith("451")
    assert peer.hop.taken == []
    assert [error.sent for error in peer.pipeline.errors] == [False]


async def test_next_hop_drops_before_data_again_and_again():
    async with edge(["drop data"]) as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(MESSAGE)
        assert (await client.reply()).startswith("451")
        assert peer.hop.connections == 3  # EHLO, the transaction, its one replacement
    assert [error.sent for error in peer.pipeline.errors] == [False]


@pytest.mark.parametrize(("step", "sent"), [("content", False), ("dot", True), ("reply", True)])
async def test_next_hop_drops_after_data_was_accepted(step, sent):
    async with edge([f"drop {step}"]) as peer:
        client = await peer.connect()
        await client.envelope()
        # big enough that a drop in the middle is felt before the dot
        await client.send(b"Subject: x\r\n\r\n" + (b"y" * 78 + b"\r\n") * 100_000 + b".\r\n")
        assert (await client.reply()).startswith("451")
        assert (await client.ask("NOOP")).startswith("250")
    assert [error.sent for error in peer.pipeline.errors] == [sent]
    assert len(peer.hop.taken) == (1 if step == "reply" else 0)


@pytest.mark.parametrize(("step", "sent"), [("data", False), ("dot", True), ("reply", True)])
async def test_next_hop_hangs(step, sent):
    async with edge([f"hang {step}"], relay={"reply_seconds": 0.2}) as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(MESSAGE)
        assert (await client.reply()).startswith("451")
    assert [error.sent for error in peer.pipeline.errors] == [sent]


@pytest.mark.parametrize("script", [["hang mail"], ["drop mail"], ["mail 354 what"], ["mail nonsense"]])
async def test_next_hop_fails_at_mail(script):
    async with edge(script, relay={"reply_seconds": 0.2}) as peer:
        client = await peer.connect()
        await client.reply()
        await client.ask("EHLO x")
        assert (await client.ask("MAIL FROM:<a@example.jp>")).startswith("451 4.4.1")
        assert (await client.ask("RCPT TO:<b@example.jp>")).startswith("503")


async def test_next_hop_fails_at_one_recipient_for_good():
    async with edge(["hang rcpt"], relay={"reply_seconds": 0.2}) as peer:
        client = await peer.connect()
        await client.reply()
        await client.ask("EHLO x")
        await client.ask("MAIL FROM:<a@example.jp>")
        assert (await client.ask("RCPT TO:<b@example.jp>")).startswith("451 4.4.2")
        assert (await client.ask("RCPT TO:<c@example.jp>")).startswith("451 4.4.2")
        assert (await client.ask("DATA")).startswith("554")


async def test_client_that_half_closes_after_the_dot_hears_the_reply():
    async with edge(mode="slow") as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(MESSAGE)
        await peer.pipeline.entered.wait()
        client.writer.write_eof()
        await asyncio.sleep(0.05)
        assert peer.pipeline.finished == 0
        peer.pipeline.gate.set()
        assert (await client.reply()).startswith("250 2.0.0 queued")
    assert peer.pipeline.finished == 1
    assert len(peer.hop.taken) == 1


@pytest.mark.parametrize("reset", [True, False])
async def test_client_that_vanishes_after_the_dot_does_not_stop_the_delivery(reset):
    async with edge(mode="slow") as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(MESSAGE)
        await peer.pipeline.entered.wait()
        if reset:
            # closed with RST instead of FIN: the server's transport is lost at once
            linger = struct.pack("ii", 1, 0)
            client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.writer.transport.abort()
        await asyncio.sleep(0.05)
        peer.pipeline.gate.set()
        await until(lambda: peer.pipeline.finished)
        assert len(peer.hop.taken) == 1
        await until(lambda: peer.hop.commands[-1] == b"QUIT")


@pytest.mark.parametrize("abort", [True, False])
async def test_client_that_goes_before_the_dot_has_sent_nothing(abort):
    async with edge() as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(b"Subject: x\r\n\r\nhalf a mess")
        if abort:
            client.writer.transport.abort()
        else:
            client.writer.write_eof()
        await until(lambda: peer.hop.commands[-1] == b"QUIT")
        assert peer.pipeline.messages == []
        assert b"DATA" not in peer.hop.commands


async def test_a_bug_in_the_pipeline_is_temporary_and_tells_nothing(caplog):
    async with edge(mode="raise") as peer:
        client = await peer.connect()
        with caplog.at_level(logging.DEBUG):
            await client.envelope()
            await client.send(MESSAGE)
            reply = await client.reply()
        assert reply.startswith("451 4.3.0 internal error E-")
        assert reply.split()[4].rstrip(",") in caplog.text
        assert "ValueError at edge.py:" in caplog.text
        assert "taro" not in caplog.text + reply
        # the envelope is gone, the session is not
        assert (await client.ask("RCPT TO:<a@example.jp>")).startswith("503")
        assert (await client.ask("MAIL FROM:<a@example.jp>")).startswith("250")
    assert peer.hop.taken == []


async def test_nothing_a_client_says_is_logged(caplog):
    with caplog.at_level(logging.DEBUG):
        async with edge() as peer:
            client = await peer.connect()
            await client.envelope(sender="hanako.secret@example.jp", recipients=("taro.secret@example.jp",))
            await client.send(b"Subject: secret\r\n\r\n090-1234-5678\r\n.\r\n")
            await client.reply()
            await client.ask("SECRET taro.secret@example.jp")
    assert "secret" not in caplog.text.lower()
    assert "090" not in caplog.text


@pytest.mark.parametrize(
    ("script", "place"),
    [("down", "no envelope"), ("mail 421 no", "no envelope"), ("rcpt 421 no", "no more recipients")],
)
async def test_why_the_next_hop_took_no_envelope_is_logged(caplog, script, place):
    async with edge([script]) as peer:
        client = await peer.connect()
        await client.reply()
        await client.ask("HELO tool.example")
        await client.ask("MAIL FROM:<secret@example.jp>")
        assert (await client.ask("RCPT TO:<secret@example.jp>"))[0] in "45"
    assert place in caplog.text
    assert "secret" not in caplog.text


async def test_silent_client_hears_421():
    async with edge(smtp={"command_seconds": 0.2}) as peer:
        client = await peer.connect()
        await client.reply()
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.reply() == ""


async def test_slow_message_hears_421_in_the_end():
    async with edge(smtp={"data_seconds": 0.4, "command_seconds": 0.3}) as peer:
        client = await peer.connect()
        await client.envelope()
        for _ in range(3):
            await client.send(b"x\r\n")
            await asyncio.sleep(0.1)
        assert (await client.reply()).startswith("421 4.4.2")
        await until(lambda: peer.hop.commands[-1] == b"QUIT")
    assert peer.pipeline.messages == []


async def test_too_many_connections():
    async with edge(smtp={"max_connections": 2}) as peer:
        first, second, third = [await peer.connect() for _ in range(3)]
        assert (await first.reply()).startswith("220")
        assert (await second.reply()).startswith("220")
        assert (await third.reply()).startswith("421 4.3.2")
        assert await third.reply() == ""
        await first.ask("QUIT")
        await until(lambda: len(peer.server._desk.sessions) == 1)
        assert (await (await peer.connect()).reply()).startswith("220")


async def test_stop_ends_the_idle_and_waits_for_the_busy():
    async with edge(mode="slow") as peer:
        busy, idle = await peer.connect(), await peer.connect()
        await idle.reply()
        await busy.envelope()
        await busy.send(MESSAGE)
        await peer.pipeline.entered.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(peer.server.stop(5))
            assert (await idle.reply()).startswith("421 4.3.2")
            assert await idle.reply() == ""
            peer.pipeline.gate.set()
            assert (await busy.reply()).startswith("250 2.0.0 queued")
            assert (await busy.reply()).startswith("421 4.3.2")
        with pytest.raises(ConnectionError):
            await peer.connect()


async def test_stop_does_not_wait_for_ever():
    async with edge(mode="slow") as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(MESSAGE)
        await peer.pipeline.entered.wait()
        async with asyncio.timeout(3):
            await peer.server.stop(0.1)
    assert peer.hop.taken == []


async def test_a_flood_without_a_line_end_is_cut_off():
    async with edge() as peer:
        client = await peer.connect()
        await client.reply()
        with contextlib.suppress(ConnectionError):
            for _ in range(40):
                await client.send(b"x" * 65_536)
        with contextlib.suppress(ConnectionError):
            assert await client.reply() == ""
        await until(lambda: not peer.server._desk.sessions)


async def test_a_message_without_line_ends_is_bounded():
    async with edge(smtp={"max_message_bytes": 100_000}) as peer:
        client = await peer.connect()
        await client.envelope()
        for _ in range(40):
            await client.send(b"x" * 65_536)
            for session in peer.server._desk.sessions:
                assert len(session._inbox._buffer) < 400_000
        await client.send(b"\r\n.\r\n")
        assert (await client.reply()).startswith("552 5.3.4")
    assert peer.hop.taken == []


async def test_eight_megabytes_arrive_unchanged():
    body = bytes(range(1, 10)) + bytes(range(14, 256))
    content = b"Subject: x\r\n\r\n" + (b"." + body.replace(b"\n", b"").replace(b"\r", b"") + b"\r\n") * 31_000
    async with edge() as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        assert (await client.reply()).startswith("250")
    assert peer.hop.taken[0].content == content


async def test_what_is_refused_here_is_counted():
    def counts():
        refused = REGISTRY.get_sample_value("mailguard_messages_total", {"outcome": "refused_client"}) or 0
        labels = {"use": "handover", "result": "failed"}
        return refused, REGISTRY.get_sample_value("mailguard_relay_attempts_total", labels) or 0

    refused, failed = counts()
    async with edge() as peer:
        client = await peer.connect()
        await client.envelope()
        await client.send(b"bare\nnewline\r\n.\r\n")
        assert (await client.reply()).startswith("554 5.6.0")
        peer.hop.tell("drop mail")
        assert (await client.ask("MAIL FROM:<a@example.jp>")).startswith("451 4.4.1")
    assert counts() == (refused + 1, failed + 1)
