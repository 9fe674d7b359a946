"""Whatever a client sends, in whatever pieces: the next hop gets whole, well-formed, unchanged messages or none."""

import asyncio
import contextlib
import itertools

import pytest
from edge import edge, with_certificate
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.model import Envelope
from mailguard.relay.reply import Reply
from mailguard.relay.wire import has_bare_newline, stuffed
from mailguard.smtp import collection, greeting
from mailguard.smtp.command import Address, parse
from mailguard.smtp.content import normalised
from mailguard.smtp.inbox import GoneError, Inbox
from mailguard.smtp.inflight import Inflight, Share
from mailguard.smtp.sasl import exchange

ALL = frozenset({"SIZE", "8BITMIME", "SMTPUTF8", "DSN"})

pieces = st.sampled_from(
    [b"\r", b"\n", b".", b"\r\n", b"\r\n.\r\n", b"\n.\n", b"\r\n.", b"a", b"\xe6\x97", b"..", b" "]
)
soup = st.lists(pieces | st.binary(max_size=4), max_size=30).map(b"".join)
lines = st.lists(st.sampled_from([b".", b"..", b"", b"a", b".a", b"\xff \t"]) | st.binary(max_size=6), max_size=20).map(
    lambda found: b"".join(line.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n" for line in found)
)


async def content_of(data, cuts, limit=100_000):
    """(pieces of the content, what is left for the next command), however the bytes were cut."""
    inbox = Inbox(asyncio.get_running_loop(), 1)
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})

    async def feed():
        for start, end in itertools.pairwise(places):
            inbox.feed(data[start:end])
            await asyncio.sleep(0)
        inbox.finish()

    async with asyncio.TaskGroup() as group:
        group.create_task(feed())
        pieces = await inbox.content(limit, Share(Inflight(limit * 3)), 5)
    inbox._timer.cancel() if inbox._timer else None
    return pieces, bytes(inbox._buffer)


cut = st.lists(st.integers(0, 200), max_size=8)


@given(lines, soup, cut)
@example(b"", b"", [])
@example(b".\r\n", b".\r\n", [1, 2, 3, 4, 5])
def test_content_comes_back_byte_for_byte(content, after, cuts):
    """Stuffing and reading are each other's inverse, and what stands behind the dot is left alone."""
    pieces, left = asyncio.run(content_of(stuffed(content) + b".\r\n" + after, cuts))
    assert (b"".join(pieces), left) == (content, after)


@settings(max_examples=60, deadline=None)
@given(lines, soup, st.lists(st.integers(0, 400), max_size=30), st.integers(5, 40))
def test_pieces_part_no_line_end_and_no_doubled_dot(content, after, cuts, size):
    """With tiny pieces each cut is tried: joined they are the content."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collection, "PIECE", size)
        pieces, left = asyncio.run(content_of(stuffed(content) + b".\r\n" + after, cuts))
    assert (b"".join(pieces), left) == (content, after)
    assert not any(one.endswith(b"\r") and two.startswith(b"\n") for one, two in itertools.pairwise(pieces))


@given(soup, cut)
def test_only_one_sequence_ends_a_message(data, cuts):
    """The end is where the first <CR><LF>.<CR><LF> is (the line end of DATA counts), or nowhere."""
    end = (b"\r\n" + data).find(b"\r\n.\r\n")
    try:
        pieces, after = asyncio.run(content_of(data, cuts))
    except* GoneError:
        assert end < 0
    else:
        assert after == data[end + 3 :]
        assert b"".join(pieces) == (b"\r\n" + data[:end]).replace(b"\r\n.", b"\r\n")[2:]


@given(soup)
def test_normalised_content_can_be_handed_over(data):
    once = normalised(data)
    assert not has_bare_newline(once)
    assert normalised(once) == once
    assert stuffed(once).find(b"\r\n.\r\n") < 0


@given(st.sampled_from(["MAIL", "RCPT"]), st.text(max_size=40), st.text(max_size=30))
@example("MAIL", "", "")
@example("RCPT", '"a>b"@c', "NOTIFY=NEVER")
def test_addresses_stay_raw_or_are_refused(verb, path, rest):
    """What is taken is, byte for byte, what stood between the brackets."""
    keyword = {"MAIL": "FROM:", "RCPT": "TO:"}[verb]
    result = parse(verb, f"{keyword}<{path}> {rest}", ALL)
    if isinstance(result, Address):
        assert f"<{path}> {rest}".startswith(f"<{result.path}>")
        assert " ".join(result.options).split(" ") == (" ".join(rest.split(" ")).split() or [""])
    else:
        assert isinstance(result, Reply)
        assert result.permanent


@given(st.text(max_size=60))
def test_any_argument_gets_an_answer(argument):
    for verb in ("MAIL", "RCPT"):
        assert isinstance(parse(verb, argument, ALL), Address | Reply)


@given(st.sampled_from(["PLAIN", "LOGIN", "X"]), st.none() | st.binary(max_size=40), st.lists(st.binary(max_size=40)))
def test_any_login_dialogue_ends_in_credentials_or_a_refusal(mechanism, initial, said):
    said = iter(said)

    async def ask(text):
        return next(said, b"*")

    result = asyncio.run(exchange(mechanism, initial, ask))
    if isinstance(result, Reply):
        assert result.permanent
    else:
        assert result.login
        assert result.password


commands = st.sampled_from(
    [
        b"EHLO x", b"HELO x", b"MAIL FROM:<a@example.jp>", b"MAIL FROM:<>", b"RCPT TO:<b@example.jp>", b"DATA", b".",
        b"RSET", b"NOOP", b"VRFY a", b"QUIT", b"hello", b"", b"\r", b"Subject: x", b"a\nb", b"AUTH LOGIN", b"\x16\x03\x01",
        b"BDAT 3 LAST", b"MAIL FROM:<a@b> SIZE=99999999999", b"RCPT TO:<c@example.jp> NOTIFY=NEVER", b"HELP", b"STARTTLS",
        b"STARTTLS x", b"AUTH PLAIN AG1haWxlcgBjb3JyZWN0IGhvcnNl", b"AUTH PLAIN", b"AUTH PLAIN =", b"AUTH LOGIN bWFpbGVy", b"*",
        b"AUTH", b"AUTH X", b"=", b"Y29ycmVjdCBob3JzZQ==", b"\x00\x01",
    ]
)  # fmt: skip


ENVELOPE = [b"EHLO x", b"MAIL FROM:<a@example.jp>", b"RCPT TO:<b@example.jp>"]
openings = st.sampled_from(
    [[], ENVELOPE, [*ENVELOPE, b"DATA"], [*ENVELOPE, b"DATA", b"x", b".", *ENVELOPE[1:], b"DATA"]]
)


@settings(max_examples=80, deadline=None)
@given(openings, st.lists(commands | st.just(b".") | st.binary(max_size=20), max_size=20), st.integers(1, 200))
def test_a_garbled_session_ends_in_whole_messages_only(opening, garbled, width):
    said = [*opening, *garbled]
    smtp = {"auth": "local", **with_certificate()}

    async def session():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(greeting, "FAILED_SECONDS", 0)
            patch.setattr("mailguard.smtp.channel.HANDSHAKE_SECONDS", 0.3)
            return await talk()

    async def talk():
        async with edge(smtp=smtp) as peer:
            client = await peer.connect()
            data = b"".join(line + b"\r\n" for line in said)
            with contextlib.suppress(ConnectionError):
                for start in range(0, len(data), width):
                    await client.send(data[start : start + width])
                client.writer.write_eof()
            replies = []
            with contextlib.suppress(ConnectionError):
                while reply := await client.reply():
                    replies.append(reply)
        return peer, replies

    peer, replies = asyncio.run(session())
    # What stands behind STARTTLS is a broken handshake: the server's alert is no reply.
    replies = list(itertools.takewhile(lambda reply: reply[:3].isdecimal(), replies))
    assert all(reply[0] in "2345" for reply in replies)
    assert not any(reply.startswith("451") for reply in replies)
    assert len(peer.hop.taken) == len(peer.pipeline.messages) == sum("queued" in reply for reply in replies)
    for message, taken in zip(peer.pipeline.messages, peer.hop.taken, strict=True):
        assert isinstance(message.envelope, Envelope)
        assert taken.content == message.content
        assert not has_bare_newline(taken.content)
        assert len(taken.rcpts) == len(message.envelope.rcpt_to) >= 1
