"""The page of changes that wait for a second person's consent.

In: a logged-in person's request. Out: what was asked for, before and after; a button to whom the store lets consent.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.errors import ConflictError, RefusedError
from mailguard.store.changes import WAITING, Change
from mailguard.store.orders import Fact
from mailguard.store.views import Session
from mailguard.web.alert import Alert
from mailguard.web.site import Site
from mailguard.web.texts import Texts

Field = Annotated[str, Form(max_length=5000)]
CODED = {
    "password": "password",
    "role": "role",
    "mode": "mode",
    "enabled": "yes",
    "monitor": "yes",
    "retention.confirm": "yes",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One change, ready to print. barred: why this reader cannot consent; may_take_back: the reader asked for it."""

    change: Change
    asker: str
    decider: str
    barred: str | None
    may_take_back: bool


class ChangePages:
    """Routes under /changes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/changes", self.show, methods=["GET"], response_model=None)
        add("/changes/{change_id}/{form}", self.back, methods=["GET"], response_model=None)
        add("/changes/{change_id}/agree", self.agree, methods=["POST"], response_model=None)
        add("/changes/{change_id}/refuse", self.refuse, methods=["POST"], response_model=None)

    def show(self, request: Request, done: str = "") -> Response:
        """What waits, then what was decided."""
        session = self._site.session(request)
        t = self._site.texts(request)
        alert = Alert("good", t(f"done.change.{done}")) if done in {"agreed", "refused"} else None
        return self._page(request, session, alert)

    def agree(self, request: Request, change_id: str, csrf: Field = "") -> Response:
        """Consent; it takes effect."""
        return self._decide(request, change_id, csrf, agree=True)

    def refuse(self, request: Request, change_id: str, csrf: Field = "") -> Response:
        """Refuse, or take back."""
        return self._decide(request, change_id, csrf, agree=False)

    def back(self, change_id: str, form: str) -> Response:
        """Where a reload of a refused form leads."""
        del change_id, form
        return RedirectResponse("/changes", 303)

    def _decide(self, request: Request, change_id: str, csrf: str, *, agree: bool) -> Response:
        session = self._site.session(request)
        self._site.check_form(request, session.csrf, csrf)
        changes, t = self._site.store.changes, self._site.texts(request)
        try:
            (changes.agree if agree else changes.refuse)(change_id, session.person.id)
        except RefusedError as error:
            alert = Alert("bad", t("changes.refused"), t.known("refused", error.code))
            return self._page(request, session, alert, 403)
        except ConflictError:
            return self._page(request, session, Alert("bad", t("changes.stale"), t("changes.stale.remedy")), 409)
        return RedirectResponse(f"/changes?done={'agreed' if agree else 'refused'}", 303)

    def _page(self, request: Request, session: Session, alert: Alert | None, status: int = 200) -> Response:
        store, t = self._site.store, self._site.texts(request)
        found = store.changes.all(session.person.id)
        names = {person.id: person.name for person in store.people.all()}
        cards = [self._card(change, session, names, t) for change in found]
        return self._site.page(
            request,
            "changes.html",
            status=status,
            session=session,
            alert=alert,
            waiting=[card for card in cards if card.change.state == WAITING],
            decided=[card for card in cards if card.change.state != WAITING],
            value=lambda fact, text: value(t, fact, text),
        )

    def _card(self, change: Change, session: Session, names: dict[str, str], t: Texts) -> Card:
        def name(actor: str) -> str:
            return names.get(actor) or t.known("actor", actor)

        person, waits = session.person, change.state == WAITING
        barred = self._site.store.changes.barred(change.id, person.id) if waits else None
        return Card(change, name(change.asked_by), name(change.decided_by), barred, change.asked_by == person.id)


def value(t: Texts, fact: Fact, text: str) -> str:
    """A value as people say it."""
    if fact.name == "organisation" and not text:
        return t("organisation.own")
    if not text:
        return "–"
    return t.known(CODED[fact.name], text.lower()) if fact.name in CODED else text
