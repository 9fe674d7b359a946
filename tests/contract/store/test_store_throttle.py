"""Guessing at a name locks the network that guesses, not the name; only guesses from very many networks do that."""

from dataclasses import dataclass
from datetime import timedelta

import argon2
import pytest
from sqlalchemy import event, select

from mailguard.errors import ThrottledError
from mailguard.store import passwords, throttle
from mailguard.store.schema import attempts
from mailguard.store.throttle import EVERYWHERE, FAILURES, WINDOW

PASSWORD = "correct horse battery"
TOOL, NEIGHBOUR, ATTACKER = "192.0.2.1", "192.0.2.254", "198.51.100.7"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Hundreds of guesses: what one costs is not asked here."""
    monkeypatch.setattr(passwords, "_HASHER", argon2.PasswordHasher(1, 8, 1))
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@dataclass
class Door:
    """One way to try a password, with what it answers: True, False, or ThrottledError."""

    name: str
    stage: object

    def tried(self, password, client=TOOL, login="mailer"):
        store = self.stage.store
        if self.name == "page":
            return store.people.authenticate(login, password, client) is not None
        if self.name == "smtp":
            return store.logins.verify(login, password, client)
        attempt = store.logins.begin(login, client)
        right = password == PASSWORD
        store.logins.settle(attempt, right=right)
        return right

    def locked(self, client=TOOL):
        """Until when."""
        with pytest.raises(ThrottledError) as caught:
            self.tried(PASSWORD, client)
        return caught.value.until


@pytest.fixture(params=["page", "smtp", "relay"])
def door(request, stage):
    stage.person("mailer", password=PASSWORD)
    stage.store.logins.add("mailer", PASSWORD, actor="test")
    return Door(request.param, stage)


def test_guesses_lock_the_network_they_come_from_and_no_other(door):
    for _ in range(FAILURES):
        assert not door.tried("wrong", ATTACKER)
    assert door.locked(ATTACKER) == door.locked("198.51.100.200") == door.stage.clock() + WINDOW
    assert door.tried(PASSWORD, TOOL)
    assert not door.tried("wrong", ATTACKER, login="other")
    door.stage.clock.forward(seconds=WINDOW.total_seconds())
    assert door.tried(PASSWORD, ATTACKER)


def test_a_lock_ends_when_the_first_failure_of_so_many_does(door):
    start = door.stage.clock()
    for _ in range(FAILURES):
        assert not door.tried("wrong")
        door.stage.clock.forward(minutes=1)
    door.stage.clock.now = start + WINDOW - timedelta(seconds=1)
    assert door.locked() == start + WINDOW
    door.stage.clock.forward(seconds=1)
    assert not door.tried("wrong")
    assert door.locked() == start + WINDOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.255", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("192.0.2.1", "::ffff:192.0.2.9", True),
        ("2001:db8::1", "2001:db8:0:0:ffff::1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "unknown", True),
        ("", "192.0.2.1", False),
    ],
)
def test_a_network_is_a_24_or_a_64(one, other, same):
    assert (throttle._network(one) == throttle._network(other)) is same


def test_a_success_takes_back_what_failed_in_its_own_network_only(door):
    for client in (TOOL, ATTACKER):
        for _ in range(FAILURES - 1):
            assert not door.tried("wrong", client)
    assert door.tried(PASSWORD, NEIGHBOUR)
    assert not door.tried("wrong", TOOL)
    assert not door.tried("wrong", ATTACKER)
    assert door.locked(ATTACKER)
    assert door.tried(PASSWORD, TOOL)


def test_guesses_from_everywhere_are_bounded_together(door, monkeypatch):
    assert EVERYWHERE == 100
    monkeypatch.setattr(throttle, "EVERYWHERE", 7)
    start = door.stage.clock()
    for number in range(7):
        assert not door.tried("wrong", f"10.{number}.0.1")
        door.stage.clock.forward(seconds=1)
    assert door.locked(TOOL) == door.locked(ATTACKER) == start + WINDOW
    assert not door.tried("wrong", TOOL, login="other")
    door.stage.clock.now = start + WINDOW
    assert door.tried(PASSWORD, TOOL)


def test_a_known_lock_costs_no_query_and_ends(door):
    for _ in range(FAILURES):
        door.tried("wrong")
    until = door.locked()
    assert door.stage.store.logins.locked("Mailer", NEIGHBOUR) is (door.name != "page")
    assert not door.stage.store.logins.locked("mailer", ATTACKER)
    asked = []
    engine = door.stage.store._database._kind.engine
    event.listen(engine, "begin", asked.append)
    assert [door.locked() for _ in range(20)] == [until] * 20
    assert asked == []
    door.stage.clock.forward(minutes=15)
    assert not door.stage.store.logins.locked("mailer", TOOL)
    assert door.tried(PASSWORD)
    assert asked


def test_every_process_knows_of_a_lock(door):
    for _ in range(FAILURES):
        door.tried("wrong")
    door.stage.reopen()
    assert door.locked() == door.stage.clock() + WINDOW


def test_known_locks_are_bounded(door, monkeypatch):
    monkeypatch.setattr(throttle, "REMEMBERED", 3)
    kept = throttle.Throttle(door.stage.store.people._context, "test")
    for number in range(9):
        kept._remember(bytes([number]), door.stage.clock() + WINDOW)
    assert list(kept._locks) == [b"\6", b"\7", b"\10"]


def test_a_clock_that_was_set_back_does_not_prolong_a_known_lock(door):
    for _ in range(FAILURES):
        door.tried("wrong")
    door.locked()
    door.stage.clock.forward(days=-1)
    with door.stage.store._database.write() as tx:
        tx.execute(attempts.delete())
    assert door.tried(PASSWORD)


def test_checks_that_are_under_way_are_waited_for_and_no_lock_is_remembered(stage):
    logins = stage.store.logins
    under_way = [logins.begin("mailer", TOOL) for _ in range(FAILURES)]
    with pytest.raises(ThrottledError) as caught:
        logins.begin("mailer", TOOL)
    assert caught.value.until is None
    assert not logins.locked("mailer", TOOL)
    logins.settle(under_way[0], right=None)
    logins.settle(logins.begin("mailer", TOOL), right=True)
    for attempt in under_way:
        logins.settle(attempt, right=False)
    assert not logins.locked("mailer", TOOL)


def test_what_ended_late_harms_nobody_else(stage):
    """SQLite numbers rows anew once they are gone."""
    logins = stage.store.logins
    late = logins.begin("mailer", TOOL)
    logins.settle(logins.begin("mailer", TOOL), right=True)
    other = logins.begin("other", TOOL)
    for right in (False, None):
        logins.settle(late, right=right)
    with stage.store._database.read() as tx:
        row = tx.execute(select(attempts)).one()
    assert (row.name_key, row.failed) == (other.name_key, False)


def test_neither_name_nor_address_stands_in_the_table(door):
    door.tried("wrong")
    with door.stage.store._database.read() as tx:
        row = tx.execute(select(attempts)).one()
    keys = row.name_key, row.place_key
    assert len({*keys, door.stage.store.people._context.login_key("mailer")}) == 3
    assert {len(key) for key in keys} == {16}
