"""Log in, log out, and the language of the page.

In: a form with login name and password. Out: a session cookie. The session token is always new: one that a browser
brought along is ended, never taken over.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.errors import RefusedError
from mailguard.web.site import TOKEN_CHARACTERS, LoginNeededError, Site, client, local, new_token
from mailguard.web.texts import CATALOGUES

FORM_SECONDS = 3600
YEAR_SECONDS = 365 * 24 * 3600
Field = Annotated[str, Form(max_length=1000)]


class LoginPages:
    """The routes before and after a session."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/login", self.show, methods=["GET"], response_model=None)
        add("/login", self.log_in, methods=["POST"], response_model=None)
        add("/logout", self.log_out, methods=["POST"], response_model=None)
        add("/language/{language}", self.language, methods=["GET"], response_model=None)

    def show(self, request: Request, next: str = "/holds", out: str = "") -> Response:  # noqa: A002 - the public name in the URL
        """The login form."""
        return self._form(request, next, notice="login.out" if out else "")

    def log_in(
        self,
        request: Request,
        login: Field = "",
        password: Field = "",
        csrf: Field = "",
        next: Field = "/holds",  # noqa: A002 - the public name in the form
    ) -> Response:
        """Check the password; the same answer for an unknown login and a wrong password."""
        site = self._site
        site.check_form(request, request.cookies.get(site.cookie("form"), ""), csrf)
        try:
            person = site.store.people.authenticate(login.strip(), password, client(request))
        except RefusedError:
            return self._form(request, next, status=429, error="login.throttled", login=login)
        if person is None:
            return self._form(request, next, status=401, error="login.wrong", login=login)
        if old := site.token(request):
            site.store.sessions.delete(old)
        token = site.store.sessions.create(person.id, site.settings.session_hours)
        answer = RedirectResponse(local(next), 303)
        site.set_cookie(answer, "session", token, int(site.settings.session_hours * 3600))
        site.drop_cookie(answer, "form")
        return answer

    def log_out(self, request: Request, csrf: Field = "") -> Response:
        """End the session in the store, not only in the browser."""
        site = self._site
        try:
            site.check_form(request, site.session(request, choosing=True).csrf, csrf)
        except LoginNeededError:
            return RedirectResponse("/login", 303)
        site.store.sessions.delete(site.token(request))
        answer = RedirectResponse("/login?out=1", 303)
        site.drop_cookie(answer, "session")
        return answer

    def language(self, language: str, back: str = "/holds") -> Response:
        """Remember the reader's choice of language."""
        answer = RedirectResponse(local(back), 303)
        if language in CATALOGUES:
            self._site.set_cookie(answer, "language", language, YEAR_SECONDS)
        return answer

    def _form(
        self, request: Request, goal: str, *, status: int = 200, error: str = "", notice: str = "", login: str = ""
    ) -> Response:
        # The same token for every tab of this browser; another site can neither read nor send it.
        known = request.cookies.get(self._site.cookie("form"), "")
        token = known if len(known) == TOKEN_CHARACTERS else new_token()
        answer = self._site.page(
            request,
            "login.html",
            status=status,
            error=error,
            notice=notice,
            login=login,
            next=local(goal),
            form_token=token,
        )
        self._site.set_cookie(answer, "form", token, FORM_SECONDS)
        return answer
