"""AUTH at the next hop, and connections that belong to one login."""

import asyncio
import contextlib
import logging

import pytest
from hop import Hop

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.relay import login as module
from mailguard.relay.credentials import Credentials
from mailguard.relay.next_hop import NextHop

CONTENT = b"Subject: x\r\n\r\nhello\r\n"
LOGINS = {"shop": "pässwörd-1", "club": "other-2"}
SHOP, CLUB = Credentials("shop", LOGINS["shop"]), Credentials("club", LOGINS["club"])


@contextlib.asynccontextmanager
async def reaching(*script, mechanisms="PLAIN LOGIN", **settings):
    async with Hop(list(script), logins=LOGINS, mechanisms=mechanisms) as hop:
        next_hop = NextHop(Relay(port=hop.port, reply_seconds=1, **settings), "guard.example")
        try:
            yield hop, next_hop
        finally:
            await next_hop.close()


async def deliver(next_hop, login=None):
    transaction = await next_hop.begin("a@example.jp", (), [("b@example.jp", ())], login)
    reply = await transaction.data(CONTENT)
    await transaction.close()
    return reply


@pytest.mark.parametrize(
    ("mechanisms", "said"), [("PLAIN LOGIN", b"AUTH PLAIN AHNob3AA"), ("LOGIN", b"AUTH LOGIN"), ("X PLAIN", b"AUTH PL")]
)
async def test_the_own_login(mechanisms, said):
    async with reaching(mechanisms=mechanisms, username="shop", password=LOGINS["shop"]) as (hop, next_hop):
        assert (await deliver(next_hop)).ok
        assert (await deliver(next_hop)).ok
        assert hop.dialogues[0].login == "shop"
        assert [line[: len(said)] for line in hop.commands].count(said) == 1


async def test_a_token_too_long_for_a_command_goes_on_its_own_line():
    long = Credentials("shop", "x" * 600)
    async with reaching() as (hop, next_hop):
        hop.logins = {"shop": "x" * 600}
        assert (await next_hop.verify(long)).code == 235
        assert b"AUTH PLAIN" in hop.commands


async def test_each_login_has_its_own_connections():
    async with reaching(username="club", password=LOGINS["club"]) as (hop, next_hop):
        for login in (SHOP, None, CLUB, SHOP, None):
            assert (await deliver(next_hop, login)).ok
        assert [dialogue.login for dialogue in hop.dialogues] == ["shop", "club"]
        assert [len([x for x in one.commands if x == b"DATA"]) for one in hop.dialogues] == [2, 3]


async def test_another_password_is_another_login():
    async with reaching() as (hop, next_hop):
        assert (await deliver(next_hop, SHOP)).ok
        with pytest.raises(RelayError, match="refused the login with 535"):
            await deliver(next_hop, Credentials("shop", "wrong"))
        assert (await deliver(next_hop)).ok  # nobody's
        assert [dialogue.login for dialogue in hop.dialogues] == ["shop", None, None]
        assert len(hop.taken) == 2


async def test_verify():
    async with reaching() as (hop, next_hop):
        assert (await next_hop.verify(SHOP)).raw() == b"235 2.7.0 welcome\r\n"
        assert (await deliver(next_hop, SHOP)).ok
        assert hop.connections == 1  # the connection that was asked is kept for that login
        assert (await next_hop.verify(Credentials("shop", "wrong"))).code == 535
        assert (await next_hop.verify(Credentials("shop", "a\0b"))).code == 535
        hop.tell("auth 454 4.7.0 not now")
        assert (await next_hop.verify(SHOP)).code == 454


async def test_verify_asks_anew_although_a_connection_is_kept():
    async with reaching() as (hop, next_hop):
        await deliver(next_hop, SHOP)
        hop.logins = {"shop": "changed"}
        assert (await next_hop.verify(SHOP)).code == 535


@pytest.mark.parametrize("mechanisms", ["CRAM-MD5", ""])
async def test_no_way_to_log_in(mechanisms):
    async with reaching(mechanisms=mechanisms) as (hop, next_hop):
        with pytest.raises(RelayError, match="neither"):
            await next_hop.verify(SHOP)
        assert not any(line.startswith(b"AUTH") for line in hop.commands)


@pytest.mark.parametrize("reply", ["334 go on", "421 4.3.2 closing", "nonsense"])
async def test_an_odd_answer_is_no_login(reply):
    async with reaching(f"auth {reply}") as (_, next_hop):
        with pytest.raises(RelayError):
            await next_hop.verify(SHOP)
        with pytest.raises(RelayError):
            await deliver(next_hop, SHOP)


async def test_no_password_in_the_clear_beyond_this_machine(monkeypatch):
    monkeypatch.setattr(module, "_within_this_machine", lambda _: False)
    async with reaching() as (hop, next_hop):
        with pytest.raises(RelayError, match="in the clear"):
            await next_hop.verify(SHOP)
        assert not any(line.startswith(b"AUTH") for line in hop.commands)


async def test_no_password_is_shown_anywhere(caplog):
    secret = Credentials("shop", "topsecret")
    assert "topsecret" not in repr(secret) + str(secret)
    with caplog.at_level(logging.DEBUG):
        for script in (["drop connect"], ["auth 535 no topsecret"], ["auth 421 topsecret"], ["auth topsecret"]):
            async with reaching(*script) as (_, next_hop):
                with pytest.raises(RelayError) as caught:
                    await deliver(next_hop, secret)
                assert "topsecret" not in str(caught.value)
                assert "topsecret" not in repr(vars(next_hop)) + repr(vars(next_hop._hops))
    assert "topsecret" not in caplog.text
    assert "dG9wc2VjcmV0" not in caplog.text


async def test_a_wrong_password_says_nothing_against_the_hop(caplog):
    async with reaching() as (_, next_hop):
        with caplog.at_level(logging.INFO):
            await next_hop.verify(Credentials("shop", "wrong"))
        assert caplog.text == ""


async def test_many_logins_at_once():
    async with reaching() as (hop, next_hop):
        await asyncio.gather(*(deliver(next_hop, login) for login in [SHOP, CLUB] * 10))
        assert {dialogue.login for dialogue in hop.dialogues} == {"shop", "club"}
        assert len(hop.taken) == 20
