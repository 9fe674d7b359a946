"""A real store on SQLite with made-up people, one declared source, and holds on demand; and a client of the page."""

import re
from datetime import UTC, datetime, timedelta

import asgi_client

from mailguard import config
from mailguard.lifecycle import Choice
from mailguard.model import (
    Action,
    Envelope,
    Finding,
    Inspection,
    Kind,
    Message,
    PartInfo,
    Problem,
    ProblemKind,
    Source,
    Verdict,
)
from mailguard.pieces import cut
from mailguard.store import open_store
from mailguard.store.arrival import Arrival
from mailguard.web import create_app

PASSWORD = "correct horse battery"
BASE = "http://127.0.0.1:8080"
LIST = ("list.zip", "会員.csv")
START = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)

INSPECTION = Inspection(
    findings=(
        Finding("table_name", Kind.NAME, LIST, "列 保護者氏名", 1740, 1738, ("山〇〇子", "林〇"), key=b"leaf"),
        Finding("table_name", Kind.NAME, LIST, "列 子の氏名", 1992, 1981, ("山〇〇郎", "佐〇〇美"), key=b"leaf"),
        Finding("table_phone", Kind.PHONE, LIST, "列 電話番号", 2000, 1742, ("090-****-1234",), key=b"leaf"),
        Finding("table_email", Kind.EMAIL, LIST, "列 メールアドレス", 2000, 1740, ("y****@e****.jp",), key=b"leaf"),
    ),
    persons=3719,
    households=1740,
    parts=(
        PartInfo(("(body)",), "text/plain", 820),
        PartInfo(("list.zip",), "application/zip", 180_000),
        PartInfo(LIST, "text/csv", 519_000),
    ),
    subject="冬のスキースクール最新情報",
    subject_key=b"subject",
    ruleset="test",
)
ENCRYPTED = Inspection(
    problems=(Problem(("見積.zip",), ProblemKind.ENCRYPTED, key=b"locked"),),
    parts=(PartInfo(("見積.zip",), "application/zip", 2_000),),
    subject="お見積り",
    subject_key=b"estimate",
    ruleset="test",
)


class Clock:
    def __init__(self, now=START):
        self.now = now

    def __call__(self):
        return self.now

    def on(self, **step):
        self.now += timedelta(**step)


class World:
    """A store in `folder`; people and source are made once and then found again in a copied folder."""

    def __init__(self, folder, *, clock=None, source=True):
        self.clock = clock or Clock()
        self.store = open_store(f"sqlite:///{folder / 'mailguard.db'}", folder, self.clock, holds=config.Holds())
        self.operator = self._somebody("tanaka", "田中 花子", "operator")
        self.approver = self._somebody("sato", "佐藤 一郎", "approver")
        self.second = self._somebody("suzuki", "鈴木 次郎", "approver")
        self.auditor = self._somebody("kansa", "監査 太郎", "auditor")
        self.source = Source("", "未登録の送信システム")
        if source:
            self.source = Source("members", "会員メール配信", operators=(self.operator.id,), logins=("bulk",))
            if not self.store.sources.all():
                self.store.sources.add(self.source, self.approver.id)
        self._count = 0

    def _somebody(self, login, name, role, **more):
        return self.store.people.by_login(login) or self.person(login, name, role, **more)

    def person(self, login, name, role, **more):
        return self.store.people.add(
            login=login,
            name=name,
            email=f"{login}@example.co.jp",
            role=role,
            password=PASSWORD,
            actor="test",
            **more,
        )

    def admit(
        self, inspection=INSPECTION, *, messages=1, reasons=("attachment_findings",), key=b"one", evidence=b"leaf"
    ):
        for _ in range(messages):
            self._count += 1
            envelope = Envelope("news@example.co.jp", (f"customer{self._count}@example.com",), login="bulk")
            content = b"Subject: x\r\n\r\nmade up\r\n"
            message = Message(f"m-{self._count}", envelope, content, self.clock())
            pieces, verdict = cut(content, self.store.digester), Verdict(Action.HOLD, reasons, (evidence,))
            admission = self.store.holds.admit(Arrival(message, pieces, self.source, inspection, verdict, key))
        return admission.hold_id

    def approve(self, hold_id, person=None, cap=None):
        row = self.store.holds.get(hold_id).row
        return self.store.holds.decide(
            hold_id,
            revision=row.revision,
            choice=Choice.APPROVE,
            person_id=(person or self.approver).id,
            reason="確認した",
            cap=cap or row.recipients,
        )

    def app(self, release=None, opener=None, **web):
        return create_app(self.store, config=config.Web(**web), clock=self.clock, release=release, opener=opener)

    def client(self, login=None, *, language="ja", base=BASE, address="127.0.0.1", **web):
        client = asgi_client.client(self.app(**web), base, address, **{"Origin": base, "Accept-Language": language})
        if login:
            token = self.store.sessions.create(self.store.people.by_login(login).id, 10)
            client.cookies.set("session", token, domain="127.0.0.1", path="/")
        return client


def field(html, name="csrf"):
    return re.search(rf'name="{name}" value="([^"]*)"', html).group(1)


def log_in(client, login, password=PASSWORD, **more):
    form = {"login": login, "password": password, "csrf": field(client.get("/login").text), **more}
    return client.post("/login", data=form)


def form(client, hold_id, **values):
    """The fields of the hold's own form, as a browser would send them."""
    html = client.get(f"/holds/{hold_id}").text
    found = (
        {"csrf": field(html), "revision": field(html, "revision")}
        if 'name="revision"' in html
        else {"csrf": field(html)}
    )
    return found | values
