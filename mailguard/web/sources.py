"""The page of sending systems: whose mail, how it is known, who operates it, what is held.

In: a request of who sees changes. Out: all of them; for administrators forms that ask for a change, which waits for consent.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.model import Source, SourceMode
from mailguard.store.orders import AddSource, ChangeSource, Order, RemoveSource
from mailguard.store.sources import ID
from mailguard.web.alert import Alert
from mailguard.web.asking import Field, Refused, asked, checked, reader, told
from mailguard.web.site import Site

_NEW = Source("", "")
_Typing = Annotated[str, StringConstraints(max_length=20_000)]


class SourceForm(BaseModel):
    """What the form of a source sends; logins, networks and From domains: one in a line."""

    csrf: _Typing = ""
    id: _Typing = ""
    title: _Typing = ""
    mode: SourceMode = SourceMode.FINDINGS
    organisation: _Typing = ""
    operators: list[_Typing] = []
    logins: _Typing = ""
    networks: _Typing = ""
    from_domains: _Typing = ""

    @property
    def source(self) -> Source:
        """As it was typed."""
        return Source(
            self.id.strip(), self.title.strip(), tuple(self.operators), self.mode,
            self.organisation.strip(), _lines(self.logins), tuple(self.networks.split()), tuple(self.from_domains.split()),
        )  # fmt: skip


class SourcePages:
    """Routes under /sources."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/sources", self.show, methods=["GET"], response_model=None)
        add("/sources", self.add, methods=["POST"], response_model=None)
        add("/sources/change", self.change, methods=["POST"], response_model=None)
        add("/sources/remove", self.remove, methods=["POST"], response_model=None)
        add("/sources/{form}", self.back, methods=["GET"], response_model=None)

    def show(self, request: Request, done: str = "") -> Response:
        """All of them."""
        return self._page(request, told(self._site.texts(request), done))

    def add(self, request: Request, form: Annotated[SourceForm, Form()]) -> Response:
        """Ask for a new one."""
        return self._ask(request, form.csrf, AddSource.of(form.source), {"": form.source})

    def change(self, request: Request, form: Annotated[SourceForm, Form()]) -> Response:
        """Ask for one to be as the form says."""
        return self._ask(request, form.csrf, ChangeSource.of(form.source), {form.source.id: form.source})

    def remove(self, request: Request, csrf: Field = "", source: Field = "") -> Response:
        """Ask for one to recognise no mail any more."""
        return self._ask(request, csrf, RemoveSource(source), {})

    def back(self, form: str) -> Response:
        """Where a reload of a refused form leads."""
        del form
        return RedirectResponse("/sources", 303)

    def _ask(self, request: Request, csrf: str, order: Order, typed: dict[str, Source]) -> Response:
        answer = asked(self._site, request, checked(self._site, request, csrf), order, "sources.taken")
        if isinstance(answer, Refused):
            return self._page(request, answer.alert, answer.status, typed)
        return RedirectResponse(f"/sources?done={answer}", 303)

    def _page(
        self, request: Request, alert: Alert | None, status: int = 200, typed: dict[str, Source] | None = None
    ) -> Response:
        session, store = reader(self._site, request), self._site.store
        return self._site.page(
            request,
            "sources.html",
            status=status,
            session=session,
            alert=alert,
            sources=store.sources.all(),
            folk=store.people.all(),
            modes=tuple(SourceMode),
            longest=ID,
            may_ask=session.person.role == "administrator",
            new=_NEW,
            typed=typed or {},
        )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
