"""Mailings filed in advance (事前申請): what will be sent, to how many, when and why, before anything is sent.

In: a sample of the mailing from an operator of its source, and what its inspection found. Out: a hold without a message, which
a second person decides like any other; once it is approved, messages of the mailing pass up to the cap between its dates, and
whatever differs is held. The sample is kept until it was inspected, and never sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from mailguard.errors import NotFoundError, RefusedError
from mailguard.lifecycle import HoldState
from mailguard.model import Inspection, Source, SourceMode, Verdict
from mailguard.routes import NO_RULING, Ruling
from mailguard.store import routing, shown, sight, standing
from mailguard.store.calendar import add_business_days
from mailguard.store.context import fresh_id
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.draft import Drafts
from mailguard.store.handing_out import next_due
from mailguard.store.remembered import Remembered
from mailguard.store.schema import holds, people, requests, sources

ACTOR = "request"  # who opened the hold, in the record
CODE = "requested"  # the reason of a hold that was asked for
TRIES = 3  # times that an inspection is begun
LONGEST = timedelta(days=92)  # between the dates of a request
WHY = {
    "request_not_operator": "Only an operator of the source files its mailings.",
    "request_purpose_missing": "A request needs a purpose: who asked for the mailing, and why it is sent.",
    "request_recipients": "A request needs the number of recipients, at least 1.",
    "request_dates": f"A request needs a begin and a later end, at most {LONGEST.days} days apart, that is still to come.",
    "request_sample_missing": "A request needs the message as it will be sent.",
}
_COVERING = (HoldState.APPROVED.value,)
_UNDECIDED = {HoldState.PENDING, HoldState.RETURNED}
_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Filing:
    """What an operator files. recipients: 宛先数 of the whole mailing; sample: one message of it."""

    source_id: str
    purpose: str
    recipients: int
    begins_at: datetime
    ends_at: datetime
    sample: bytes


@dataclass(frozen=True, slots=True)
class Requested:
    """A request as people see it. failed: why its sample could not be inspected; hold_id: "" until it was."""

    id: str
    source_id: str
    source_title: str
    person_id: str
    name: str
    purpose: str
    recipients: int
    begins_at: datetime
    ends_at: datetime
    filed_at: datetime
    failed: str
    hold_id: str
    state: HoldState | None


@dataclass(frozen=True, slots=True)
class Uninspected:
    """A sample that is to be inspected."""

    id: str
    source_id: str
    mode: SourceMode
    content: bytes

    @property
    def about(self) -> str:
        """What it is read for."""
        return self.id


class _Facts(msgspec.Struct, frozen=True):
    purpose: str


class Requests(AtDesk):
    """The requests of one database."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.latest = Remembered(self._database, self._latest, seconds=1.0)
        """For each source and subject with an approved request whose dates are now: what the mailing must be."""

    # Filing

    def file(self, actor: str, filing: Filing) -> str:
        """The id of the new request; raises RefusedError, NotFoundError."""
        now, request_id = self._context.clock(), fresh_id("R")
        purpose = filing.purpose.strip()
        with self._database.write() as tx:
            if tx.execute(select(sources.c.id).where(sources.c.id == filing.source_id)).first() is None:
                raise NotFoundError("No such source. `mailguard source list` shows all of them.")
            if code := _unsound(filing, purpose, now) or self._not_operator(tx, actor, filing.source_id):
                raise RefusedError(code, WHY[code])
            row = {
                "id": request_id, "source_id": filing.source_id, "person_id": actor,
                "facts": self._vault.seal(msgspec.json.encode(_Facts(purpose)), f"request:{request_id}"),
                "sample": self._vault.seal(filing.sample, f"sample:{request_id}"),
                "recipients": filing.recipients, "begins_at": filing.begins_at, "ends_at": filing.ends_at,
                "filed_at": now, "tries": 0, "failed": "",
            }  # fmt: skip
            tx.execute(insert(requests), row)
            self._desk.audit.append(
                tx, actor, "request.filed", request_id, source=filing.source_id, recipients=filing.recipients,
                begins=filing.begins_at.isoformat(), ends=filing.ends_at.isoformat(),
            )  # fmt: skip
        return request_id

    def all(self, limit: int = 50, viewer: str | None = None) -> list[Requested]:
        """Requests of sources that `viewer` sees, the newest first."""
        with self._database.read() as tx:
            seen = sight.sources_seen(self._context, tx, viewer, requests.c.source_id)
            return self._requested(tx, _QUERY.where(seen).order_by(requests.c.serial.desc()).limit(limit))

    def get(self, request_id: str, viewer: str | None = None) -> Requested:
        """One; raises NotFoundError, also when `viewer` does not see its source."""
        with self._database.read() as tx:
            seen = sight.sources_seen(self._context, tx, viewer, requests.c.source_id)
            found = self._requested(tx, _QUERY.where(requests.c.id == request_id, seen))
        if not found:
            raise NotFoundError("No such request. `mailguard request list` shows what there is.")
        return found[0]

    def of_hold(self, hold_id: str) -> Requested | None:
        """The request that a hold stands for."""
        with self._database.read() as tx:
            found = self._requested(tx, _QUERY.where(requests.c.hold_id == hold_id))
        return found[0] if found else None

    # Which mailings are bound to what was filed

    def _latest(self) -> Mapping[tuple[str, bytes], bytes]:
        now = self._context.clock()
        query = (
            select(requests.c.source_id, requests.c.subject_key, requests.c.mailing_key)
            .join(holds, holds.c.id == requests.c.hold_id)
            .where(holds.c.state.in_(_COVERING), requests.c.begins_at <= now, requests.c.ends_at > now)
        )
        with self._database.read() as tx:
            return {(row.source_id, bytes(row.subject_key)): bytes(row.mailing_key) for row in tx.execute(query)}

    # Inspecting

    def next(self) -> Uninspected | None:
        """The sample to inspect next; None when there is none. Of one process."""
        query = (
            select(requests, sources.c.mode)
            .join(sources, sources.c.id == requests.c.source_id)
            .where(requests.c.hold_id.is_(None), requests.c.failed == "")
            .order_by(requests.c.tries, requests.c.serial)
            .limit(1)
        )
        return next_due(
            self._database,
            query,
            take=self._begin,
            unseal=self._uninspected,
            damaged=lambda row: self.fail(row.id, "damaged"),
        )

    def _begin(self, tx: Connection, row: Any) -> int | None:
        if row.tries >= TRIES:
            self._fail(tx, row.id, "begun too often")
            return None
        tries: int = row.tries + 1
        tx.execute(update(requests).where(requests.c.serial == row.serial).values(tries=tries))
        return tries

    def _uninspected(self, row: Any, _: int) -> Uninspected:
        content = self._vault.open(row.sample, f"sample:{row.id}")
        return Uninspected(row.id, row.source_id, SourceMode(row.mode), content)

    def fail(self, request_id: str, why: str) -> None:
        """The sample cannot be inspected: the request counts for nothing."""
        with self._database.write() as tx:
            self._fail(tx, request_id, why)

    def settle(
        self,
        request_id: str,
        whole: Inspection,
        verdict: Verdict,
        content_key: bytes,
        mailing_key: bytes,
        ruling: Ruling = NO_RULING,
    ) -> str:
        """Open the hold that stands for the request; its id."""
        with self._database.write() as tx:
            row = tx.execute(select(requests).where(requests.c.id == request_id)).one()
            if row.hold_id:
                return str(row.hold_id)
            hold_id = self._open(
                tx,
                row,
                whole,
                Verdict(verdict.action, verdict.reasons, (mailing_key, *verdict.evidence)),
                content_key,
                ruling,
            )
            values = {"hold_id": hold_id, "sample": None, "subject_key": whole.subject_key, "mailing_key": mailing_key}
            tx.execute(update(requests).where(requests.c.serial == row.serial).values(values))
            self._desk.audit.append(
                tx, ACTOR, "hold.opened", hold_id, request=request_id, source=row.source_id,
                reasons=sorted(verdict.reasons), persons=whole.persons, ruleset=whole.ruleset,
            )  # fmt: skip
            self._desk.notices.tell(tx, self._hold(tx, hold_id), "request_filed")
        return hold_id

    # Inside

    def _open(
        self, tx: Connection, filed: Any, whole: Inspection, verdict: Verdict, content_key: bytes, ruling: Ruling
    ) -> str:
        now, hold_id = self._context.clock(), fresh_id("H")
        drafts, declared = Drafts(self._context, tx), standing.staffed(tx, filed.source_id)
        title = tx.execute(select(sources.c.title).where(sources.c.id == filed.source_id)).scalar_one()
        campaign = drafts.campaigns.of(Source(filed.source_id, title), whole, hold_id, now)
        newest = drafts.newest(filed.source_id, content_key)
        if (
            newest is not None and newest.state in _UNDECIDED
        ):  # the same was filed or sent before: each is decided by itself
            content_key = self._context.digester.of("request", content_key + hold_id.encode())
        row = {
            "id": hold_id, "source_id": filed.source_id, "source_title": title, "content_key": content_key,
            "subject_key": whole.subject_key, "declared": declared, "state": HoldState.PENDING.value, "revision": 1,
            "reasons": msgspec.json.encode(sorted({CODE, *verdict.reasons})).decode(),
            "subject": self._vault.seal(whole.subject.encode(), f"subject:{hold_id}"),
            **shown.columns(self._vault, hold_id, whole),
            "messages": 0, "recipients": 0, "late_messages": 0, "persons": whole.persons,
            "persons_exact": whole.persons_exact, "households": whole.households, "first_seen": now, "last_seen": now,
            "expires_at": add_business_days(now, self._context.settings.business_days), "cap": None, "used": 0,
            "approvals": 0, "approvals_needed": 1 if declared else 2, "changed_at": now, "changed_by": "",
            "route": None, "campaign_id": campaign, "pool_id": None, "folded": 0,
        }  # fmt: skip
        # Routes go by the recipients that were asked for.
        meant = SimpleNamespace(**row | {"recipients": filed.recipients})
        draft = drafts.open(row | routing.opened(self._context, meant, whole, ruling))
        draft.note_evidence(tx, set(verdict.evidence))
        draft.staff.add(filed.person_id)  # never its second person
        drafts.write()
        return hold_id

    def _fail(self, tx: Connection, request_id: str, why: str) -> None:
        values = {"failed": why, "sample": None}
        tx.execute(update(requests).where(requests.c.id == request_id).values(values))
        self._desk.audit.append(tx, ACTOR, "request.failed", request_id, reason=why)

    @staticmethod
    def _not_operator(tx: Connection, actor: str, source_id: str) -> str:
        row = tx.execute(select(people.c.enabled).where(people.c.id == actor)).one_or_none()
        able = row is not None and row.enabled and standing.operates(tx, source_id, actor)
        return "" if able else "request_not_operator"

    def _requested(self, tx: Connection, query: Any) -> list[Requested]:
        rows = tx.execute(query).all()
        names = self._desk.people.names(tx, {row.person_id for row in rows})
        return [
            Requested(
                row.id, row.source_id, row.title or row.source_id, row.person_id, names.get(row.person_id, row.person_id),
                self._vault.open_json(row.facts, f"request:{row.id}", _Facts).purpose, row.recipients,
                row.begins_at, row.ends_at, row.filed_at, row.failed, row.hold_id or "",
                HoldState(row.state) if row.state else None,
            )
            for row in rows
        ]  # fmt: skip


_QUERY = (
    select(requests, sources.c.title, holds.c.state)
    .outerjoin(sources, sources.c.id == requests.c.source_id)
    .outerjoin(holds, holds.c.id == requests.c.hold_id)
)


def dates(tx: Connection, hold_id: str) -> dict[str, datetime]:
    """From when until when the approval of a request counts, as columns of its hold; nothing for a hold of held mail."""
    row = tx.execute(
        select(requests.c.begins_at, requests.c.ends_at).where(requests.c.hold_id == hold_id)
    ).one_or_none()
    return {} if row is None else {"begins_at": row.begins_at, "expires_at": row.ends_at}


def _unsound(filing: Filing, purpose: str, now: datetime) -> str:
    if not purpose:
        return "request_purpose_missing"
    if not 0 < filing.recipients <= _MOST:
        return "request_recipients"
    # Times at the end of the calendar have no counterpart in other zones.
    sound = filing.begins_at < filing.ends_at and now < filing.ends_at and filing.ends_at.year < MAXYEAR
    if not sound or filing.ends_at - filing.begins_at > LONGEST:
        return "request_dates"
    return "" if filing.sample.strip() else "request_sample_missing"
