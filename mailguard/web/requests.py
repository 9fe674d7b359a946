"""Mailings filed in advance (事前申請): the page and the API where operators file them, and everybody sees what became of them.

In: an operator's form or call, with the message as it will be sent. Out: a request; the hold that stands for it is decided like
any other. The message is taken as it is, and looked into by a scanner worker only.
"""

import base64
import binascii
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from fastapi import APIRouter
from pydantic import AwareDatetime, Field, StrictInt
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.errors import NotFoundError, RefusedError
from mailguard.store.calendar import TOKYO
from mailguard.store.requests import Filing, Requested
from mailguard.store.views import Session
from mailguard.web.alert import Alert
from mailguard.web.deciding import Refusal, number
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.guard import LARGE_BYTES
from mailguard.web.site import Site

FIELDS = ("source", "purpose", "recipients", "begins", "ends", "subject", "text")
FILES = 20
Json = dict[str, Any]

# What people file stays in memory: a file on disk would be clear text at rest.
MultiPartParser.spool_max_size = LARGE_BYTES


class FilingBody(Strict):
    """Body of POST /api/requests. message: base64 of the whole message, as it will be sent; times with their zone."""

    source: str = Field(max_length=100)
    purpose: str = Field(max_length=5000)
    recipients: StrictInt
    begins: AwareDatetime
    ends: AwareDatetime
    message: str


class RequestPages:
    """Routes under /requests."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        self.router.add_api_route("/requests", self.show, methods=["GET"], response_model=None)
        self.router.add_api_route("/requests", self.file, methods=["POST"], response_model=None)

    def show(self, request: Request, done: str = "") -> Response:
        """What was filed, and a form for who operates a source."""
        session = self._site.session(request)
        alert = Alert("good", self._site.texts(request)("done.filed")) if done == "filed" else None
        return self._page(request, session, alert)

    async def file(self, request: Request) -> Response:
        """File a mailing."""
        session = self._site.session(request)
        async with request.form(max_files=FILES, max_fields=20, max_part_size=LARGE_BYTES) as form:
            typed = {name: str(form.get(name) or "") for name in FIELDS}
            self._site.check_form(request, session.csrf, str(form.get("csrf") or ""))
            sample = await _sample(form, typed)
        begins, ends = _moment(typed["begins"]), _moment(typed["ends"])
        past = self._site.clock() - timedelta(days=1)
        filing = Filing(
            typed["source"], typed["purpose"], number(typed["recipients"]) or 0, begins or past, ends or past, sample
        )
        try:
            self._site.store.requests.file(session.person.id, filing)
        except (RefusedError, NotFoundError) as error:
            t, code = self._site.texts(request), getattr(error, "code", "request_not_operator")
            status = 403 if code == "request_not_operator" else 422
            title = t("alert.refused" if status == 403 else "alert.input")
            return self._page(request, session, Alert("bad", title, t.known("refused", code)), status, typed)
        return RedirectResponse("/requests?done=filed", 303)

    def _page(
        self,
        request: Request,
        session: Session,
        alert: Alert | None,
        status: int = 200,
        typed: dict[str, str] | None = None,
    ) -> Response:
        store = self._site.store
        return self._site.page(
            request,
            "requests.html",
            status=status,
            session=session,
            alert=alert,
            typed=typed or dict.fromkeys(FIELDS, ""),
            sources=[source for source in store.sources.all() if session.person.id in source.operators],
            filed=store.requests.all(viewer=session.person.id),
            now=self._site.clock(),
        )


class RequestApi(Entrance):
    """Routes under /api/requests."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter(prefix="/api/requests")
        self.router.add_api_route("", self.overview, methods=["GET"])
        self.router.add_api_route("", self.file, methods=["POST"], status_code=201)
        self.router.add_api_route("/{request_id}", self.one, methods=["GET"])

    def overview(self, request: Request) -> Json:
        """Requests, the newest first."""
        session, _ = self._session(request)
        return {"requests": [_json(one) for one in self._site.store.requests.all(viewer=session.person.id)]}

    def one(self, request: Request, request_id: str) -> Json:
        """One; its hold, once its message was inspected."""
        session, _ = self._session(request)
        return _json(self._site.store.requests.get(request_id, session.person.id))

    def file(self, request: Request, body: FilingBody) -> Json:
        """File a mailing."""
        session, _ = self._changing(request)
        t = self._site.texts(request)
        try:
            sample = base64.b64decode(body.message, validate=True)
            filing = Filing(body.source, body.purpose, body.recipients, body.begins, body.ends, sample)
            filed = self._site.store.requests.file(session.person.id, filing)
        except binascii.Error:
            raise Refusal(422, "request_sample_missing", t.known("refused", "request_sample_missing")) from None
        except RefusedError as error:
            status = 403 if error.code == "request_not_operator" else 422
            raise Refusal(status, error.code, t.known("refused", error.code)) from None
        return _json(self._site.store.requests.get(filed))


async def _sample(form: FormData, typed: dict[str, str]) -> bytes:
    """The message that was uploaded, or one made of subject, text and files."""
    whole = form.get("message")
    if isinstance(whole, UploadFile) and whole.size:
        return await whole.read()
    files = [item for item in form.getlist("files") if isinstance(item, UploadFile) and item.size]
    if not typed["text"].strip() and not files:
        return b""
    message = EmailMessage()
    message["Subject"] = " ".join(typed["subject"].split())
    message.set_content(typed["text"].replace("\r\n", "\n"))
    for item in files:
        name = (item.filename or "file").replace("\r", "").replace("\n", "")
        message.add_attachment(await item.read(), maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def _moment(text: str) -> datetime | None:
    """A time in Japan as a form gives it: 2026-11-24T10:00; None if it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=TOKYO)
    except ValueError:
        return None


def _json(one: Requested) -> Json:
    return {
        "id": one.id, "source": one.source_id, "source_title": one.source_title, "filed_by": one.person_id,
        "purpose": one.purpose, "recipients": one.recipients, "begins": one.begins_at.isoformat(),
        "ends": one.ends_at.isoformat(), "filed_at": one.filed_at.isoformat(), "failed": one.failed or None,
        "hold": one.hold_id or None, "state": one.state.value if one.state else None,
    }  # fmt: skip
