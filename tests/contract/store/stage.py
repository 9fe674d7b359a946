"""A store with a clock that is set by hand, and short ways to fill it. All data is made up."""

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations

from mailguard import config
from mailguard.lifecycle import Choice, RecipientState
from mailguard.model import Action, Envelope, Finding, Inspection, Kind, Message, Source, Verdict
from mailguard.pieces import cut
from mailguard.store import open_store
from mailguard.store.arrival import Arrival
from mailguard.store.engine import MIGRATIONS
from mailguard.store.views import Clearance, Outcome

PASSWORD = "correct horse battery"
START = datetime(2027, 4, 28, 1, 0, tzinfo=UTC)  # Wednesday 10:00 in Tokyo, the day before Golden Week
LIST = b"QUJD" * 2000 + b"\r\n"
ACCEPTED, REFUSED, WAITING = RecipientState.ACCEPTED, RecipientState.REFUSED, RecipientState.WAITING


@dataclass
class Clock:
    now: datetime = START

    def __call__(self):
        return self.now

    def forward(self, **delta):
        self.now += timedelta(**delta)


def content(body=LIST, to="taro@example.jp", text="hi"):
    head = f"From: shop@example.co.jp\r\nTo: {to}\r\nSubject: ski\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return (
        head.encode()
        + f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n".encode()
        + b"--b\r\nContent-Type: text/csv\r\n\r\n"
        + body
        + b"--b--\r\n"
    )


def inspection(persons=3, evidence=(b"leaf",), subject_key=b"subject", **facts):
    findings = tuple(Finding("name", Kind.NAME, ("list.csv",), "1", 1, 1, ("山〇〇郎",), key=key) for key in evidence)
    return Inspection(findings=findings, persons=persons, subject="冬の〇〇", subject_key=subject_key, **facts)


@dataclass
class Stage:
    url: str
    folder: Path
    clock: Clock = field(default_factory=Clock)
    settings: config.Holds = field(default_factory=config.Holds)
    retention: config.Retention = field(default_factory=config.Retention)
    notify: config.Notify | None = None

    def __post_init__(self):
        self.numbers = count(1)
        self.open()

    def open(self):
        self.store = open_store(
            self.url, self.folder, self.clock, holds=self.settings, retention=self.retention, notify=self.notify
        )

    def reopen(self):
        self.store.close()
        self.open()

    def migrate(self, name):
        """One step of the upgrade by the end of its file's name, on tables as the step before it left them."""
        (step,) = [file.stem for file in (MIGRATIONS / "versions").glob(f"*_{name}.py")]
        module = import_module(f"mailguard.store.migrations.versions.{step}")
        with self.store._database.write() as tx, Operations.context(MigrationContext.configure(tx)):
            module.upgrade()

    def person(self, login, role="approver", password=None, email=None, organisation=""):
        email = f"{login}@example.co.jp" if email is None else email
        return self.store.people.add(
            login=login, name=f"{login} Yamada", email=email, role=role, password=password,
            organisation=organisation, actor="test",
        )  # fmt: skip

    def source(self, *operators, name="ski", **signs):
        source = Source(name, "スキー案内", tuple(person.id for person in operators), **signs)
        self.store.sources.add(source, "test")
        return source

    def message(self, name=None, to=("taro@example.jp",), mail_from="shop@example.co.jp", login=None, data=None):
        envelope = Envelope(mail_from, tuple(to), login=login)
        name = name or f"m{next(self.numbers)}"
        # Each says something else: the same mail twice is folded.
        body = content(to=to[0], text=f"hi {name}") if data is None else data
        return Message(name, envelope, body, self.clock())

    def arrival(
        self, source, message=None, *, evidence=(b"leaf",), reasons=("attachment",), key=b"content", persons=3,
        authors=(), subject_key=b"subject", rehearsal=False,
    ):  # fmt: skip
        message = message or self.message()
        return Arrival(
            message,
            cut(message.content, self.store.digester),
            source,
            inspection(persons, evidence, authors=authors, subject_key=subject_key),
            Verdict(Action.HOLD, reasons, evidence),
            key,
            rehearsal=rehearsal,
        )

    def admit(self, source, message=None, **facts):
        return self.store.holds.admit(self.arrival(source, message, **facts))

    def decide(self, hold_id, person, choice=Choice.APPROVE, revision=None, reason="looked at it", cap=10):
        revision = self.row(hold_id).revision if revision is None else revision
        return self.store.holds.decide(
            hold_id, revision=revision, choice=choice, person_id=person.id, reason=reason, cap=cap
        )

    def still_mine(self, token):
        """Whether the lease behind `token` still runs."""
        return self.store.releases.clearance([token])[token] is not Clearance.LOST

    def row(self, hold_id):
        return self.store.holds.get(hold_id).row

    def later(
        self, recipients=1, *, source_id="ski", message_id=None, mail_from="shop@example.co.jp", login=None, **facts
    ):
        """A message for reserve."""
        to = tuple(f"taro{number}@example.jp" for number in range(recipients))
        name = message_id or f"r{next(self.numbers)}"
        envelope = Envelope(mail_from, to, login=login)
        message = Message(name, envelope, content(text=f"hi {name}"), self.clock())
        source = next((one for one in self.store.sources.all() if one.id == source_id), None)
        return self.arrival(source or Source(source_id, "x", declared=False), message, **facts)

    def reserve(self, recipients=1, **facts):
        return self.store.holds.reserve(self.later(recipients, **facts))

    def record(self, claim, *states, retry_at=None, give_up=False):
        outcomes = [Outcome(position, state, "250 2.0.0 ok") for position, state in enumerate(states)]
        return self.store.releases.record(claim.token, outcomes, retry_at, give_up=give_up)

    def lose(self, claim, *positions):
        """The reply to the final dot to these was lost."""
        outcomes = [Outcome(position, WAITING, "lost", in_doubt=True) for position in positions]
        return self.store.releases.record(claim.token, outcomes, self.clock())

    def actions(self, subject=None):
        return [row.action for row in self.store.audit.rows(1000, 0, subject)]

    def heard(self, event):
        due = [notice for notice in self.store.notices.pending(1000) if notice.event == event]
        return sorted(notice.person.login for notice in due if notice.person)

    @property
    def file(self):
        return self.folder / "mailguard.db"

    def raw(self):
        """The database file behind the store's back (SQLite only)."""
        return sqlite3.connect(self.file, isolation_level=None)
