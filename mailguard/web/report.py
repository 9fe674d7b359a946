"""Drafts of a report of a leak, by form and by the JSON API; the proof that a hold never left is among them.

In: a hold, the day of knowing, a receiver. Out: Japanese text to read, to print or to edit. For those who read the record;
each draft is an audit row. Nothing is sent.
"""

from datetime import date
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard import leak
from mailguard.store.views import Person
from mailguard.store.watched_mailings import WatchedMailing
from mailguard.web.deciding import Refusal
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.site import AUDIT_ROLES, Site

Typing = Annotated[str, StringConstraints(max_length=5000)]
SHEET = "/paper.css"
MOST = 500  # holds in one report


class ReportForm(BaseModel):
    """What the form on a hold sends; a box that is not ticked sends nothing."""

    csrf: Typing = ""
    known: Typing = ""
    to: Typing = ""
    wrongful: Typing = ""
    encrypted: Typing = ""
    form: Literal["html", "md"] = "html"


class Asked(Strict):
    """What a program asks. hold: further holds of the same leak."""

    hold: list[str] = Field([], max_length=MOST)
    known: date | None = None
    to: str = Field("", max_length=100)
    wrongful: bool = False
    encrypted: bool = False
    form: Literal["json", "html", "md"] = "json"


class ReportPages(Entrance):
    """Routes of drafts."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter()
        add = self.router.add_api_route
        add(SHEET, self.sheet, methods=["GET"], response_model=None)
        add("/holds/{hold_id}/report", self.draft, methods=["POST"], response_model=None)
        add("/holds/{hold_id}/report", self.back, methods=["GET"], response_model=None)
        add("/api/holds/{hold_id}/report", self.program, methods=["GET"], response_model=None)
        add("/monitored/{mailing_id}/report", self.draft_monitored, methods=["POST"], response_model=None)
        add("/api/monitored", self.monitored, methods=["GET"])
        add("/api/monitored/{mailing_id}/report", self.found_later, methods=["GET"], response_model=None)

    def sheet(self) -> Response:
        """The style of a draft, on the screen and on paper."""
        return Response(leak.STYLE, media_type="text/css; charset=utf-8")

    def draft(self, request: Request, hold_id: str, form: Annotated[ReportForm, Form()]) -> Response:
        """A page to read and to print, or a file to edit."""
        return self._drafted(request, form, [hold_id], [], f"/holds/{quote(hold_id)}")

    def draft_monitored(self, request: Request, mailing_id: str, form: Annotated[ReportForm, Form()]) -> Response:
        """The same about what only monitoring let pass."""
        return self._drafted(request, form, [], [mailing_id], f"/monitored/{quote(mailing_id)}")

    def _drafted(
        self, request: Request, form: ReportForm, holds: list[str], monitored: list[str], back: str
    ) -> Response:
        session = self._site.session(request)
        self._site.check_form(request, session.csrf, form.csrf)
        known = self._day(request, form.known)
        wish = leak.Wish(holds, known, form.to, bool(form.wrongful), bool(form.encrypted), monitored)
        papers = self._papers(request, session.person, wish)
        if form.form == "md":
            return _file(papers, "md")
        text = leak.written(papers, "html", sheet=SHEET, back=back, back_text=self._site.texts(request)("leak.back"))
        return Response(text, media_type=leak.FORMATS["html"])

    def back(self, hold_id: str) -> Response:
        """Where a reload leads: a draft is made by its form."""
        return RedirectResponse(f"/holds/{quote(hold_id)}#leak", 303)

    def program(self, request: Request, hold_id: str, asked: Annotated[Asked, Query()]) -> Response:
        """The same for programs."""
        session, _ = self._session(request)
        wish = leak.Wish([hold_id, *asked.hold], asked.known, asked.to, asked.wrongful, asked.encrypted)
        return _file(self._papers(request, session.person, wish), asked.form)

    def monitored(self, request: Request, days: Annotated[int, Query(ge=1, le=3_650)] = 14) -> dict[str, object]:
        """Mailings that only monitoring let pass, the newest first."""
        session, _ = self._session(request)
        self._reads(request, session.person)
        mailings = self._site.store.watched_mailings.days(days, session.person.id)
        return {"mailings": [_row(one) for one in mailings]}

    def found_later(self, request: Request, mailing_id: str, asked: Annotated[Asked, Query()]) -> Response:
        """A draft about one of them."""
        session, _ = self._session(request)
        wish = leak.Wish(asked.hold, asked.known, asked.to, asked.wrongful, asked.encrypted, [mailing_id])
        return _file(self._papers(request, session.person, wish), asked.form)

    def _reads(self, request: Request, person: Person) -> None:
        if person.role not in AUDIT_ROLES:
            raise Refusal(403, "not_auditor", self._site.texts(request)("refused.not_auditor"))

    def _papers(self, request: Request, person: Person, wish: leak.Wish) -> list[leak.Document]:
        self._reads(request, person)
        site = self._site
        case = leak.gathered(site.store, wish, site.reporting, site.report, person.id, site.clock())
        return leak.documents(case, wish.to)

    def _day(self, request: Request, text: str) -> date | None:
        try:
            return date.fromisoformat(text) if text.strip() else None
        except ValueError:
            raise Refusal(422, "known_bad", self._site.texts(request)("refused.known_bad")) from None


def _file(papers: list[leak.Document], form: str) -> Response:
    name = f'attachment; filename="mailguard-report.{form}"'
    return Response(leak.written(papers, form), media_type=leak.FORMATS[form], headers={"Content-Disposition": name})


def _row(one: WatchedMailing) -> dict[str, object]:
    summary = one.summary
    return {
        "id": one.id,
        "day": one.day,
        "source": one.source_id,
        "subject": summary.subject,
        "reasons": summary.reasons,
        "kinds": summary.kinds,
        "persons": summary.persons,
        "persons_exact": summary.exact,
        "households": summary.households,
        "recipients": one.recipients,
        "messages": one.messages,
    }
