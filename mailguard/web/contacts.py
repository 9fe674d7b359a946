"""Contacts that an organisation publishes (公開連絡先): asked for on a hold, agreed on and ended on a page of their own.

In: forms with their token, or calls of programs. Out: masks and states, no digests. Who may do what is the store's to say.
"""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form
from pydantic import Field, StrictInt
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.errors import ConflictError, RefusedError
from mailguard.store.public_contacts import ContactState, PublicContact
from mailguard.web import deciding, show
from mailguard.web.alert import Alert
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.site import Site

Json = dict[str, Any]
Typed = Annotated[str, Form(max_length=2000)]
DONE = frozenset({"contact_asked", "contact_agreed", "contact_ended"})


class AskBody(Strict):
    """Body of a request: ref as `offers` of the hold names it."""

    revision: StrictInt
    ref: str = Field(max_length=30)
    reason: str = Field("", max_length=2000)


class ContactPages:
    """Routes under /contacts, and the form on a hold."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/contacts", self.overview, methods=["GET"], response_model=None)
        add("/contacts/{contact_id}/agree", self.agree, methods=["POST"], response_model=None)
        add("/contacts/{contact_id}/end", self.end, methods=["POST"], response_model=None)
        add("/holds/{hold_id}/contacts", self.ask, methods=["POST"], response_model=None)

    def overview(self, request: Request, done: str = "") -> Response:
        """Everything on the list, and what waits for a second person."""
        self._site.session(request)
        t = self._site.texts(request)
        return self._page(request, Alert("good", t(f"done.{done}")) if done in DONE else None)

    def ask(
        self,
        request: Request,
        hold_id: str,
        revision: Annotated[int, Form()],
        ref: Typed = "",
        csrf: Typed = "",
        reason: Typed = "",
    ) -> Response:
        """Ask for one contact of a hold."""
        person = self._genuine(request, csrf)
        contacts = self._site.store.public_contacts
        return self._done(
            request, lambda: contacts.ask(hold_id, ref, person, revision=revision, reason=reason), "contact_asked"
        )

    def agree(self, request: Request, contact_id: str, csrf: Typed = "") -> Response:
        """Agree as the second person."""
        person = self._genuine(request, csrf)
        return self._done(request, lambda: self._site.store.public_contacts.agree(contact_id, person), "contact_agreed")

    def end(self, request: Request, contact_id: str, csrf: Typed = "") -> Response:
        """End an entry before its time."""
        person = self._genuine(request, csrf)
        return self._done(request, lambda: self._site.store.public_contacts.end(contact_id, person), "contact_ended")

    def _genuine(self, request: Request, csrf: str) -> str:
        session = self._site.session(request)
        self._site.check_form(request, session.csrf, csrf)
        return session.person.id

    def _done(self, request: Request, change: Callable[[], object], done: str) -> Response:
        t = self._site.texts(request)
        try:
            change()
        except RefusedError as error:
            alert = Alert("bad", t("alert.refused.contact"), t.known("refused", error.code))
            return self._page(request, alert, 422 if error.code in deciding.INPUT else 403)
        except ConflictError:
            return self._page(request, Alert("bad", t("trouble.409"), t("trouble.409.help")), 409)
        return RedirectResponse(f"/contacts?done={quote(done)}", 303)

    def _page(self, request: Request, alert: Alert | None, status: int = 200) -> Response:
        session = self._site.session(request)
        contacts, person = self._site.store.public_contacts, session.person.id
        entries = contacts.all(viewer=person)
        asked = [one.id for one in entries if one.state is ContactState.ASKED]
        return self._site.page(
            request,
            "contacts.html",
            status=status,
            session=session,
            alert=alert,
            entries=entries,
            may_agree={key for key in asked if contacts.barred(key, person) is None},
        )


class ContactApi(Entrance):
    """Routes under /api for the same."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter(prefix="/api")
        add = self.router.add_api_route
        add("/public-contacts", self.overview, methods=["GET"])
        add("/public-contacts/{contact_id}/agree", self.agree, methods=["POST"])
        add("/public-contacts/{contact_id}", self.end, methods=["DELETE"])
        add("/holds/{hold_id}/contacts", self.offers, methods=["GET"])
        add("/holds/{hold_id}/contacts", self.ask, methods=["POST"])

    def overview(self, request: Request) -> Json:
        """Everything on the list."""
        session, _ = self._session(request)
        return {"contacts": [_entry(entry) for entry in self._site.store.public_contacts.all(viewer=session.person.id)]}

    def offers(self, request: Request, hold_id: str) -> Json:
        """What of a hold could be put on the list, and what was asked for."""
        session, _ = self._session(request)
        contacts, person = self._site.store.public_contacts, session.person.id
        found = contacts.offers(hold_id, person)
        offers = [{"ref": one.ref, "kind": one.kind.value, "shown": one.shown} for one in found]
        return {"offers": offers, "contacts": [_entry(entry) for entry in contacts.all(hold_id, person)]}

    def ask(self, request: Request, hold_id: str, body: AskBody) -> Json:
        """Ask for one contact of a hold."""
        session, _ = self._changing(request)
        contacts = self._site.store.public_contacts
        found = contacts.ask(hold_id, body.ref, session.person.id, revision=body.revision, reason=body.reason)
        return {"id": found}

    def agree(self, request: Request, contact_id: str) -> Json:
        """Agree as the second person."""
        session, _ = self._changing(request)
        return {"until": show.iso(self._site.store.public_contacts.agree(contact_id, session.person.id))}

    def end(self, request: Request, contact_id: str) -> Json:
        """End an entry before its time."""
        session, _ = self._changing(request)
        self._site.store.public_contacts.end(contact_id, session.person.id)
        return {}


def _entry(entry: PublicContact) -> Json:
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "shown": entry.shown,
        "hold": entry.hold_id,
        "state": entry.state.value,
        "reason": entry.reason,
        "asked_by": entry.asked_name,
        "asked_at": show.iso(entry.asked_at),
        "agreed_by": entry.agreed_name,
        "until": show.iso(entry.until) if entry.until else None,
        "ended_by": entry.ended_name,
        "ended_at": show.iso(entry.ended_at) if entry.ended_at else None,
    }
