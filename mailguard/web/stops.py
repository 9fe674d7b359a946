"""The page of emergency stops, and what a hold's page says of them.

In: a logged-in person's request. Out: what stands still, to everybody; forms to whom the store lets use them. Nothing ends a
stop but two people.
"""

from dataclasses import dataclass
from typing import Annotated, NoReturn
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import HoldState
from mailguard.store import Store
from mailguard.store.let_through import LetThrough
from mailguard.store.schema.emergency import Scope
from mailguard.store.stops import Stop
from mailguard.store.views import HoldRow, Person, Session
from mailguard.web.alert import Alert
from mailguard.web.deciding import REASON_CHARACTERS, Refusal
from mailguard.web.site import Site
from mailguard.web.texts import Texts

Field = Annotated[str, Form(max_length=5000)]
DONE = frozenset({"stop_begun", "stop_asked", "stop_ended"})
INPUT = frozenset({"stop_reason_missing", "exception_reason_missing", "reason_long"})


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a hold's page says: the stops over it, what was asked to let it through, and what this reader may do."""

    stops: list[Stop]
    letting: list[LetThrough]
    may_stop: bool
    may_let: bool
    asked: bool
    mine: bool
    through: bool


def begin(store: Store, person_id: str, scope: str, source_id: str, hold_id: str, reason: str) -> Stop:
    """A stop of any scope; raises what the store raises."""
    if scope == Scope.ALL.value:
        return store.stops.stop_all(person_id, reason)
    if scope == Scope.SOURCE.value:
        return store.stops.stop_source(person_id, source_id, reason)
    return store.stops.stop_campaign(person_id, hold_id, reason)


def of_hold(site: Site, row: HoldRow, person: Person) -> Stopped:
    """What stands of a hold."""
    store = site.store
    over = store.stops.over(row.id, person.id)
    letting = store.let_through.of(row.id) if over else []
    agreed = {one.stop_id for one in letting if one.agreed_at}
    waiting = [one for one in letting if not one.agreed_at]
    approver = person.enabled and person.role == "approver"
    may_let = bool(over) and row.state is HoldState.APPROVED and store.holds.may_decide(row.id, person.id) is None
    return Stopped(
        over,
        letting,
        may_stop=approver and not any(stop.scope is Scope.CAMPAIGN for stop in over),
        may_let=may_let,
        asked=bool(waiting),
        mine=any(one.asked_by == person.id for one in waiting),
        through=bool(over) and all(stop.id in agreed for stop in over),
    )


def of_campaign(site: Site, first_hold: str, person: Person) -> tuple[list[Stop], bool]:
    """The stops over a campaign, and whether this reader may stop it."""
    over = site.store.stops.over(first_hold, person.id)
    approver = person.enabled and person.role == "approver"
    return over, approver and not any(stop.scope is Scope.CAMPAIGN for stop in over)


class StopPages:
    """Routes under /stops."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/stops", self.show, methods=["GET"], response_model=None)
        add("/stops/begin", self.begin, methods=["POST"], response_model=None)
        add("/stops/{stop_id}/ask", self.ask, methods=["POST"], response_model=None)
        add("/stops/{stop_id}/agree", self.agree, methods=["POST"], response_model=None)
        add("/stops/holds/{hold_id}/ask", self.ask_through, methods=["POST"], response_model=None)
        add("/stops/holds/{hold_id}/agree", self.agree_through, methods=["POST"], response_model=None)
        add("/stops/{rest:path}", self.back, methods=["GET"], response_model=None)

    def show(self, request: Request, done: str = "") -> Response:
        """What is stopped, by whom and why."""
        session = self._site.session(request)
        t = self._site.texts(request)
        return self._page(request, session, Alert("good", t(f"done.{done}")) if done in DONE else None)

    def begin(
        self,
        request: Request,
        csrf: Field = "",
        scope: Field = "",
        source: Field = "",
        hold: Field = "",
        reason: Field = "",
    ) -> Response:
        """Stop at once; without a scope the source that was chosen, or all mail."""
        session = self._genuine(request, csrf)
        scope = scope or (Scope.SOURCE if source else Scope.ALL).value
        try:
            self._reason(request, reason)
            begin(self._site.store, session.person.id, scope, source, hold.strip(), reason)
        except (RefusedError, ConflictError, NotFoundError, Refusal) as error:
            return self._refused(request, session, error, reason)
        return RedirectResponse("/stops?done=stop_begun", 303)

    def ask(self, request: Request, stop_id: str, csrf: Field = "", reason: Field = "") -> Response:
        """The first of two wants to go on."""
        session = self._genuine(request, csrf)
        try:
            self._reason(request, reason)
            self._site.store.stops.ask_end(session.person.id, stop_id, reason)
        except (RefusedError, ConflictError, Refusal) as error:
            return self._refused(request, session, error, reason)
        return RedirectResponse("/stops?done=stop_asked", 303)

    def agree(self, request: Request, stop_id: str, csrf: Field = "") -> Response:
        """The second one agrees."""
        session = self._genuine(request, csrf)
        try:
            self._site.store.stops.agree_end(session.person.id, stop_id)
        except (RefusedError, ConflictError) as error:
            return self._refused(request, session, error)
        return RedirectResponse("/stops?done=stop_ended", 303)

    def ask_through(self, request: Request, hold_id: str, csrf: Field = "", reason: Field = "") -> Response:
        """The first of two wants one hold to go out in spite of the stop."""
        session = self._genuine(request, csrf)
        try:
            self._reason(request, reason)
            self._site.store.let_through.ask(hold_id, session.person.id, reason)
        except (RefusedError, ConflictError, Refusal) as error:
            return self._refused(request, session, error)
        return RedirectResponse(f"/holds/{quote(hold_id)}?done=let_asked", 303)

    def agree_through(self, request: Request, hold_id: str, csrf: Field = "") -> Response:
        """The second one agrees."""
        session = self._genuine(request, csrf)
        try:
            self._site.store.let_through.agree(hold_id, session.person.id)
        except (RefusedError, ConflictError) as error:
            return self._refused(request, session, error)
        return RedirectResponse(f"/holds/{quote(hold_id)}?done=let_through", 303)

    def back(self, rest: str) -> Response:
        """Where a reload of a refused form leads."""
        del rest
        return RedirectResponse("/stops", 303)

    def _genuine(self, request: Request, csrf: str) -> Session:
        session = self._site.session(request)
        self._site.check_form(request, session.csrf, csrf)
        return session

    def _reason(self, request: Request, reason: str) -> None:
        if len(reason) > REASON_CHARACTERS:
            _too_long(self._site.texts(request))

    def _refused(self, request: Request, session: Session, error: Exception, reason: str = "") -> Response:
        t = self._site.texts(request)
        if isinstance(error, NotFoundError):
            return self._page(request, session, Alert("bad", t("alert.input"), t("stops.unknown")), 422, reason)
        if isinstance(error, ConflictError):
            return self._page(request, session, Alert("bad", t("switch.stale"), t("switch.stale.remedy")), 409, reason)
        assert isinstance(error, RefusedError | Refusal)
        status = 422 if error.code in INPUT else 403
        title = t("alert.input" if status == 422 else "stops.refused")
        return self._page(request, session, Alert("bad", title, t.known("refused", error.code)), status, reason)

    def _page(
        self, request: Request, session: Session, alert: Alert | None, status: int = 200, reason: str = ""
    ) -> Response:
        store, person = self._site.store, session.person
        return self._site.page(
            request,
            "stops.html",
            status=status,
            session=session,
            alert=alert,
            reason=reason,
            may=person.enabled and person.role == "approver",
            may_all=store.stops.may_all(person.id),
            me=person.id,
            sources=store.sources.all(person.id),
            waiting=store.releases.open_count(person.id),
            active=store.stops.active(person.id),
            ended=[stop for stop in store.stops.recent(viewer=person.id) if stop.ended_at],
        )


def _too_long(t: Texts) -> NoReturn:
    raise Refusal(422, "reason_long", t("refused.reason_long"))
