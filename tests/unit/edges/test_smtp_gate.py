"""Who is let in, for how long a yes is remembered, and what ends it."""

import asyncio
import logging

import pytest
from edge import FakeLogins

from mailguard.config import Smtp
from mailguard.errors import RelayError, StoreError
from mailguard.relay.credentials import Credentials
from mailguard.relay.reply import Reply
from mailguard.smtp import gate as module
from mailguard.smtp.gate import Gate, Ticket

GOOD = Credentials("mailer", "correct horse")


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
    assert isinstance(await gate.admit(GOOD), Ticket)
    time.now += 59
    assert isinstance(await gate.admit(GOOD), Ticket)
    assert logins.asked == 1
    time.now += 2
    assert isinstance(await gate.admit(GOOD), Ticket)
    assert logins.asked == 2


async def test_a_no_is_not_remembered_and_another_password_asks():
    gate, logins, _ = made()
    assert isinstance(await gate.admit(GOOD), Ticket)
    for _ in range(2):
        refused = await gate.admit(Credentials("mailer", "wrong"))
        assert isinstance(refused, Reply)
        assert refused.code == 535
    assert logins.asked == 3


async def test_nothing_is_remembered_for_no_time():
    gate, logins, _ = made(seconds=0)
    for _ in range(2):
        assert isinstance(await gate.admit(GOOD), Ticket)
    assert logins.asked == 2


@pytest.mark.parametrize("stamp", [None, 2])
async def test_a_login_that_changed_is_noticed_within_a_second(stamp):
    gate, logins, time = made()
    ticket = await gate.admit(GOOD)
    assert await gate.still(ticket)
    if stamp is None:
        del logins.stamps["mailer"]
    else:
        logins.stamps["mailer"] = stamp
    time.now += 1.1
    assert not await gate.still(ticket)
    again = await gate.admit(GOOD)
    assert logins.asked == 2
    assert isinstance(again, Reply if stamp is None else Ticket)


async def test_many_connections_of_one_tool_are_verified_once_or_twice():
    gate, logins, _ = made()
    tickets = await asyncio.gather(*(gate.admit(GOOD) for _ in range(50)))
    assert all(isinstance(ticket, Ticket) for ticket in tickets)
    assert logins.asked <= module.AT_ONCE


async def test_throttled_is_temporary():
    gate, logins, _ = made()
    refused = await gate.admit(Credentials("mailer", "slow down"))
    assert isinstance(refused, Reply)
    assert refused.raw().startswith(b"454 4.7.0")
    assert logins.asked == module.THROTTLED_TRIES


async def test_a_store_that_is_down_is_temporary():
    gate, logins, time = made()
    ticket = await gate.admit(GOOD)

    def broken(*_):
        raise StoreError("down")

    logins.stamp = logins.verify = broken
    time.now += 2
    refused = await gate.admit(GOOD)
    assert isinstance(refused, Reply)
    assert refused.code == 454
    assert not await gate.still(ticket)


async def test_nobody_waits_for_ever_to_be_verified(monkeypatch):
    monkeypatch.setattr(module, "TURN_SECONDS", 0.05)
    gate, _, _ = made()
    for _ in range(module.AT_ONCE):
        await gate._turns.acquire()
    refused = await gate.admit(GOOD)
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
    refused = await gate.admit(GOOD)
    assert isinstance(refused, Reply)
    assert refused.code == code
    if isinstance(answer, Reply) and code == answer.code:
        assert refused.raw() == answer.raw()
    relay.answer = Reply.of(235, "2.7.0 ok")
    ticket = await gate.admit(GOOD)
    assert isinstance(ticket, Ticket)
    assert ticket.credentials == GOOD
    assert isinstance(await gate.admit(GOOD), Ticket)
    assert relay.asked == 2
    assert logins.asked == 0


async def test_what_is_remembered_is_bounded_and_says_nothing(monkeypatch, caplog):
    monkeypatch.setattr(module, "REMEMBERED", 3)
    gate, logins, _ = made()
    logins.stamps |= {f"login{number}": 1 for number in range(9)}
    with caplog.at_level(logging.DEBUG):
        for number in range(9):
            assert isinstance(await gate.admit(Credentials(f"login{number}", "correct horse")), Ticket)
    assert len(gate._passed) == len(gate._stamps) == 3
    assert "correct horse" not in repr(gate) + repr(gate._passed) + repr(GOOD) + caplog.text


async def test_a_name_that_was_unknown_a_moment_ago_gets_a_stamp_of_its_own():
    """Asked for before it was added, admitted right after, disabled later: the yes must end."""
    gate, logins, time = made()
    logins.stamps.clear()
    assert (await gate.admit(GOOD)).code == 535
    logins.stamps[GOOD.login] = 7
    ticket = await gate.admit(GOOD)
    assert isinstance(ticket, Ticket)
    assert ticket.stamp is not None
    logins.stamps.clear()
    time.now += module.STAMP_SECONDS
    assert not await gate.still(ticket)


async def test_a_throttled_name_does_not_keep_the_others_out(monkeypatch):
    monkeypatch.setattr(module, "THROTTLED_SECONDS", 5.0)
    gate, _, _ = made()
    noisy = [asyncio.ensure_future(gate.admit(Credentials(f"noisy{number}", "slow down"))) for number in range(20)]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(2):
        assert isinstance(await gate.admit(GOOD), Ticket)
    for task in noisy:
        task.cancel()
    await asyncio.gather(*noisy, return_exceptions=True)
