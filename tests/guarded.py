"""SMTP server, pipeline, scanner, store and releases in this process, before scripted next hops; and the account.

A mail carries a token; a pair (token, recipient) is what is counted: what its client heard 250 for was relayed or is
held, never both before an approval, and what is held is held byte for byte.
"""

import asyncio
import contextlib
import re
import shutil
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from unittest import mock

import msgspec
from edge import Client
from hop import Hop

from mailguard.config import Holds, Own, Relay, Release, Smtp, StopListSection
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.inspect.client import Inspector
from mailguard.inspect.settings import Settings
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Source
from mailguard.pipeline import Pipeline
from mailguard.policy import Policy, thresholds
from mailguard.relay.next_hop import NextHop
from mailguard.release import ReleaseWorker
from mailguard.release import worker as releasing
from mailguard.release.sparing import Sparing
from mailguard.sandbox import Scanner
from mailguard.service.clock import now
from mailguard.smtp import SmtpServer
from mailguard.store import engine, open_store
from mailguard.store.sealed_messages import whole
from mailguard.suppression import Suppression

PASSES, HOLDS = r"250 2\.0\.0 queued", r"250 2\.0\.0 held for approval, H-[0-9A-Z]{10}"
KINDS = {"clean": {}, "held": {"held": True}, "approved": {"held": True, "subject": "approved"}}
PASSWORD = "correct horse battery staple"
TO = ("taro@example.com",)
ROSTER = "氏名,電話番号\r\n山田太郎,090-1234-5678\r\n佐藤花子,090-8765-4321\r\n"
_CSV = 'Content-Type: text/csv; charset=utf-8; name="a.csv"\r\nContent-Disposition: attachment; filename="a.csv"\r\n'


def letter(token, *, held=False, subject="", mark="", bulk=""):
    """A mail that passes, or holds: each in a hold of its own, unless the subject is the same."""
    head = f"From: n@example.co.jp\r\nSubject: {subject or token}\r\nX-Token: {token}\r\nMIME-Version: 1.0\r\n"
    marked = f"X-Test: {mark}\r\n" if mark else ""
    body = ROSTER if held else "こんにちは。"
    return (head + marked + (_CSV if held else "") + f"\r\n{body}\r\n{bulk}\r\n").encode()


def furnished(folder: Path) -> Path:
    """A data folder with an operator, two approvers and their source; passwords are slow to hash, so it is copied."""
    with open_store(f"sqlite:///{folder / 'mailguard.db'}", folder, now, holds=Holds()) as store:
        for login, role in (("tanaka", "operator"), ("sato", "approver"), ("suzuki", "approver")):
            store.people.add(login=login, name=login, email="", role=role, password=PASSWORD, actor="test")
        operator = store.people.by_login("tanaka")
        store.sources.add(Source("mailer", "配信", (operator.id,), networks=("127.0.0.0/8",)), actor="test")
    return folder


def digester(folder: Path) -> Digester:
    """Keyed as the store in that folder is."""
    with open_store(f"sqlite:///{folder / 'mailguard.db'}", folder, now, holds=Holds()) as store:
        return store.digester


def scanners(key: Digester, *, workers=2, task_seconds=15.0) -> Scanner:
    """The real scanner with marks that hang or crash it; not started."""
    init = msgspec.msgpack.encode(Settings(key.key, str(shipped_dir())))
    limits = {"task_seconds": task_seconds, "memory_mb": 1024, "recycle_tasks": 1000}
    return Scanner("tests.faults.bad_parts:worker", init, workers=workers, **limits)


class Clock:
    """The time, and by how much it is wrong."""

    wrong = timedelta()

    def __call__(self):
        return now() + self.wrong


class Gated:
    """An inspector that stands for a long scan while `gate` is shut."""

    def __init__(self, inspector):
        self._inspector = inspector
        self.scanning, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def mail(self, pieces, seconds, *, beginning=False):
        self.scanning.set()
        await self.gate.wait()
        return await self._inspector.mail(pieces, seconds, beginning=beginning)


@dataclass
class Heard:
    """What a client heard: the last reply, and one for each recipient."""

    last: str
    rcpts: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self):
        return self.last.startswith("250")


class Guarded:
    """`async with guarded(…) as guard`; `passed` and `kept` are the pairs that heard 250."""

    def __init__(self, hops, store, file, clock, relay):
        self.hops, self.hop, self.store, self.file, self.clock = hops, hops[0], store, file, clock
        ends = [f"127.0.0.1:{hop.port}" for hop in hops[1:]]
        patience = {"reply_seconds": 5, "connect_seconds": 2, **relay}
        self.next_hop = NextHop(Relay(port=self.hop.port, fallback=ends, **patience), "guard.example.jp")
        self.passed: Counter = Counter()
        self.kept: Counter = Counter()
        self.sent: dict[str, bytes] = {}
        self.server = self.inspector = self.policy = self.pipeline = None

    async def send(self, token, *, recipients=TO, content=None, **facts) -> Heard:
        """One mail on a connection of its own, command by command, as far as the replies allow."""
        self.sent[token] = content or letter(token, **facts)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            heard = await self._said(Client(reader, writer), token, recipients)
        finally:
            writer.close()
        if heard.ok:
            book = self.kept if "held for approval" in heard.last else self.passed
            book.update((token, rcpt) for rcpt, reply in heard.rcpts.items() if reply.startswith("250"))
        return heard

    async def _said(self, client, token, recipients) -> Heard:
        await client.reply()
        await client.ask("EHLO tool.example")
        reply = await client.ask("MAIL FROM:<n@example.co.jp>")
        heard = Heard(reply)
        if not reply.startswith("250"):
            return heard
        for recipient in recipients:
            heard.rcpts[recipient] = await client.ask(f"RCPT TO:<{recipient}>")
        heard.last = await client.ask("DATA")
        if heard.last.startswith("354"):
            heard.last = await client.ask(self.sent[token] + b".")
        return heard

    def relayed(self) -> Counter:
        """Pairs that a next hop took, however often; what we say to senders ourselves is not counted."""
        return Counter(
            (_token(taken.content), rcpt.decode().strip("<>"))
            for hop in self.hops
            for taken in hop.taken
            if taken.mail != b"<>"
            for rcpt in taken.rcpts
        )

    def stored(self) -> Counter:
        """Pairs that the store has, each opened and compared with what was sent."""
        there, found = self.store.releases, Counter()
        with self.store._database.read() as tx:
            for row in tx.execute(whole()).all():
                sealed = there._desk.shelf.fetch(tx, row.serial)
                content = there._desk.shelf.assemble(there._vault.open(row.skeleton, f"skeleton:{row.id}"), sealed)
                assert content == self.sent[_token(content)]
                found.update((_token(content), rcpt) for rcpt in there._envelope(row).rcpt_to)
        return found

    def count(self, *, doubt: Counter | None = None) -> None:
        """Accepted = relayed + held, before anybody approved; `doubt`: taken by the relay, whose reply was lost."""
        relayed, stored = self.relayed(), self.stored()
        assert relayed == self.passed + (doubt or Counter())
        assert stored == self.kept
        assert not relayed & stored
        assert self.store.audit.verify() is None

    def doubted(self) -> list[str]:
        """Audit rows of replies that were lost."""
        return [row.detail for row in self.store.audit.rows(1000, 0) if row.action == "message.may_have_been_sent"]

    def approve(self, cap=50) -> None:
        for row in self.store.holds.recent([HoldState.PENDING]):
            person = self.store.people.by_login("sato").id
            self.store.holds.decide(
                row.id, revision=row.revision, choice=Choice.APPROVE, person_id=person, reason="確認済み", cap=cap
            )

    async def under_approval(self) -> None:
        """An approval with room: what comes with this subject passes under it. Its own mail waits for its release."""
        assert re.match(HOLDS, (await self.send("first", held=True, subject="approved")).last)
        self.approve()

    async def again(self, heard: dict[str, Heard], recipients=TO) -> None:
        """What a client does: whoever did not get the mail is sent it again."""
        for token, answer in heard.items():
            accepted = {rcpt for rcpt, reply in answer.rcpts.items() if answer.ok and reply.startswith("250")}
            left = tuple(rcpt for rcpt in recipients if rcpt not in accepted)
            if left:
                assert (await self.send(token, recipients=left, content=self.sent[token])).ok

    async def to_the_end(self, doubt: Counter | None = None) -> None:
        """Approve what is held; then everything has arrived, each once."""
        self.count(doubt=doubt)
        self.approve()
        async with self.releasing():
            await self.until_sent()
        assert self.relayed() == self.passed + self.kept + (doubt or Counter())
        assert self.store.audit.verify() is None

    @contextlib.asynccontextmanager
    async def releasing(self, **settings):
        """The release worker at work, with short waits."""
        worker = ReleaseWorker(
            self.store.releases,
            self.next_hop,
            Release(retry_seconds=0.05, **settings),
            self.clock,
            hostname="g.example",
            check=Sparing(self.suppression),
        )
        stop = asyncio.Event()
        with mock.patch.multiple(releasing, POLL_SECONDS=0.05, UNREACHABLE_SECONDS=0.1):
            task = asyncio.create_task(worker.run(stop))
            try:
                yield
            finally:
                stop.set()
                await task

    def bring_back(self) -> None:
        """What the service does every few seconds while its clock is not to be believed."""
        settings = Release()
        lease, wait = timedelta(seconds=settings.lease_seconds), timedelta(seconds=settings.retry_seconds)
        self.store.times.bring_back(lease=lease, wait=wait, session=timedelta(hours=1))

    async def until_sent(self, seconds=10.0) -> None:
        async with asyncio.timeout(seconds):
            while self.store.releases.open_count():  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.02)

    async def until_doubted(self, seconds=10.0) -> None:
        async with asyncio.timeout(seconds):
            while not self.doubted():  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def guarded(made, folder, scanner, *, hops=1, relay=None, wait_seconds=20.0, busy_seconds=5.0, stop_list=None):
    """A guard on a copy of the folder `made`, before so many hops."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    clock, file = Clock(), folder / "mailguard.db"
    async with AsyncExitStack() as stack:
        stack.enter_context(mock.patch.object(engine, "BUSY_SECONDS", busy_seconds))
        there = [await stack.enter_async_context(Hop()) for _ in range(hops)]
        store = stack.enter_context(open_store(f"sqlite:///{file}", folder, clock, holds=Holds()))
        guard = Guarded(there, store, file, clock, relay or {})
        policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(), store.digester)
        guard.inspector = Gated(Inspector(scanner, store.digester))
        guard.policy = policy
        guard.suppression = Suppression(store, StopListSection(**(stop_list or {})))
        guard.pipeline = Pipeline(
            store,
            guard.inspector,
            lambda: guard.policy,
            "guard.example.jp",
            wait_seconds,
            60.0,
            suppression=guard.suppression,
        )
        settings = Smtp(listen="127.0.0.1:0", hostname="guard.example.jp")
        guard.server = SmtpServer(settings, guard.pipeline, guard.next_hop, clock, stop_list=guard.suppression)
        await guard.server.start()
        stack.push_async_callback(guard.next_hop.close)
        stack.push_async_callback(guard.server.stop, 2)
        yield guard


def _token(content: bytes) -> str:
    found = re.search(rb"^X-Token: (\S+)\r$", content, re.MULTILINE)
    assert found is not None
    return found[1].decode()
