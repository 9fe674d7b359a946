import asyncio
import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hop import Hop

from mailguard.config import Notify, Relay
from mailguard.notify import NoticeWorker
from mailguard.notify.mail import BadAddressError, render
from mailguard.notify.texts import ENGLISH, JAPANESE
from mailguard.relay.next_hop import NextHop
from mailguard.store.views import Notice, Person

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
PERSON = Person("P-1", "hana", "佐藤花", "hana@example.co.jp", "approver")
NOTICE = Notice("N-1", "opened", PERSON, "H-0123456789", "会員メール", 137, 2000, 3719, 0)


class Notices:
    def __init__(self, *notices):
        self.waiting = list(notices)
        self.done = []
        self.put_off = []

    def pending(self, limit=50):
        assert limit == 50
        now, self.waiting = self.waiting, []
        return now

    def sent(self, name):
        self.done.append(name)

    def failed(self, name, retry_at):
        self.put_off.append((name, retry_at))


async def run(notices, script=(), **settings):
    async with Hop(list(script)) as hop:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=0.3, connect_seconds=1), "guard.example")
        worker = NoticeWorker(notices, next_hop, Notify(**settings), "https://guard.example.co.jp/", lambda: NOW)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(stop))
            await asyncio.sleep(0.3)
            stop.set()
    return hop


def parsed(content):
    return email.message_from_bytes(content, policy=email.policy.default)


async def test_a_notice_is_mailed():
    notices = Notices(NOTICE)
    hop = await run(notices, sender="guard@example.co.jp")
    assert notices.done == ["N-1"]
    assert hop.taken[0].mail == b"<guard@example.co.jp>"
    assert hop.taken[0].rcpts == (b"<hana@example.co.jp>",)
    mail = parsed(hop.taken[0].content)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<N-1@example.co.jp>"
    assert mail["From"] == "mailguard <guard@example.co.jp>"
    assert mail["Date"].datetime == NOW
    assert mail["Subject"] == "[mailguard] 承認待ちの保留があります / H-0123456789"
    text = mail.get_content()
    for line in ("本人数: 3,719人分", "宛先数: 2,000件", "通数: 137通", "送信システム: 会員メール"):
        assert line in text
    assert "https://guard.example.co.jp/holds/H-0123456789\n" in text.replace("\r\n", "\n")
    assert text.index("本人数") < text.index("Persons in the data: 3,719")
    assert "佐藤" not in text


@pytest.mark.parametrize("event", [*JAPANESE, "something new"])
def test_each_event_has_its_words_and_travels_as_ascii(event):
    content = render(replace(NOTICE, event=event), PERSON, "guard@example.co.jp", "https://guard.example.co.jp", NOW)
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert not parsed(content).defects
    assert JAPANESE.keys() == ENGLISH.keys()


def test_english_readers_get_english_first():
    mail = parsed(
        render(NOTICE, replace(PERSON, language="en"), "guard@example.co.jp", "https://guard.example.co.jp", NOW)
    )
    assert mail["Subject"] == "[mailguard] A hold is waiting for approval / H-0123456789"
    assert mail.get_content().index("Persons in the data") < mail.get_content().index("本人数")


@pytest.mark.parametrize("address", ["a@b\r\nBcc: c@d", "a@b>, <c@d", "a b@c", "a@b\0"])
def test_an_address_cannot_add_a_header(address):
    with pytest.raises(BadAddressError):
        render(NOTICE, replace(PERSON, email=address), "guard@example.co.jp", "https://x", NOW)


@pytest.mark.parametrize("script", [["down"], ["mail 451 no"], ["rcpt 550 no"], ["dot 554 no"], ["drop reply"]])
async def test_what_fails_is_tried_again(script):
    notices = Notices(replace(NOTICE, attempts=2))
    await run(notices, script)
    assert notices.done == []
    [(name, retry_at)] = notices.put_off
    assert name == "N-1"
    assert timedelta(seconds=48) <= retry_at - NOW <= timedelta(seconds=60)


async def test_one_bad_notice_does_not_stop_the_others():
    bad = replace(NOTICE, id="N-0", person=replace(PERSON, email="a\r\nb"))
    notices = Notices(bad, NOTICE)
    await run(notices)
    assert notices.done == ["N-1"]
    assert [name for name, _ in notices.put_off] == ["N-0"]


async def test_switched_off():
    notices = Notices(NOTICE)
    hop = await run(notices, enabled=False)
    assert notices.waiting == [NOTICE]
    assert hop.connections == 0
