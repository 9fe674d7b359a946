"""One part of a hold: its masks for whoever sees the hold, its values and its file for who may approve it, with a reason.

In: a number in the tree of parts. Out: a page, or the file as an attachment; nothing of it is kept by the browser (no-store).
What is shown in the clear comes from a scanner worker; each look is recorded before it is answered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field, StrictInt, StringConstraints
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.errors import ConflictError, RefusedError, ScannerBusyError
from mailguard.inspect.look import ROWS, Bytes, Rows
from mailguard.model import PartPath
from mailguard.store.kept_messages import KeptMessage
from mailguard.store.part_views import Look, OpenedPart, PartView
from mailguard.web import deciding, say, show
from mailguard.web.alert import Alert
from mailguard.web.deciding import Refusal
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.site import Site
from mailguard.web.texts import Texts

Json = dict[str, Any]
_Answer = TypeVar("_Answer", Rows, Bytes)
Typing = Annotated[str, StringConstraints(max_length=2000)]


class Opens(Protocol):
    """Opens a part in a worker."""

    async def rows(self, contents: Sequence[bytes], path: PartPath, key: bytes, offset: int) -> Rows:
        """Rows with findings."""

    async def file(self, contents: Sequence[bytes], path: PartPath, key: bytes) -> Bytes:
        """The file."""


class LookBody(Strict):
    """Body of a look: the revision that is shown, and why. message: the one to look into; "" looks through several."""

    revision: StrictInt
    reason: str = Field("", max_length=2000)
    offset: Annotated[StrictInt, Field(ge=0, le=10_000)] = 0
    message: str = Field("", max_length=100)


class LookForm(BaseModel):
    """The same as a browser sends it."""

    revision: int
    csrf: Typing = ""
    reason: Typing = ""
    message: Typing = ""
    offset: Annotated[int, Field(ge=0, le=10_000)] = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to look at what, and why."""

    hold_id: str
    part: int
    person_id: str
    revision: int
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Clear:
    """Rows in the clear on one answer; offset: of those before; reason, message: for the next ones."""

    rows: Rows
    offset: int
    reason: str
    message: str = ""

    @property
    def following(self) -> int:
        """Where the next rows begin; 0: there are none."""
        return self.offset + ROWS if self.rows.total > self.offset + ROWS else 0


class Looking:
    """What page and API share: raises Refusal."""

    def __init__(self, site: Site, opener: Opens | None) -> None:
        self._site, self._opener = site, opener

    async def rows(self, t: Texts, wish: Wish, offset: int) -> Rows:
        """Rows with findings, in the clear."""
        opener = self._opener_of(t)
        opened = await self._open(t, wish, Look.UNMASKED)
        return await self._answered(t, opener.rows(opened.contents, opened.info.path, opened.key, offset))

    async def file(self, t: Texts, wish: Wish) -> Response:
        """The file as an attachment, of no type that a browser would open."""
        opener, part = self._opener_of(t), wish.part
        opened = await self._open(t, wish, Look.DOWNLOADED)
        found = await self._answered(t, opener.file(opened.contents, opened.info.path, opened.key))
        name = opened.info.path[-1].rpartition("/")[2] or "part"
        headers = {
            "Content-Disposition": f"attachment; filename=\"part-{part}\"; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return Response(found.data, media_type="application/octet-stream", headers=headers)

    def _opener_of(self, t: Texts) -> Opens:
        if self._opener is None:
            raise Refusal(503, "cannot_open", t("refused.cannot_open"))
        return self._opener

    async def _open(self, t: Texts, wish: Wish, kind: Look) -> OpenedPart:
        views, hold_id, revision = self._site.store.part_views, wish.hold_id, wish.revision
        try:
            return await asyncio.to_thread(
                views.open, hold_id, wish.part, wish.person_id, kind,
                revision=revision, reason=wish.reason, message=wish.message,
            )  # fmt: skip
        except RefusedError as error:
            deciding.refuse(t, error.code)
        except ConflictError:
            view = await asyncio.to_thread(self._site.store.holds.get, hold_id)
            raise Refusal(409, "conflict", say.changed(t, view, revision)) from None

    async def _answered(self, t: Texts, asked: Awaitable[_Answer]) -> _Answer:
        try:
            answer = await asked
        except ScannerBusyError:
            raise Refusal(503, "cannot_open", t("refused.cannot_open")) from None
        if not answer.found:
            raise Refusal(404, "not_opened", t("refused.not_opened"))
        return answer


class PartPages:
    """Routes under /holds/…/parts."""

    def __init__(self, site: Site, opener: Opens | None) -> None:
        self._site, self._looking = site, Looking(site, opener)
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/holds/{hold_id}/parts/{part}", self.one, methods=["GET"], response_model=None)
        add("/holds/{hold_id}/parts/{part}/unmask", self.unmask, methods=["POST"], response_model=None)
        add("/holds/{hold_id}/parts/{part}/download", self.download, methods=["POST"], response_model=None)
        add("/holds/{hold_id}/parts/{part}/unmask", self.back, methods=["GET"], response_model=None)
        add("/holds/{hold_id}/parts/{part}/download", self.back, methods=["GET"], response_model=None)

    def one(self, request: Request, hold_id: str, part: int) -> Response:
        """The masks of one part."""
        return self._page(request, hold_id, part)

    def back(self, hold_id: str, part: int) -> Response:
        """Where a reload of what was shown leads: it is not shown twice for one reason."""
        return RedirectResponse(f"/holds/{quote(hold_id)}/parts/{part}", 303)

    async def unmask(self, request: Request, hold_id: str, part: int, form: Annotated[LookForm, Form()]) -> Response:
        """Rows with findings, in the clear, on this one answer."""

        async def look(t: Texts, person_id: str) -> Response:
            wish = Wish(hold_id, part, person_id, form.revision, form.reason, form.message)
            rows = await self._looking.rows(t, wish, form.offset)
            clear = Clear(rows, form.offset, form.reason, form.message)
            return await asyncio.to_thread(self._page, request, hold_id, part, clear)

        return await self._look(request, hold_id, part, form.csrf, look)

    async def download(self, request: Request, hold_id: str, part: int, form: Annotated[LookForm, Form()]) -> Response:
        """The file of a part."""

        async def look(t: Texts, person_id: str) -> Response:
            return await self._looking.file(t, Wish(hold_id, part, person_id, form.revision, form.reason, form.message))

        return await self._look(request, hold_id, part, form.csrf, look)

    async def _look(
        self, request: Request, hold_id: str, part: int, csrf: str, look: Callable[[Texts, str], Awaitable[Response]]
    ) -> Response:
        session = await asyncio.to_thread(self._site.session, request)
        self._site.check_form(request, session.csrf, csrf)
        t = self._site.texts(request)
        try:
            return await look(t, session.person.id)
        except Refusal as refusal:
            alert = Alert("bad", t("alert.refused.look"), refusal.text)
            return await asyncio.to_thread(self._page, request, hold_id, part, alert=alert, status=refusal.status)

    def _page(
        self,
        request: Request,
        hold_id: str,
        part: int,
        clear: Clear | None = None,
        *,
        alert: Alert | None = None,
        status: int = 200,
    ) -> Response:
        session, t = self._site.session(request), self._site.texts(request)
        store = self._site.store
        view, info = (
            store.holds.get(hold_id, session.person.id),
            store.part_views.viewed(hold_id, part, session.person.id),
        )
        inspection = view.inspection
        return self._site.page(
            request,
            "part.html",
            status=status,
            session=session,
            alert=alert,
            row=view.row,
            number=part,
            info=info,
            path=show.path(t, info.path),
            size=show.size(t, info.size),
            findings=[finding for finding in inspection.findings if finding.path == info.path],
            problems=[problem for problem in inspection.problems if problem.path == info.path],
            barred=deciding.barred(self._site, view, session.person),
            clear=clear,
            choices=store.part_views.messages(hold_id) if view.row.messages > 1 else [],
            looks=[look for look in store.part_views.of(hold_id) if look.part == part],
        )


class PartApi(Entrance):
    """The same for programs."""

    def __init__(self, site: Site, opener: Opens | None) -> None:
        super().__init__(site)
        self._looking = Looking(site, opener)
        self.router = APIRouter(prefix="/api/holds")
        add = self.router.add_api_route
        add("/{hold_id}/views", self.views, methods=["GET"])
        add("/{hold_id}/messages", self.messages, methods=["GET"])
        add("/{hold_id}/parts/{part}/unmask", self.unmask, methods=["POST"])
        add("/{hold_id}/parts/{part}/download", self.download, methods=["POST"], response_model=None)

    def views(self, request: Request, hold_id: str) -> Json:
        """Who opened what of a hold."""
        session, _ = self._session(request)
        return {"views": [_view(one) for one in self._site.store.part_views.of(hold_id, session.person.id)]}

    def messages(self, request: Request, hold_id: str) -> Json:
        """Messages of a hold that can be chosen for a look."""
        session, _ = self._session(request)
        return {"messages": [_kept(one) for one in self._site.store.part_views.messages(hold_id, session.person.id)]}

    async def unmask(self, request: Request, hold_id: str, part: int, body: LookBody) -> Json:
        """Rows with findings, in the clear."""
        session, _ = await asyncio.to_thread(self._changing, request)
        t = self._site.texts(request)
        wish = Wish(hold_id, part, session.person.id, body.revision, body.reason, body.message)
        rows = await self._looking.rows(t, wish, body.offset)
        return {"head": list(rows.head), "rows": [list(row) for row in rows.rows], "total": rows.total}

    async def download(self, request: Request, hold_id: str, part: int, body: LookBody) -> Response:
        """The file of a part."""
        session, _ = await asyncio.to_thread(self._changing, request)
        t = self._site.texts(request)
        return await self._looking.file(
            t, Wish(hold_id, part, session.person.id, body.revision, body.reason, body.message)
        )


def _view(one: PartView) -> Json:
    return {
        "part": one.part,
        "kind": one.kind.value,
        "person": one.person_name,
        "revision": one.revision,
        "reason": one.reason,
        "at": show.iso(one.at),
        "message": one.message or None,
    }


def _kept(one: KeptMessage) -> Json:
    return {
        "id": one.id,
        "received_at": show.iso(one.received_at),
        "recipients": one.recipients,
        "first_recipient": one.address,
        "brought_something_new": one.brought,
    }
