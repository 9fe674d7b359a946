"""Who is let in, for how long a yes is remembered, and what ends it."""

import asyncio
import logging

import pytest
from edge import FakeLogins, edge

from mailguard.config import Smtp
from mailguard.errors import RelayError, StoreError
from mailguard.relay.credentials import Credentials
from mailguard.relay.reply import Reply
from mailguard.smtp import gate as module
from mailguard.smtp.gate import Gate, Ticket

GOOD = Credentials("mailer", "correct horse")
HERE, THERE = "192.0.2.1", "198.51.100.1"


class Time:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Relay:
    """A next hop that answers a login as told."""

    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    async def verify(self, login):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(module, "THROTTLED_SECONDS", 0.0)


def made(auth="local", relay=None, seconds=300):
    logins, time = FakeLogins(), Time()
    return Gate(Smtp(auth=auth, auth_cache_seconds=seconds), relay, logins, time), logins, time


async def test_a_yes_is_remembered_and_ends():
    gate, logins, time = made(seconds=60)
    assert isinstance(await gate.admit(GOOD, HERE), Ticket)
    time.now += 59
    assert isinstance(await gate.admit(GOOD, HERE), Ticket)
    assert logins.asked == 1
    time.now += 2
    assert isinstance(await gate.admit(GOOD, HERE), Ticket)
    assert logins.asked == 2


async def test_a_no_is_not_remembered_and_another_password_asks():
    gate, logins, _ = made()
    assert isinstance(await gate.admit(GOOD, HERE), Ticket)
    for _ in range(2):
        refused = await gate.admit(Credentials("mailer", "wrong"), HERE)
        assert isinstance(refused, Reply)
        assert refused.code == 535
    assert logins.asked == 3


async def test_nothing_is_remembered_for_no_time():
    gate, logins, _ = made(seconds=0)
    for _ in range(2):
        assert isinstance(await gate.admit(GOOD, HERE), Ticket)
    assert logins.asked == 2


@pytest.mark.parametrize("stamp", [None, 2])
async def test_a_login_that_changed_is_noticed_within_a_second(stamp):
    gate, logins, time = made()
    ticket = await gate.admit(GOOD, HERE)
    assert await gate.still(ticket)
    if stamp is None:
        del logins.stamps["mailer"]
    else:
        logins.stamps["mailer"] = stamp
    time.now += 1.1
    assert not await gate.still(ticket)
    again = await gate.admit(GOOD, HERE)
    assert logins.asked == 2
    assert isinstance(again, Reply if stamp is None else Ticket)


async def test_many_connections_of_one_tool_are_verified_once_or_twice():
    gate, logins, _ = made()
    tickets = await asyncio.gather(*(gate.admit(GOOD, HERE) for _ in range(50)))
    assert all(isinstance(ticket, Ticket) for ticket in tickets)
    assert logins.asked <= module.AT_ONCE


@pytest.mark.parametrize(("password", "asked"), [("not yet", module.THROTTLED_TRIES), ("slow down", 1)])
async def test_throttled_is_temporary_and_asked_again_only_while_others_are_checked(password, asked):
    gate, logins, _ = made()
    refused = await gate.admit(Credentials("mailer", password), HERE)
    assert isinstance(refused, Reply)
    assert refused.raw().startswith(b"454 4.7.0")
    assert logins.asked == asked
    assert set(logins.clients) == {HERE}


@pytest.mark.parametrize("auth", ["local", "pass-through"])
async def test_who_is_known_to_wait_is_refused_without_asking_whatever_is_remembered(auth):
    relay = Relay(Reply.of(235, "2.7.0 ok"))
    gate, logins, _ = made(auth, relay)
    assert isinstance(await gate.admit(GOOD, HERE), Ticket)
    asked = logins.asked, relay.asked
    logins.known.add(("mailer", HERE))
    for credentials in (GOOD, Credentials("mailer", "wrong")):
        refused = await gate.admit(credentials, HERE)
        assert isinstance(refused, Reply)
        assert refused.raw().startswith(b"454 4.7.0")
    assert (logins.asked, relay.asked) == asked
    assert isinstance(await gate.admit(GOOD, THERE), Ticket)


async def test_a_yes_is_remembered_for_the_address_that_earned_it():
    """Else a guesser could try passwords on what is remembered, uncounted."""
    gate, logins, _ = made()
    for client in (HERE, THERE, HERE, THERE):
        assert isinstance(await gate.admit(GOOD, client), Ticket)
    assert logins.clients == [HERE, THERE]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (Reply.of(235, "2.7.0 ok"), True),
        (Reply.of(535, "5.7.8 no"), False),
        (Reply.of(454, "4.7.0 later"), None),
        (Reply.of(334, "what"), None),
        (RelayError("gone"), None),
    ],
)
async def test_what_the_relay_refuses_is_counted_and_its_own_trouble_is_not(answer, right):
    gate, logins, _ = made("pass-through", Relay(answer))
    await gate.admit(GOOD, HERE)
    assert logins.settled == [("mailer", HERE, right)]


async def test_the_relay_is_not_asked_for_what_cannot_be_counted():
    relay = Relay(Reply.of(235, "2.7.0 ok"))
    gate, logins, _ = made("pass-through", relay)

    def broken(*_):
        raise StoreError("down")

    logins.begin = broken
    refused = await gate.admit(GOOD, HERE)
    assert isinstance(refused, Reply)
    assert refused.code == 454
    assert relay.asked == 0


async def test_a_store_that_is_down_is_temporary():
    gate, logins, time = made()
    ticket = await gate.admit(GOOD, HERE)

    def broken(*_):
        raise StoreError("down")

    logins.stamp = logins.verify = broken
    time.now += 2
    refused = await gate.admit(GOOD, HERE)
    assert isinstance(refused, Reply)
    assert refused.code == 454
    assert not await gate.still(ticket)


async def test_nobody_waits_for_ever_to_be_verified(monkeypatch):
    monkeypatch.setattr(module, "TURN_SECONDS", 0.05)
    gate, _, _ = made()
    for _ in range(module.AT_ONCE):
        await gate._turns.acquire()
    refused = await gate.admit(GOOD, HERE)
    assert isinstance(refused, Reply)
    assert refused.code == 454


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Reply(535, (b"5.7.8 \x93\xfa", b"no")), 535),
        (Reply.of(454, "4.7.0 later"), 454),
        (Reply.of(334, "what"), 454),
        (RelayError("gone"), 454),
    ],
)
async def test_the_relay_decides_with_pass_through(answer, code):
    relay = Relay(answer)
    gate, logins, _ = made("pass-through", relay)
    refused = await gate.admit(GOOD, HERE)
    assert isinstance(refused, Reply)
    assert refused.code == code
    if isinstance(answer, Reply) and code == answer.code:
        assert refused.raw() == answer.raw()
    relay.answer = Reply.of(235, "2.7.0 ok")
    ticket = await gate.admit(GOOD, HERE)
    assert isinstance(ticket, Ticket)
    assert ticket.credentials == GOOD
    assert isinstance(await gate.admit(GOOD, HERE), Ticket)
    assert relay.asked == 2
    assert logins.asked == 0


async def test_what_is_remembered_is_bounded_and_says_nothing(monkeypatch, caplog):
    monkeypatch.setattr(module, "REMEMBERED", 3)
    gate, logins, _ = made()
    logins.stamps |= {f"login{number}": 1 for number in range(9)}
    with caplog.at_level(logging.DEBUG):
        for number in range(9):
            assert isinstance(await gate.admit(Credentials(f"login{number}", "correct horse"), HERE), Ticket)
    assert len(gate._passed) == len(gate._stamps) == 3
    assert "correct horse" not in repr(gate) + repr(gate._passed) + repr(GOOD) + caplog.text


async def test_a_name_that_was_unknown_a_moment_ago_gets_a_stamp_of_its_own():
    """Asked for before it was added, admitted right after, disabled later: the yes must end."""
    gate, logins, time = made()
    logins.stamps.clear()
    assert (await gate.admit(GOOD, HERE)).code == 535
    logins.stamps[GOOD.login] = 7
    ticket = await gate.admit(GOOD, HERE)
    assert isinstance(ticket, Ticket)
    assert ticket.stamp is not None
    logins.stamps.clear()
    time.now += module.STAMP_SECONDS
    assert not await gate.still(ticket)


async def test_a_throttled_name_does_not_keep_the_others_out(monkeypatch):
    monkeypatch.setattr(module, "THROTTLED_SECONDS", 5.0)
    gate, _, _ = made()
    noisy = [asyncio.ensure_future(gate.admit(Credentials(f"noisy{number}", "not yet"), HERE)) for number in range(20)]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(2):
        assert isinstance(await gate.admit(GOOD, HERE), Ticket)
    for task in noisy:
        task.cancel()
    await asyncio.gather(*noisy, return_exceptions=True)


async def test_the_address_that_asks_is_the_clients():
    async with edge(smtp={"auth": "local"}) as peer:
        client = await peer.connect()
        await client.reply()
        await client.ask("EHLO tool.example")
        peer.logins.known.add(("mailer", "127.0.0.1"))
        assert (await client.ask("AUTH PLAIN AG1haWxlcgBjb3JyZWN0IGhvcnNl")).startswith("454 4.7.0")
        peer.logins.known.clear()
        assert (await client.ask("AUTH PLAIN AG1haWxlcgBjb3JyZWN0IGhvcnNl")).startswith("235")
        assert peer.logins.clients == ["127.0.0.1"]
