"""The small pure parts of relay/ and smtp/."""

from datetime import UTC, datetime, timedelta

import pytest

from mailguard.model import Envelope, Message
from mailguard.relay.connection import parse_offer
from mailguard.relay.received import received_line
from mailguard.relay.reply import Reply, parse_line
from mailguard.relay.wire import has_bare_newline, stuffed
from mailguard.smtp.ids import message_id

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def test_a_reply_is_its_bytes():
    reply = Reply(550, (b"5.1.1 \x93\xfa", b"", b"end "))
    assert reply.raw() == b"550-5.1.1 \x93\xfa\r\n550-\r\n550 end \r\n"
    assert (reply.ok, reply.temporary, reply.permanent) == (False, False, True)
    assert reply.text == "550 5.1.1 ��  end"
    assert Reply(250, ()).raw() == b"250 \r\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"250 ok\r\n", (250, True, b"ok")),
        (b"250-more\r\n", (250, False, b"more")),
        (b"250\r\n", (250, True, b"")),
        (b"250 ok\n", (250, True, b"ok")),
        (b"250ok\r\n", None),
        (b"150 ok\r\n", None),
        (b"650 ok\r\n", None),
        (b"25 ok\r\n", None),
        (b"250 a\rb\r\n", None),
        (b"250 a\0b\r\n", None),
        (b"\r\n", None),
    ],
)
def test_reply_lines(line, expected):
    assert parse_line(line) == expected


def test_offer():
    offer = parse_offer(Reply(250, (b"hop.example SIZE 1", b"size 1000", b"8bitmime", b"AUTH PLAIN", b"\xff")))
    assert {"SIZE", "8BITMIME", "AUTH"} <= offer.keywords
    assert offer.size == 1000
    assert parse_offer(Reply(250, (b"x", b"SIZE"))).size == 0


def test_stuffing():
    assert stuffed(b"") == b""
    assert stuffed(b".\r\n") == b"..\r\n"
    assert stuffed(b".a\r\n.\r\n..b\r\n") == b"..a\r\n..\r\n...b\r\n"
    assert stuffed(b"no end") == b"no end\r\n"
    for bad in (b"a\nb\r\n", b"a\rb\r\n", b"a\r\n\n", b"\r\r\n"):
        assert has_bare_newline(bad)
        with pytest.raises(ValueError, match="bare"):
            stuffed(bad)


@pytest.mark.parametrize(
    ("envelope", "start"),
    [
        (
            Envelope("a", ("b",), helo="tool.example", client="192.0.2.1"),
            b"from tool.example ([192.0.2.1])\r\n\tby g with ESMTP id",
        ),
        (Envelope("a", ("b",), helo="[::1]", client="::1"), b"from [::1] ([IPv6:::1])\r\n\tby g with ESMTP id"),
        (Envelope("a", ("b",), helo="x; (evil\xe9", client=""), b"from unknown\r\n\tby g with ESMTP id"),
        (Envelope("a", ("b",), ("smtputf8",), login="u", helo="h"), b"from h\r\n\tby g with UTF8SMTPA id"),
        (Envelope("a", ("b",), helo="h", tls=True), b"from h\r\n\tby g with ESMTPS id"),
        (Envelope("a", ("b",), login="u", helo="h", tls=True), b"from h\r\n\tby g with ESMTPSA id"),
    ],
)
def test_received(envelope, start):
    line = received_line(Message("M-1", envelope, b"", NOW.astimezone()), "g")
    assert line == b"Received: " + start + b" M-1;\r\n\tSat, 21 Nov 2026 01:00:00 +0000\r\n"


def test_message_ids_sort_by_time_and_differ():
    ids = [message_id(NOW + timedelta(milliseconds=step)) for step in range(200)]
    assert ids == sorted(ids)
    assert len({message_id(NOW) for _ in range(500)}) == 500
    assert all(len(name) == 18 and name.startswith("M-") and not set(name[2:]) & set("ILOU") for name in ids)
