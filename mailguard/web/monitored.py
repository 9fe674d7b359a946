"""Mailings that only monitoring let pass: a list by day, and the details of one with a draft of a report about it.

In: a request of somebody who reads the record. Out: sums, kinds and masked subjects; nothing leads to a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.store.views import Session
from mailguard.store.watched_mailings import WatchedMailing
from mailguard.web import offer, say
from mailguard.web.deciding import Refusal
from mailguard.web.site import AUDIT_ROLES, Site
from mailguard.web.texts import Texts

DAYS = 14
SPANS = (DAYS, 90)


@dataclass(frozen=True, slots=True)
class Card:
    """One mailing, ready to print."""

    mailing: WatchedMailing
    source: str
    reasons: str
    persons: str


class MonitoredPages:
    """Routes under /monitored."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/monitored", self.overview, methods=["GET"], response_model=None)
        add("/monitored/{mailing_id}", self.one, methods=["GET"], response_model=None)
        add("/monitored/{mailing_id}/report", self.back, methods=["GET"], response_model=None)

    def overview(self, request: Request, days: Annotated[int, Query(ge=1, le=3_650)] = DAYS) -> Response:
        """What would have been held, the newest first."""
        session, t = self._reader(request), self._site.texts(request)
        found = self._site.store.watched_mailings.days(days, session.person.id)
        cards = self._cards(t, found)
        return self._site.page(request, "monitored.html", session=session, cards=cards, days=days, spans=SPANS)

    def one(self, request: Request, mailing_id: str) -> Response:
        """The details of one mailing."""
        session, t = self._reader(request), self._site.texts(request)
        mailing = self._site.store.watched_mailings.get(mailing_id, session.person.id)
        return self._site.page(
            request,
            "monitored_one.html",
            session=session,
            card=self._cards(t, [mailing])[0],
            mailing=mailing,
            leak=offer.offered(self._site),
        )

    def back(self, mailing_id: str) -> Response:
        """Where a reload of a draft leads: it is made by its form."""
        return RedirectResponse(f"/monitored/{quote(mailing_id)}", 303)

    def _reader(self, request: Request) -> Session:
        session = self._site.session(request)
        if session.person.role not in AUDIT_ROLES:
            raise Refusal(403, "not_auditor", self._site.texts(request)("refused.not_auditor"))
        return session

    def _cards(self, t: Texts, mailings: Sequence[WatchedMailing]) -> list[Card]:
        titles = {source.id: source.title for source in self._site.store.sources.all()}
        return [_card(t, mailing, titles.get(mailing.source_id, "")) for mailing in mailings]


def _card(t: Texts, mailing: WatchedMailing, title: str) -> Card:
    source = title or mailing.source_id or t("watched.undeclared")
    summary = mailing.summary
    reasons = t("reasons.separator").join(dict.fromkeys(say.reason(t, code) for code in summary.reasons))
    persons = say.persons(t, summary.persons, exact=summary.exact) if summary.persons else t.count("count.unknown", 0)
    return Card(mailing, source, reasons, persons)
