"""Changes by the JSON API: what waits, asking, agreeing, refusing; and deputies.

In: bodies with ids. Out: facts before and after, masked. Who may ask and who may consent is the store's to say.
"""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request

from mailguard.store.changes import Change
from mailguard.store.orders import AddPerson, GivePassword, Order, TakeSettings
from mailguard.web import show
from mailguard.web.deciding import Refusal
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.site import Site

Json = dict[str, Any]


class OrderBody(Strict):
    """Body of a wish: `kind`, and the fields of that kind of change (store/orders.py)."""

    kind: str = Field(max_length=40)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=20)


class DecisionBody(Strict):
    """Body of a decision on a change."""

    choice: Literal["agree", "refuse"]


class ChangesApi(Entrance):
    """Routes under /api/changes, and /api/deputies."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter(prefix="/api")
        add = self.router.add_api_route
        add("/changes", self.overview, methods=["GET"])
        add("/changes", self.ask, methods=["POST"])
        add("/changes/{change_id}", self.decide, methods=["POST"])
        add("/deputies", self.deputies, methods=["GET"])

    def overview(self, request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 100) -> Json:
        """What waits first, then the newest."""
        session, _ = self._session(request)
        found = self._site.store.changes.all(session.person.id, limit)
        return {"changes": [_change(change) for change in found]}

    def ask(self, request: Request, body: OrderBody) -> Json:
        """Ask for a change: {"kind": "deputy.add", "fields": {…}}. Whatever has a password is asked for on the command line."""
        session, _ = self._changing(request)
        try:
            order = msgspec.convert({**body.fields, "kind": body.kind}, Order)
        except msgspec.ValidationError:
            order = None
        if order is None or isinstance(order, AddPerson | GivePassword | TakeSettings):
            raise Refusal(422, "invalid", self._site.texts(request)("trouble.422.help"))
        change = self._site.store.changes.submit(session.person.id, order)
        return {"change": _change(change) if change else None}

    def decide(self, request: Request, change_id: str, body: DecisionBody) -> Json:
        """Agree or refuse; answers with the change as it is then."""
        session, _ = self._changing(request)
        changes = self._site.store.changes
        decide = changes.agree if body.choice == "agree" else changes.refuse
        return _change(decide(change_id, session.person.id))

    def deputies(self, request: Request) -> Json:
        """The deputies of today and later, to whom changes are shown."""
        session, _ = self._session(request)
        self._site.store.changes.all(session.person.id, 1)
        return {
            "deputies": [
                {
                    "id": one.id,
                    "absent": one.absent_id,
                    "deputy": one.deputy_id,
                    "from": one.first_day,
                    "to": one.last_day,
                }
                for one in self._site.store.deputies.current()
            ]
        }


def _change(change: Change) -> Json:
    return {
        "id": change.id,
        "kind": change.kind,
        "about": change.subject,
        "state": change.state,
        "facts": [{"name": fact.name, "before": fact.before, "after": fact.after} for fact in change.facts],
        "asked_by": change.asked_by,
        "asked_at": show.iso(change.asked_at),
        "expires_at": show.iso(change.expires_at),
        "decided_by": change.decided_by or None,
        "decided_at": show.iso(change.decided_at) if change.decided_at else None,
    }
