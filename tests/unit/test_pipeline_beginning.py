"""What only the beginning of a long table says may hold a message, never let it pass."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from mailguard.config import Holds, Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.model import Envelope, Finding, Inspection, Kind, Message
from mailguard.pipeline import Pipeline
from mailguard.policy import Policy, thresholds
from mailguard.relay.reply import Reply
from mailguard.store import open_store

LEAF, NOW = b"leaf", datetime(2026, 11, 21, tzinfo=UTC)
FOUND = Finding("r", Kind.NAME, ("a.csv",), "列 氏名", 9, 9, ("山〇〇郎",), key=LEAF)
BEGINNING = Inspection((FOUND,), persons=99, persons_exact=False, persons_least=9, uncounted=(LEAF,))
NOTHING_YET = replace(BEGINNING, findings=())
CLEAN, LIST = Inspection(), replace(BEGINNING, persons=50, persons_exact=True, persons_least=0, uncounted=())


@dataclass
class Scripted:
    first: Inspection
    whole: Inspection
    asked: list[bool] = field(default_factory=list)

    async def mail(self, pieces, seconds, *, beginning=False):
        self.asked.append(beginning)
        return self.first if beginning else self.whole


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


@pytest.mark.parametrize(
    ("first", "whole", "asked", "passes"),
    [
        (BEGINNING, LIST, [True], False),
        (NOTHING_YET, LIST, [True, False], False),
        (NOTHING_YET, CLEAN, [True, False], True),
        (CLEAN, LIST, [True], True),
    ],
    ids=["the beginning holds", "the rest holds", "nothing holds", "read to its end at once"],
)
async def test_nothing_passes_on_a_beginning(store, first, whole, asked, passes):
    inspector, relay = Scripted(first, whole), Relay()
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(), store.digester)
    pipeline = Pipeline(store, inspector, lambda: policy, None, 5.0, 5.0)
    message = Message(
        "m1", Envelope("a@example.jp", ("b@example.com", "c@example.com")), b"Subject: x\r\n\r\nx\r\n", NOW
    )
    reply = await pipeline.deliver(message, relay)
    assert reply.ok
    assert inspector.asked == asked
    assert bool(relay.taken) is passes
    assert len(store.holds.recent()) == (not passes)
