"""The allow list on the path of a message: asked for only where it matters, and nothing passes when it cannot be read."""

from datetime import UTC, datetime

import pytest

from mailguard.config import Holds, Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.errors import StoreError
from mailguard.model import Envelope, Finding, Inspection, Kind, Message
from mailguard.pipeline import Pipeline
from mailguard.policy import Policy, thresholds
from mailguard.relay.reply import Reply
from mailguard.store import open_store

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MESSAGE = Message("m1", Envelope("a@example.jp", ("b@example.com", "c@example.com")), b"Subject: x\r\n\r\nx\r\n", NOW)


class Relay:
    def __init__(self):
        self.taken = []

    async def data(self, content, deadline, last_word):
        assert await last_word()
        self.taken.append(content)
        return Reply.of(250, "2.0.0 ok")

    async def reset(self, deadline):
        pass


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'g.db'}", tmp_path, lambda: NOW, holds=Holds()) as opened:
        yield opened


async def deliver(store, inspection):
    class Inspector:
        async def mail(self, pieces, seconds, *, beginning=False):
            return inspection

    relay = Relay()
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(), store.digester)
    reply = await Pipeline(store, Inspector(), lambda: policy, None, 5.0, 5.0).deliver(MESSAGE, relay)
    return reply, relay.taken


def phone(store):
    digests = (store.digester.phone("03-1234-5678"),)
    return Inspection((Finding("r", Kind.PHONE, ("a.csv",), "", 1, 1, ("03-",), digests, key=b"leaf"),))


async def test_what_is_published_passes_and_is_held_without_the_list(store):
    inspection = phone(store)
    store.public_contacts.latest.read = lambda: frozenset(inspection.findings[0].digests)
    assert (await deliver(store, inspection))[1]
    store.public_contacts.latest.read, store.public_contacts.latest.seconds = frozenset, -1.0
    reply, taken = await deliver(store, inspection)
    assert (reply.code, taken, len(store.holds.recent())) == (250, [], 1)


async def test_a_list_that_cannot_be_read_lets_nothing_pass(store):
    def broken():
        raise StoreError("gone")

    store.public_contacts.latest.read = broken
    reply, taken = await deliver(store, phone(store))
    assert (reply.code, taken, store.holds.recent()) == (451, [], [])


async def test_clean_mail_and_names_alone_do_not_ask(store):
    asked = []
    store.public_contacts.latest.read = lambda: asked.append(1) or frozenset()
    assert (await deliver(store, Inspection()))[1]
    name = Finding("r", Kind.NAME, ("a.csv",), "", 9, 9, (), key=b"leaf")
    assert not (await deliver(store, Inspection((name,), persons=9)))[1]
    assert asked == []
