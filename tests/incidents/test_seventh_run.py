"""Plus One: six clean runs, the seventh with a file. What differs is said, and holds by itself where the policy asks for it."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from mailguard.config import Holds, Own, Web
from mailguard.demo.mailings import ski_run
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.inspect.engine import Engine
from mailguard.model import Envelope, Message, Source
from mailguard.pipeline import Pipeline
from mailguard.policy import Policy, thresholds
from mailguard.policy.thresholds import EarlierRuns
from mailguard.relay.reply import Reply
from mailguard.store import open_store
from mailguard.unpack.budget import Limits
from mailguard.web import compared, site
from mailguard.web.texts import Texts

pytestmark = pytest.mark.incident
START = datetime(2027, 4, 1, 1, 0, tzinfo=UTC)
HARMLESS = b"--X\r\nContent-Type: text/plain; name=note.txt\r\nContent-Disposition: attachment; filename=note.txt\r\n\r\nhello\r\n--X--\r\n"


class Relay:
    """Takes everything."""

    def __init__(self):
        self.taken = []

    async def data(self, content, deadline, last_word):
        assert await last_word()
        self.taken.append(content)
        return Reply.of(250, "2.0.0 ok")

    async def reset(self, deadline):
        pass


class World:
    """Store, scanner and judge of one process, in this one; a clock that is set by hand."""

    def __init__(self, folder, *, hold=False):
        self.now = START
        self.store = open_store(f"sqlite:///{folder / 'mailguard.db'}", folder, lambda: self.now, holds=Holds())
        tanaka = self.store.people.add(
            login="tanaka", name="田中", email="t@plus-one.example.jp", role="operator", password=None, actor="test"
        )
        self.store.sources.add(Source("ski", "スキー案内", (tanaka.id,), networks=("127.0.0.0/8",)), "test")
        engine = Engine(Detector.build(shipped_dir(), self.store.digester), self.store.digester, Limits())
        limits = thresholds(shipped_dir() / "policy.toml")
        limits = type(limits)(**{
            **{name: getattr(limits, name) for name in limits.__struct_fields__}, "earlier_runs": EarlierRuns(hold=hold)
        })  # fmt: skip
        self.policy = Policy.build(limits, Own(), self.store.digester)

        class Inspector:
            async def mail(self, pieces, seconds, *, beginning=False, secrets=()):
                return engine.mail(pieces.content)

        self.inspector = Inspector()
        self.relay, self.sent = Relay(), 0
        self.start()

    def start(self):
        """Weeks lie between runs: nothing that a process remembers for a minute is left."""
        self.pipeline = Pipeline(self.store, self.inspector, lambda: self.policy, None, 5.0, 5.0)

    async def send(self, mail, sender=None):
        self.sent += 1
        envelope = Envelope(sender or mail.sender, (mail.recipient,), client="127.0.0.1")
        return await self.pipeline.deliver(Message(f"m{self.sent}", envelope, mail.content, self.now), self.relay)

    async def six_clean_runs(self):
        for run in range(1, 7):
            for mail in ski_run(run, 3):
                assert "held" not in (await self.send(mail)).lines[-1].decode()
            await self.pipeline.close()
            self.start()
            self.now += timedelta(days=7)

    def differs(self):
        (row,) = self.store.campaigns.recent()
        views = self.store.campaigns.samples(row.id)
        page = site.build(self.store, Web(), lambda: self.now, None, lambda: self.policy)
        return compared.of(page, Texts("ja"), row, views)


@pytest.fixture
async def world(tmp_path, request):
    made = World(tmp_path, hold=getattr(request, "param", False))
    await made.six_clean_runs()
    yield made
    await made.pipeline.close()
    made.store.close()


async def test_the_seventh_run_says_that_there_was_no_attachment_before(world):
    assert len(world.relay.taken) == 18
    for mail in ski_run(7, 3):
        await world.send(mail)
    (row,) = world.store.holds.recent()
    assert (row.messages, row.recipients) == (3, 3)
    assert "differs_from_earlier_runs" in row.reasons
    found = world.differs()
    assert found.codes[0] == "attachment_added"
    assert found.lines[0].startswith("これまで6回の配信には添付がありませんでした")
    assert found.earlier == 3


def harmless():
    """The run as it was, and a file in which nothing is found."""
    mail = next(ski_run(6, 1))
    head, _, body = mail.content.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-", b"mime-"))]
    kind = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type"))
    coding = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-transfer"))
    top = b"\r\n".join([*kept, b"MIME-Version: 1.0", b"Content-Type: multipart/mixed; boundary=X", b"", b""])
    part = b"--X\r\n" + kind + b"\r\n" + coding + b"\r\n\r\n" + body + b"\r\n"
    return dataclasses.replace(mail, content=top + part + HARMLESS)


@pytest.mark.parametrize(("world", "held"), [(False, 0), (True, 1)], indirect=["world"])
async def test_an_attachment_without_findings_holds_only_where_the_policy_says_so(world, held):
    await world.send(harmless())
    rows = world.store.holds.recent()
    assert [row.reasons for row in rows] == [("differs_from_earlier_runs",)] * held
    assert len(world.relay.taken) == 19 - held


@pytest.mark.parametrize("world", [True], indirect=True)
async def test_a_run_like_the_others_passes_and_costs_one_question(world, monkeypatch):
    asked = []
    real = world.store.runs.earlier
    monkeypatch.setattr(type(world.store.runs), "earlier", lambda self, *given: asked.append(1) or real(*given))
    for mail in ski_run(6, 20):
        await world.send(mail)
    assert (len(world.relay.taken), len(asked)) == (38, 1)
    assert world.store.holds.recent() == []
