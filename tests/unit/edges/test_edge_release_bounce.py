"""Bounces: what they look like to a mail program, and that they arrive at least once."""

import asyncio
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from hop import Hop

from mailguard.config import Relay, Release
from mailguard.errors import StoreError
from mailguard.relay.next_hop import NextHop
from mailguard.release import bouncer as module
from mailguard.release.bounce import render, status
from mailguard.release.bouncer import Bouncer
from mailguard.store.views import Bounce, Bounced

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
HEADER = "From: shop@example.jp\r\nTo: all@example.jp\r\nSubject: 冬のお知らせ".encode()
RECIPIENTS = (
    Bounced(
        "a@example.jp", ("ORCPT=rfc822;a+2Bb@example.jp", "NOTIFY=FAILURE"), "550 5.1.1 <a***@example.jp> unknown", NOW
    ),
    Bounced("b@example.jp", (), "451 4.7.1 later", NOW),
    Bounced("太郎@example.jp", (), "", NOW),
)


def bounce(
    recipients=RECIPIENTS, *, mail_from="shop@example.jp", options=("RET=FULL", "ENVID=id+3D7"), name="1", **more
):
    return Bounce(name, "M-1", mail_from, options, NOW, tuple(recipients), HEADER, more.get("attempts", 0), NOW)


def read(content):
    return message_from_bytes(content, policy=default)


def test_it_is_a_report_of_three_parts():
    mail = read(render(bounce(), "guard.example", NOW))
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    assert mail["To"] == "shop@example.jp"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert not mail.defects
    human, report, header = mail.iter_parts()
    assert "送信できませんでした" in human.get_content()
    assert "could not be sent" in human.get_content()
    assert report.get_content_type() == "message/delivery-status"
    assert header.get_content_type() == "text/rfc822-headers"
    assert header.get_payload(decode=True) == HEADER + b"\r\n"


def test_the_status_fields_follow_the_standard():
    report = list(read(render(bounce(), "guard.example", NOW)).iter_parts())[1]
    message, first, second, third = report.get_payload()
    assert message["Reporting-MTA"] == "dns; guard.example"
    assert message["Original-Envelope-Id"] == "id=7"
    assert message["Arrival-Date"] == "Sat, 21 Nov 2026 01:00:00 +0000"
    assert (first["Original-Recipient"], first["Final-Recipient"]) == ("rfc822; a+b@example.jp", "rfc822; a@example.jp")
    assert {one["Action"] for one in (first, second, third)} == {"failed"}
    assert [one["Status"] for one in (first, second, third)] == ["5.1.1", "4.4.7", "4.4.7"]
    assert first["Diagnostic-Code"] == "smtp; 550 5.1.1 <a***@example.jp> unknown"
    assert second["Original-Recipient"] is None
    assert third["Final-Recipient"] == r"utf-8; \x{592A}\x{90CE}@example.jp"
    assert third["Diagnostic-Code"] is None


def test_nothing_that_came_in_can_add_a_field():
    evil = Bounced("a\r\nBcc: x@y", ("ORCPT=rfc822;a+0D+0ABcc:+20x",), "550 5.1.1 no\r\nAction: delivered", NOW)
    content = render(bounce([evil], mail_from="a\r\nBcc: x@y", options=("ENVID=a+0D+0AX:+20y",)), "guard.example", NOW)
    mail = read(content)
    assert mail["Bcc"] is None
    message, only = list(mail.iter_parts())[1].get_payload()
    assert message["Original-Envelope-Id"] is None
    assert message["X"] is None
    assert only.get_all("Action") == ["failed"]
    assert only["Original-Recipient"] is None
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))


@pytest.mark.parametrize(
    ("reply", "code"),
    [("550 5.7.1 no", "5.7.1"), ("554 no", "5.0.0"), ("451 4.3.0 x", "4.4.7"), ("", "4.4.7"), ("550-5.1.2 a", "5.1.2")],
)
def test_status_codes(reply, code):
    assert status(reply) == code


class Owed:
    """The store's side: what is pending, and what was settled."""

    def __init__(self, *bounces):
        self.left = {one.id: one for one in bounces}
        self.told = []
        self.failing = 0

    def pending(self, limit=20):
        return list(self.left.values())

    def _settle(self, key, *what):
        if self.failing:
            self.failing -= 1
            raise StoreError("locked")
        self.told.append((key, *what))
        self.left.pop(key)

    def sent(self, key):
        self._settle(key, "sent")

    def failed(self, key, retry_at):
        self._settle(key, "failed", retry_at)


async def bouncing(owed, *script, now=NOW, told=1, dsn=True):
    async with Hop(list(script)) as hop:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=0.3, connect_seconds=1), "guard.example")
        stop = asyncio.Event()
        worker = Bouncer(owed, next_hop, Release(dsn=dsn), "guard.example", lambda: now)
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(stop))
            async with asyncio.timeout(8):
                while len(owed.told) < told:  # noqa: ASYNC110 - the thing waited for has no event
                    await asyncio.sleep(0.01)
            worker.stop()
            stop.set()
        await next_hop.close() if hasattr(next_hop, "close") else None
    return hop


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)


async def test_it_goes_to_the_sender_from_the_null_sender():
    owed = Owed(bounce())
    hop = await bouncing(owed)
    [taken] = hop.taken
    assert (taken.mail.split()[0], taken.rcpts) == (b"<>", (b"<shop@example.jp>",))
    assert read(taken.content).get_content_type() == "multipart/report"
    assert owed.told == [("1", "sent")]


async def test_an_address_beyond_ascii_needs_the_extension():
    hop = await bouncing(Owed(bounce(mail_from="店@example.jp")))
    assert hop.taken[0].mail == b"<> SMTPUTF8"


async def test_a_refused_bounce_is_dropped_and_a_deferred_one_comes_back():
    owed = Owed(bounce())
    await bouncing(owed, "rcpt 550 5.1.1 no")
    assert owed.told == [("1", "failed", None)]
    owed = Owed(bounce())
    await bouncing(owed, "dot 451 4.3.0 later")
    assert timedelta(seconds=20) <= owed.told[0][2] - NOW <= timedelta(seconds=30)
    owed = Owed(bounce())
    await bouncing(owed, "drop content", now=NOW + timedelta(hours=120))
    assert owed.told == [("1", "failed", None)]


async def test_with_dsn_off_none_is_sent_and_none_stays():
    owed = Owed(bounce())
    hop = await bouncing(owed, dsn=False)
    assert hop.connections == 0
    assert owed.told == [("1", "failed", None)]


async def test_what_was_sent_is_told_until_the_store_has_it():
    owed = Owed(bounce(), bounce(name="2"))
    owed.failing = 3
    hop = await bouncing(owed, told=2)
    assert len(hop.taken) == 2


async def test_a_crash_between_sending_and_settling_sends_the_same_bounce_again():
    first, second = Owed(bounce()), Owed(bounce())  # the second is what the next start finds
    mails = [(await bouncing(owed)).taken[0].content for owed in (first, second)]
    assert read(mails[0])["Message-ID"] == read(mails[1])["Message-ID"]
