"""A person's own password: the page and the call that change it.

In: the password of now, a new one twice. Out: a new session; all others of this person have ended. Who was given a password
by somebody else sees no other page before.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import Field as Limited
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.errors import ConflictError, RefusedError
from mailguard.store.passwords import PASSWORD
from mailguard.store.views import Session
from mailguard.web.alert import Alert
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.site import Site, client

Field = Annotated[str, Form(max_length=1000)]


class ChosenBody(Strict):
    """Body of a new password."""

    old: str = Limited(max_length=1000)
    new: str = Limited(max_length=1000)


class PasswordPages(Entrance):
    """Routes /password and /api/password."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/password", self.show, methods=["GET"], response_model=None)
        add("/password", self.change, methods=["POST"], response_model=None)
        add("/api/password", self.by_api, methods=["POST"], response_model=None)

    def show(self, request: Request, done: str = "") -> Response:
        """The form."""
        session = self._site.session(request, choosing=True)
        alert = Alert("good", self._site.texts(request)("done.password")) if done else None
        return self._page(request, session, alert)

    def change(
        self, request: Request, old: Field = "", new: Field = "", again: Field = "", csrf: Field = ""
    ) -> Response:
        """Change it; this browser stays logged in."""
        site, session = self._site, self._site.session(request, choosing=True)
        site.check_form(request, session.csrf, csrf)
        if new != again:
            return self._refused(request, session, "password_again")
        try:
            token = self._chosen(request, session, old, new)
        except RefusedError as error:
            return self._refused(request, session, error.code)
        except ConflictError:
            return RedirectResponse("/login", 303)
        answer = RedirectResponse("/holds" if session.person.given else "/password?done=1", 303)
        site.set_cookie(answer, "session", token, int(site.settings.session_hours * 3600))
        return answer

    def by_api(self, request: Request, body: ChosenBody) -> dict[str, Any]:
        """Change it; answers with the token of a new session."""
        session, _ = self._changing(request, choosing=True)
        return {"token": self._chosen(request, session, body.old, body.new)}

    def _chosen(self, request: Request, session: Session, old: str, new: str) -> str:
        store, person = self._site.store, session.person
        store.people.choose_password(person.id, old, new, client(request))
        return store.sessions.create(person.id, self._site.settings.session_hours)

    def _refused(self, request: Request, session: Session, code: str) -> Response:
        t = self._site.texts(request)
        alert = Alert("bad", t("password.refused"), t.known("refused", code))
        return self._page(request, session, alert, 429 if code == "throttled" else 403)

    def _page(self, request: Request, session: Session, alert: Alert | None, status: int = 200) -> Response:
        return self._site.page(request, "password.html", status=status, session=session, alert=alert, least=PASSWORD)
