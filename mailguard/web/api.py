"""The JSON API under /api: the page's rules for programs.

In: a bearer token, or a browser's cookie with its CSRF header. Out: masks, counts and states; problem details when
something is wrong. Digests stay inside.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool, StrictInt
from starlette.requests import Request
from starlette.responses import Response

from mailguard.dossier import FORMATS, written
from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.policy import Report
from mailguard.store.decisions import CAP
from mailguard.store.views import Decided, HoldRow, HoldView, Person, Session
from mailguard.telling import finding_json, part_json, problem_json
from mailguard.web import compared, deciding, law, routed, say, show, stops
from mailguard.web import rest as resting
from mailguard.web.deciding import Refusal, Wish
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.site import AUDIT_ROLES, Site, client
from mailguard.web.texts import Texts

ROWS = 200
Json = dict[str, Any]


class LoginBody(Strict):
    """Body of POST /api/login."""

    login: str = Field(max_length=1000)
    password: str = Field(max_length=1000)


class DecisionBody(Strict):
    """Body of a decision; `cap` is needed to approve. code: a preset of the reason; checked: ids of ticked points.

    false_positive counts with an approval only, as the code of that name does.
    """

    revision: StrictInt
    choice: Literal["approve", "reject", "return", "answer", "withdraw"]
    reason: str = Field("", max_length=5000)
    cap: Annotated[StrictInt, Field(ge=1, le=CAP)] | None = None
    false_positive: StrictBool = False
    code: str = Field("", max_length=100)
    checked: Annotated[list[Annotated[str, Field(max_length=100)]], Field(default_factory=list, max_length=100)]


class AnswerBody(Strict):
    """Body of an answer about what is not sent yet."""

    revision: StrictInt
    choice: Literal["deliver_late", "stop_rest"]
    reason: str = Field("", max_length=5000)


class SwitchBody(Strict):
    """Body of a pause (with a reason) or its end."""

    action: Literal["pause", "resume"]
    reason: str = Field("", max_length=5000)


class Api(Entrance):
    """Routes under /api."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter(prefix="/api")
        add = self.router.add_api_route
        add("/login", self.log_in, methods=["POST"])
        add("/logout", self.log_out, methods=["POST"])
        add("/holds", self.overview, methods=["GET"])
        add("/holds/{hold_id}", self.one, methods=["GET"])
        add("/holds/{hold_id}/recipients", self.recipients, methods=["GET"])
        add("/holds/{hold_id}/record", self.record, methods=["GET"], response_model=None)
        add("/holds/{hold_id}/decision", self.decide, methods=["POST"])
        add("/holds/{hold_id}/rest", self.answer, methods=["POST"])
        add("/release", self.release, methods=["GET"])
        add("/release", self.switch, methods=["POST"])

    def log_in(self, request: Request, body: LoginBody) -> Json:
        """A bearer token for a password; sets no cookie."""
        t = self._site.texts(request)
        try:
            person = self._site.store.people.authenticate(body.login.strip(), body.password, client(request))
        except RefusedError as error:
            raise Refusal(429, error.code, t.known("refused", error.code)) from None
        if person is None:
            raise Refusal(401, "login_wrong", t("login.wrong"))
        token = self._site.store.sessions.create(person.id, self._site.settings.session_hours)
        session = self._site.look_up(request, token, choosing=True)
        return {"token": token, "expires_at": show.iso(session.expires_at), "person": _person(person)}

    def log_out(self, request: Request) -> Json:
        """End this session."""
        _, token = self._changing(request, choosing=True)
        self._site.store.sessions.delete(token)
        return {}

    def overview(
        self,
        request: Request,
        state: HoldState | None = None,
        limit: Annotated[int, Query(ge=1, le=ROWS)] = ROWS,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Json:
        """The newest holds, or those of one state."""
        session, _ = self._session(request)
        t = self._site.texts(request)
        found, viewer = self._site.store.holds, session.person.id
        rows = found.recent([state] if state else None, limit=limit, offset=offset, viewer=viewer)
        return {"holds": [hold_row(t, row) for row in rows]}

    def one(self, request: Request, hold_id: str) -> Json:
        """One hold with what was found, and who can decide."""
        session, _ = self._session(request)
        shown = self._view(request, session, hold_id)
        self._site.store.record.viewed(hold_id, shown["revision"], session.person.id)
        return shown

    def recipients(
        self,
        request: Request,
        hold_id: str,
        limit: Annotated[int, Query(ge=1, le=ROWS)] = ROWS,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Json:
        """The recipients with the relay's replies; addresses are masked."""
        session, _ = self._session(request)
        rows = self._site.store.holds.recipients(hold_id, limit=limit, offset=offset, viewer=session.person.id)
        return {
            "recipients": [
                {
                    "message_id": row.message_id,
                    "address": row.address,
                    "state": row.state.value,
                    "reply": row.reply,
                    "attempts": row.attempts,
                    "changed_at": show.iso(row.changed_at),
                }
                for row in rows
            ]
        }

    def record(self, request: Request, hold_id: str, form: Literal["csv", "json", "html"] = "json") -> Response:
        """The record of a hold to keep or print; for approvers, auditors and administrators."""
        session, _ = self._session(request)
        if session.person.role not in AUDIT_ROLES:
            raise Refusal(403, "not_auditor", self._site.texts(request)("refused.not_auditor"))
        text = written(self._site.store.dossiers.take([hold_id], session.person.id), form)
        name = f'attachment; filename="mailguard-record.{form}"'
        return Response(text, media_type=FORMATS[form], headers={"Content-Disposition": name})

    def decide(self, request: Request, hold_id: str, body: DecisionBody) -> Json:
        """Decide about the revision that was looked at; answers with the hold as it is then."""
        session, _ = self._changing(request)
        wish = Wish(
            Choice(body.choice),
            body.revision,
            body.reason,
            body.cap,
            body.false_positive,
            body.code,
            tuple(body.checked),
        )
        deciding.decide(self._site, self._site.texts(request), hold_id, session.person, wish)
        return self._view(request, session, hold_id)

    def answer(self, request: Request, hold_id: str, body: AnswerBody) -> Json:
        """Deliver late, or stop the rest, as it stood at a revision; answers with the hold as it is then."""
        session, _ = self._changing(request)
        wish = Wish(Choice(body.choice), body.revision, body.reason)
        resting.answer(self._site, self._site.texts(request), hold_id, session.person, wish)
        return self._view(request, session, hold_id)

    def release(self, request: Request) -> Json:
        """Whether approved mail goes out."""
        session, _ = self._session(request)
        store, pause = self._site.store, self._site.store.switch.state(session.person.id)
        return {
            "paused": pause is not None,
            "pause": {"name": pause.name or None, "reason": pause.reason or None, "at": show.iso(pause.at)}
            if pause
            else None,
            "hours": self._site.release.hours,
            "per_minute": self._site.release.per_minute,
            "messages": store.releases.open_count(session.person.id),
        }

    def switch(self, request: Request, body: SwitchBody) -> Json:
        """Pause or resume all releases."""
        session, _ = self._changing(request)
        if body.action == "pause":
            self._site.store.switch.pause(session.person.id, body.reason)
        else:
            self._site.store.switch.resume(session.person.id)
        return self.release(request)

    def _view(self, request: Request, session: Session, hold_id: str) -> Json:
        holds, t = self._site.store.holds, self._site.texts(request)
        view = holds.get(hold_id, session.person.id)
        pending = view.row.state is HoldState.PENDING
        refusal = deciding.barred(self._site, view, session.person)
        stopped = stops.of_hold(self._site, view.row, session.person)
        over = [] if stopped.through else stopped.stops
        operates = deciding.operates(view, session.person)
        pause = self._site.store.switch.state(session.person.id)
        return _hold(t, view, self._site.report) | {
            "differs": list(compared.of(self._site, t, self._site.store.campaigns.of(hold_id), [view]).codes),
            "may_decide": pending and refusal is None,
            "refusal": refusal,
            "may_answer": view.row.state is HoldState.RETURNED and operates,
            "may_withdraw": view.row.state in {HoldState.PENDING, HoldState.RETURNED} and operates,
            "checklist": [asdict(point) for point in holds.checklist(hold_id)] if pending else [],
            "route": routed.plain(t, view, session.person),
            "rest": _rest(resting.shown(self._site, t, view, session.person, pause, over)),
            "stops": [stop.id for stop in over],
            "deciders": [_person(person) for person in holds.deciders(hold_id)] if pending else [],
        }


def _person(person: Person) -> Json:
    return {"id": person.id, "name": person.name, "role": person.role, "organisation": person.organisation}


def _rest(shown: resting.Shown | None) -> Json | None:
    if shown is None:
        return None
    rest = shown.rest
    return {
        "messages": rest.messages,
        "recipients": rest.recipients,
        "may_still_pass": rest.room,
        "why": list(shown.lines),
        "asked_at": show.iso(rest.asked_at) if rest.asked_at else None,
        "may_deliver_late": shown.asked and shown.barred is None and not shown.agreed,
        "may_stop": shown.may_stop,
    }


def hold_row(t: Texts, row: HoldRow) -> Json:
    """One line of a list of holds."""
    return {
        "id": row.id,
        "state": row.state.value,
        "revision": row.revision,
        "source": {"id": row.source_id, "title": row.source_title},
        "subject": row.subject,
        "why": say.row_reason(t, row),
        "reasons": list(row.reasons),
        "persons": row.persons,
        "persons_exact": row.persons_exact,
        "counting": row.counting,
        "persons_least": row.persons_least if row.counting else None,
        "households": row.households,
        "recipients": row.recipients,
        "messages": row.messages,
        "first_seen": show.iso(row.first_seen),
        "last_seen": show.iso(row.last_seen),
        "expires_at": show.iso(row.expires_at),
        "approvals": row.approvals,
        "approvals_needed": row.approvals_needed,
        "rehearsal": row.rehearsal,
    }


def _hold(t: Texts, view: HoldView, report: Report) -> Json:
    inspection = view.inspection
    return hold_row(t, view.row) | {
        "why": say.headline(t, view),
        "law": law.said(t, view, report).lines,
        "legal": law.view_of(view, report).plain(),
        "findings": [finding_json(finding) for finding in inspection.findings],
        "problems": [problem_json(problem) for problem in inspection.problems],
        "parts": [part_json(part) for part in inspection.parts],
        "ruleset": inspection.ruleset,
        "decisions": [_decided(decided) for decided in view.decisions],
        "cap": view.cap,
        "used": view.used,
        "late_messages": view.late_messages,
        "operators": [_person(person) for person in view.operators],
        "progress": {
            "recipients": {state.value: count for state, count in view.progress.recipients.items()},
            "messages": {state.value: count for state, count in view.progress.messages.items()},
        },
    }


def _decided(decided: Decided) -> Json:
    return {
        "choice": decided.choice.value,
        "person": {"id": decided.person_id, "name": decided.person_name},
        "acting_for": {"id": decided.acting_for, "name": decided.acting_for_name} if decided.acting_for else None,
        "reason": decided.reason,
        "cap": decided.cap,
        "revision": decided.revision,
        "at": show.iso(decided.at),
        "code": decided.code or None,
        "checked": list(decided.checked),
        "seconds": decided.seconds,
        "hasty": decided.hasty,
    }
