"""Who calls the JSON API: a bearer token, or a browser's cookie with its CSRF header. Base of the routes under /api."""

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from mailguard.store.views import Session
from mailguard.web.site import Site


class Strict(BaseModel):
    """A body with these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Entrance:
    """Base of routes: `_session` to look, `_changing` to change something."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def _session(self, request: Request, *, choosing: bool = False) -> tuple[Session, str]:
        token = _bearer(request) or self._site.token(request)
        return self._site.look_up(request, token, choosing=choosing), token

    def _changing(self, request: Request, *, choosing: bool = False) -> tuple[Session, str]:
        session, token = self._session(request, choosing=choosing)
        if not _bearer(request):
            # Only a cookie comes along by itself, so only then could another site have sent this.
            self._site.check_form(request, session.csrf, request.headers.get("x-csrf-token", ""))
        return session, token


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
