"""Connections to the next hop that are kept: for whom, for how long, and how much is said on them at once."""

import asyncio
import contextlib

import pytest
from hop import Hop

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.relay.next_hop import NextHop
from mailguard.relay.reply import Reply

CONTENT = b"Subject: x\r\n\r\nhello\r\n"
RCPTS = [("b@example.jp", ()), ("c@example.jp", ())]


@contextlib.asynccontextmanager
async def reaching(*script, **settings):
    async with Hop(list(script)) as hop:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=1, **settings), "guard.example")
        try:
            yield hop, next_hop
        finally:
            await next_hop.close()


async def deliver(next_hop, content=CONTENT):
    transaction = await next_hop.begin("a@example.jp", (), RCPTS)
    reply = await transaction.data(content)
    await transaction.close()
    return reply


async def hold(next_hop):
    transaction = await next_hop.begin("a@example.jp", (), RCPTS)
    await transaction.reset()
    await transaction.close()


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the thing waited for has no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("end", ["data", "reset", "close", "refused mail", "refused dot", "refused data"])
async def test_a_connection_is_used_again_after(end):
    script = {"refused mail": "mail 550 no", "refused dot": "dot 554 no", "refused data": "data 451 no"}.get(end)
    async with reaching(*([f"once {script}"] if script else [])) as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        if end == "reset":
            await transaction.reset()
        elif transaction.mail_reply.ok and end != "close":
            await transaction.data(CONTENT)
        await transaction.close()
        assert (await deliver(next_hop)).ok
        assert hop.connections == 1
        assert hop.taken[-1].rcpts == (b"<b@example.jp>", b"<c@example.jp>")


async def test_what_was_left_open_is_reset_in_front_of_the_next_envelope():
    async with reaching() as (hop, next_hop):
        await hold(next_hop)
        assert b"RSET" not in hop.commands
        await deliver(next_hop)
        await deliver(next_hop)
    # none after a message that was taken
    verbs = [line.split()[0] for line in hop.commands[1:]]
    assert verbs == [b"MAIL", b"RCPT", b"RCPT", b"RSET", *[b"MAIL", b"RCPT", b"RCPT", b"DATA"] * 2, b"QUIT"]


async def test_a_transaction_that_is_over_has_no_hand_on_the_connection():
    async with reaching() as (hop, next_hop):
        first = await next_hop.begin("a@example.jp", (), RCPTS)
        await first.data(CONTENT)
        second = await next_hop.begin("a@example.jp")
        first.abandon()
        await first.close()
        with pytest.raises(RelayError):
            await first.rcpt("x@example.jp")
        assert (await second.rcpt("d@example.jp")).ok
        assert (await second.data(CONTENT)).ok
    assert [len(taken.rcpts) for taken in hop.taken] == [2, 1]
    assert hop.connections == 1


async def test_two_at_once_are_two_connections():
    async with reaching() as (hop, next_hop):
        both = [await next_hop.begin("a@example.jp"), await next_hop.begin("a@example.jp")]
        for transaction in both:
            await transaction.close()
        assert hop.connections == 2
        for transaction in [await next_hop.begin("a@example.jp"), await next_hop.begin("a@example.jp")]:
            await transaction.close()
        assert hop.connections == 2


@pytest.mark.parametrize("max_idle", [0, 1])
async def test_no_more_are_kept_than_allowed(max_idle):
    async with reaching(max_idle=max_idle) as (hop, next_hop):
        three = [await next_hop.begin("a@example.jp") for _ in range(3)]
        for transaction in three:
            await transaction.close()
        await until(lambda: hop.commands.count(b"QUIT") == 3 - max_idle)


async def test_what_is_idle_too_long_is_quit_by_a_timer():
    async with reaching(idle_seconds=0.2) as (hop, next_hop):
        await deliver(next_hop)
        await asyncio.sleep(0.1)
        assert hop.commands[-1] != b"QUIT"
        tasks = len(asyncio.all_tasks())
        await until(lambda: hop.commands[-1] == b"QUIT")
        assert len(asyncio.all_tasks()) == tasks - 1  # the hop's own has ended; there was none for the waiting
        await deliver(next_hop)
        assert hop.connections == 2


async def test_idle_time_counts_from_the_last_use():
    async with reaching(idle_seconds=0.3) as (hop, next_hop):
        for _ in range(4):
            await deliver(next_hop)
            await asyncio.sleep(0.15)
        assert hop.connections == 1


async def test_what_is_too_old_is_not_used_again():
    async with reaching(max_age_seconds=0.2) as (hop, next_hop):
        await deliver(next_hop)
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        await asyncio.sleep(0.25)
        assert (await transaction.data(CONTENT)).ok
        await until(lambda: hop.commands[-1] == b"QUIT")
        await deliver(next_hop)
        assert hop.connections == 2


async def test_fifty_resets_wear_a_connection_out():
    async with reaching() as (hop, next_hop):
        for _ in range(120):
            await hold(next_hop)
        assert [dialogue.commands.count(b"RSET") for dialogue in hop.dialogues] == [50, 50, 17]


async def test_eight_refusals_wear_a_connection_out_and_a_delivery_mends_it():
    async with reaching("rcpt <c@example.jp> 550 5.1.1 no") as (hop, next_hop):
        for _ in range(10):
            await hold(next_hop)
        assert [len([line for line in one.commands if line.startswith(b"MAIL")]) for one in hop.dialogues] == [8, 2]
        for _ in range(20):
            await deliver(next_hop)
        assert hop.connections == 2


async def test_close_quits_and_keeps_nothing_more():
    async with reaching() as (hop, next_hop):
        await deliver(next_hop)
        late = await next_hop.begin("a@example.jp")
        other = await next_hop.begin("a@example.jp")
        await other.close()
        await next_hop.close()
        assert hop.dialogues[1].commands[-1] == b"QUIT"
        await late.close()
        await until(lambda: hop.dialogues[0].commands[-1] == b"QUIT")


@contextlib.asynccontextmanager
async def sipping(offer):
    """A server that reads what there is, and what it read each time."""
    reads = []

    async def serve(reader, writer):
        writer.write(b"220 x\r\n")
        while data := await reader.read(100_000):
            reads.append(data)
            await asyncio.sleep(0.02)
            for line in data.splitlines():
                writer.write(
                    b"250-x\r\n250 " + offer + b"\r\n" if line.startswith(b"EHLO") else b"250 " + line + b"\r\n"
                )
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    next_hop = NextHop(Relay(port=server.sockets[0].getsockname()[1]), "guard.example")
    yield next_hop, reads
    await next_hop.close()
    server.close()
    await asyncio.sleep(0.01)


async def test_an_envelope_is_one_flight():
    async with sipping(b"PIPELINING") as (next_hop, reads):
        await hold(next_hop)
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        assert reads[2] == b"RSET\r\nMAIL FROM:<a@example.jp>\r\nRCPT TO:<b@example.jp>\r\nRCPT TO:<c@example.jp>\r\n"
        # each reply is that of its own command
        assert transaction.mail_reply.text == "250 MAIL FROM:<a@example.jp>"
        assert [reply.text for reply in transaction.rcpt_replies] == [f"250 RCPT TO:<{name}>" for name, _ in RCPTS]
        more = await transaction.rcpts([("d@example.jp", ()), ("e@example.jp", ())])
        assert reads[3] == b"RCPT TO:<d@example.jp>\r\nRCPT TO:<e@example.jp>\r\n"
        assert [reply.text[-14:-1] for reply in more] == ["<d@example.jp", "<e@example.jp"]
        await transaction.close()


async def test_without_pipelining_it_is_one_by_one():
    async with sipping(b"SIZE 1") as (next_hop, reads):
        await hold(next_hop)
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        assert [reply.code for reply in transaction.rcpt_replies] == [250, 250]
        await transaction.close()
    assert all(data.count(b"\n") == 1 for data in reads)
    assert [data.split()[0] for data in reads[1:8]] == [b"MAIL", b"RCPT", b"RCPT", b"RSET", b"MAIL", b"RCPT", b"RCPT"]


async def test_a_thousand_recipients_in_one_flight():
    async with reaching("rcpt <r500@example.jp> 550 5.1.1 no") as (hop, next_hop):
        recipients = [(f"r{number}@example.jp", ()) for number in range(1_000)]
        transaction = await next_hop.begin("a@example.jp", (), recipients)
        assert [n for n, reply in enumerate(transaction.rcpt_replies) if not reply.ok] == [500]
        assert (await transaction.data(CONTENT)).ok
    assert len(hop.taken[0].rcpts) == 999


async def test_a_refused_mail_refuses_its_recipients():
    async with reaching("mail 550 5.7.1 not you", "rcpt 503 5.5.1 MAIL first") as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp", (), RCPTS)
        assert transaction.mail_reply == Reply(550, (b"5.7.1 not you",))
        assert [reply.code for reply in transaction.rcpt_replies] == [503, 503]
        with pytest.raises(RelayError):
            await transaction.data(CONTENT)
    assert b"DATA" not in hop.commands


async def test_options_go_where_they_are_offered():
    async with reaching("without DSN") as (hop, next_hop):
        transaction = await next_hop.begin("a@example.jp", ("BODY=8BITMIME", "RET=HDRS"), [("b@x", ("NOTIFY=NEVER",))])
        await transaction.close()
        assert hop.commands[1:3] == [b"MAIL FROM:<a@example.jp> BODY=8BITMIME", b"RCPT TO:<b@x>"]


@pytest.mark.parametrize(("sender", "option"), [("あ@example.jp", "SMTPUTF8"), ("a@example.jp", "body=8bitmime")])
async def test_mail_that_needs_an_extension_waits_for_a_hop_that_has_it(sender, option):
    """It was offered, by another hop or before that one was set up anew: what is not taken in full is put off."""
    extension = option.upper().removeprefix("BODY=")
    async with reaching(f"without {extension}") as (hop, next_hop):
        with pytest.raises(RelayError, match=extension):
            await next_hop.begin(sender, (option,))
        assert (await deliver(next_hop)).ok
        assert hop.connections == 1  # nothing was said on it, so it is as good as before


async def test_no_command_is_smuggled_in_an_address():
    async with reaching() as (hop, next_hop):
        for address in ("a\r\nDATA", "a\n", "a\r", "a\0"):
            with pytest.raises(ValueError, match="one line"):
                await next_hop.begin(address)
        assert b"DATA" not in hop.commands


async def test_the_offer_is_asked_for_once():
    async with reaching() as (hop, next_hop):
        assert "DSN" in (await asyncio.gather(*(next_hop.extensions() for _ in range(5))))[0]
        assert await next_hop.size() == 30_000_000
        await deliver(next_hop)
        assert hop.connections == 1
