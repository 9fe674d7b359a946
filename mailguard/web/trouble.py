"""Errors as pages and as problem details (RFC 9457): what happened, what to do; never a traceback.

In: an exception or a status. Out: a response in plain words, in the reader's language.
"""

from collections.abc import Callable
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from mailguard.errors import ConflictError, NotFoundError, RefusedError, StoreError
from mailguard.web.deciding import Refusal
from mailguard.web.site import ForgedError, LoginNeededError, PasswordNeededError, Site

STATUSES = frozenset({400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503})
CODES = {
    401: "login_needed",
    403: "forged",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    422: "invalid",
    503: "store",
}
CAUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (StoreError, 503),
    (ForgedError, 403),
    (RequestValidationError, 422),
)


class Trouble:
    """Makes the answers; knows the site only for its templates and language."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def install(self, app: FastAPI) -> None:
        """Register a handler for every error that a route may raise."""
        for cause, status in CAUSES:
            app.add_exception_handler(cause, self._with(status))
        app.add_exception_handler(LoginNeededError, self._login)
        app.add_exception_handler(PasswordNeededError, self._password)
        app.add_exception_handler(HTTPException, self._http)
        app.add_exception_handler(RefusedError, self._refused)
        app.add_exception_handler(Refusal, self._refused)

    def answer(self, request: Request, status: int, error_id: str = "", *, code: str = "", text: str = "") -> Response:
        """A page, or problem details under /api."""
        status = status if status in STATUSES else 400 if status < 500 else 500
        t = self._site.texts(request)
        title, remedy = t(f"trouble.{status}"), t(f"trouble.{status}.help", id=error_id)
        if request.url.path.startswith("/api/"):
            body = {
                "type": "about:blank",
                "title": title,
                "status": status,
                "code": code or CODES.get(status, "error"),
                "text": text or remedy,
            }
            return JSONResponse(body, status, media_type="application/problem+json")
        return self._site.page(request, "trouble.html", status=status, title=title, remedy=text or remedy)

    def _with(self, status: int) -> Callable[[Request, Exception], Response]:
        return lambda request, _: self.answer(request, status)

    def _http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return self.answer(request, error.status_code)

    def _refused(self, request: Request, error: Exception) -> Response:
        if isinstance(error, Refusal):
            return self.answer(request, error.status, code=error.code, text=error.text)
        assert isinstance(error, RefusedError)
        status = 429 if error.code == "throttled" else 403
        return self.answer(
            request, status, code=error.code, text=self._site.texts(request).known("refused", error.code)
        )

    def _password(self, request: Request, error: Exception) -> Response:
        del error
        if request.url.path.startswith("/api/"):
            text = self._site.texts(request)("refused.password_given")
            return self.answer(request, 403, code="password_given", text=text)
        return RedirectResponse("/password", 303)

    def _login(self, request: Request, error: Exception) -> Response:
        del error
        if request.url.path.startswith("/api/"):
            answer = self.answer(request, 401)
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
            # A link in a notice, opened from webmail: SameSite=Strict keeps the cookie back. One step from our own page brings it.
            return self._site.page(request, "continue.html", goal=here)
        return RedirectResponse(f"/login?next={quote(here)}" if request.method == "GET" else "/login", 303)
