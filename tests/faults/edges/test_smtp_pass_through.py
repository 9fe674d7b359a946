"""Logins that the relay decides: its words reach the client, and each mail goes under the client's own login."""

import base64

import pytest
from edge import edge

from mailguard.smtp import greeting

MESSAGE = b"Subject: x\r\n\r\nhello\r\n.\r\n"


def plain(name, password):
    return "AUTH PLAIN " + base64.b64encode(f"\0{name}\0{password}".encode()).decode()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(greeting, "FAILED_SECONDS", 0.01)


async def greeted(peer):
    client = await peer.connect()
    await client.reply()
    assert "AUTH PLAIN LOGIN" in await client.ask("EHLO x")
    return client


async def test_the_relay_decides_and_the_mail_goes_under_that_login():
    async with edge(smtp={"auth": "pass-through"}) as peer:
        peer.hop.logins = {"mailer": "s3cret"}
        client = await greeted(peer)
        assert await client.ask(plain("mailer", "wrong")) == "535 5.7.8 who are you"
        assert (await client.ask(plain("mailer", "s3cret"))).startswith("235 2.7.0")
        await client.send(b"MAIL FROM:<a@example.jp>\r\nRCPT TO:<b@example.jp>\r\nDATA\r\n")
        assert [(await client.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
        await client.send(MESSAGE)
        assert (await client.reply()).startswith("250")
        took = next(dialogue for dialogue in peer.hop.dialogues if b"DATA" in dialogue.commands)
        assert took.login == "mailer"
    assert peer.pipeline.messages[0].envelope.login == "mailer"
    assert peer.logins.asked == 0


async def test_the_words_of_the_relay_are_passed_on():
    async with edge(["auth 535-5.7.8 パスワードが\\n535 5.7.8 違います"], smtp={"auth": "pass-through"}) as peer:
        peer.hop.logins = {"mailer": "s3cret"}
        client = await greeted(peer)
        assert await client.ask(plain("mailer", "s3cret")) == "535-5.7.8 パスワードが\n535 5.7.8 違います"
        assert (await client.ask("NOOP")).startswith("250")


async def test_a_relay_that_is_down_is_temporary():
    async with edge([], smtp={"auth": "pass-through"}) as peer:
        client = await greeted(peer)
        peer.hop.leave()
        assert (await client.ask(plain("mailer", "s3cret"))).startswith("454 4.7.0")
