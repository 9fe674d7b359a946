"""The page that stops all releases, and starts them again.

In: a logged-in person's request. Out: the state of the releases, to everybody; a button to whom the store lets press it.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.config.opening import Opening
from mailguard.errors import ConflictError, RefusedError
from mailguard.store.switch import ROLES
from mailguard.store.views import Person, Session
from mailguard.web.alert import Alert
from mailguard.web.deciding import INPUT, REASON_CHARACTERS
from mailguard.web.site import Site

Field = Annotated[str, Form(max_length=5000)]


class SwitchPages:
    """Routes under /release."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/release", self.show, methods=["GET"], response_model=None)
        add("/release/{form}", self.back, methods=["GET"], response_model=None)
        add("/release/pause", self.pause, methods=["POST"], response_model=None)
        add("/release/resume", self.resume, methods=["POST"], response_model=None)

    def show(self, request: Request, done: str = "") -> Response:
        """Whether mail goes out, when it does, and what waits."""
        session = self._site.session(request)
        t = self._site.texts(request)
        alert = Alert("good", t(f"done.{done}")) if done in {"paused", "resumed"} else None
        return self._page(request, session, alert)

    def pause(self, request: Request, csrf: Field = "", reason: Field = "") -> Response:
        """Stop everything whose final dot has not gone out."""
        session = self._genuine(request, csrf)
        if len(reason) > REASON_CHARACTERS:
            return self._refused(request, session, "reason_long", reason)
        try:
            self._site.store.switch.pause(session.person.id, reason)
        except RefusedError as error:
            return self._refused(request, session, error.code, reason)
        except ConflictError:
            return self._changed(request, session)
        return RedirectResponse("/release?done=paused", 303)

    def resume(self, request: Request, csrf: Field = "") -> Response:
        """Go on."""
        session = self._genuine(request, csrf)
        try:
            self._site.store.switch.resume(session.person.id)
        except RefusedError as error:
            return self._refused(request, session, error.code)
        except ConflictError:
            return self._changed(request, session)
        return RedirectResponse("/release?done=resumed", 303)

    def back(self, form: str) -> Response:
        """Where a reload of a refused form leads."""
        del form
        return RedirectResponse("/release", 303)

    def _genuine(self, request: Request, csrf: str) -> Session:
        session = self._site.session(request)
        self._site.check_form(request, session.csrf, csrf)
        return session

    def _refused(self, request: Request, session: Session, code: str, reason: str = "") -> Response:
        t, status = self._site.texts(request), 422 if code in INPUT else 403
        title = t("alert.input" if status == 422 else "switch.refused")
        return self._page(request, session, Alert("bad", title, t.known("refused", code)), status, reason)

    def _changed(self, request: Request, session: Session) -> Response:
        t = self._site.texts(request)
        return self._page(request, session, Alert("bad", t("switch.stale"), t("switch.stale.remedy")), 409)

    def _page(
        self, request: Request, session: Session, alert: Alert | None, status: int = 200, reason: str = ""
    ) -> Response:
        store, settings = self._site.store, self._site.release
        opening, now = Opening.of(settings.hours), self._site.clock()
        return self._site.page(
            request,
            "switch.html",
            status=status,
            session=session,
            alert=alert,
            reason=reason,
            may=may(session.person),
            hours=settings.hours,
            opens_at=None if opening.open(now) else opening.opens_at(now),
            per_minute=settings.per_minute,
            waiting=store.releases.open_count(session.person.id),
            pauses=store.switch.recent(viewer=session.person.id),
        )


def may(person: Person) -> bool:
    """Whether the buttons are shown; the store decides again."""
    return person.enabled and person.role in ROLES and not person.organisation
