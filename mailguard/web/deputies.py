"""The page of deputies: who decides for an approver who is away.

In: a logged-in person's request. Out: who stands in for whom; forms that ask for a change, which waits for consent.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.store.changes import WHY as CHANGE_WHY
from mailguard.store.orders import AddDeputy, EndDeputy, Order
from mailguard.store.views import Person, Session
from mailguard.web.alert import Alert
from mailguard.web.site import Site, sees_changes

Field = Annotated[str, Form(max_length=200)]


class DeputyPages:
    """Routes under /deputies."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/deputies", self.show, methods=["GET"], response_model=None)
        add("/deputies", self.add, methods=["POST"], response_model=None)
        add("/deputies/{deputy}/end", self.back, methods=["GET"], response_model=None)
        add("/deputies/{deputy}/end", self.end, methods=["POST"], response_model=None)

    def show(self, request: Request, done: str = "") -> Response:
        """Those of today and later."""
        session = self._site.session(request)
        t = self._site.texts(request)
        alert = Alert("good", t(f"done.deputy.{done}")) if done in {"waits", "now"} else None
        return self._page(request, session, alert)

    def add(
        self,
        request: Request,
        csrf: Field = "",
        absent: Field = "",
        deputy: Field = "",
        first: Field = "",
        last: Field = "",
    ) -> Response:
        """Ask for a deputy."""
        return self._ask(request, csrf, AddDeputy(absent, deputy, first, last))

    def end(self, request: Request, deputy: str, csrf: Field = "") -> Response:
        """Ask to call one off."""
        return self._ask(request, csrf, EndDeputy(deputy))

    def back(self, deputy: str) -> Response:
        """Where a reload of a refused form leads."""
        del deputy
        return RedirectResponse("/deputies", 303)

    def _ask(self, request: Request, csrf: str, order: Order) -> Response:
        session = self._site.session(request)
        self._site.check_form(request, session.csrf, csrf)
        t = self._site.texts(request)
        try:
            change = self._site.store.changes.submit(session.person.id, order)
        except RefusedError as error:
            alert = Alert("bad", t("changes.not_asked"), t.known("refused", error.code))
            return self._page(request, session, alert, 403)
        except NotFoundError:
            return self._page(request, session, Alert("bad", t("changes.not_asked"), t("trouble.422.help")), 422)
        except ConflictError:
            return self._page(request, session, Alert("bad", t("changes.not_asked"), t("changes.twice")), 409)
        return RedirectResponse(f"/deputies?done={'waits' if change else 'now'}", 303)

    def _page(self, request: Request, session: Session, alert: Alert | None, status: int = 200) -> Response:
        if not sees_changes(session.person):
            raise RefusedError("not_changes", CHANGE_WHY["not_changes"])
        folk = [person for person in self._site.store.people.all() if person.enabled]
        return self._site.page(
            request,
            "deputies.html",
            status=status,
            session=session,
            alert=alert,
            deputies=self._site.store.deputies.current(),
            names={person.id: person.name for person in self._site.store.people.all()},
            absent=_absent(session.person, folk),
            folk=[person for person in folk if person.role != "auditor"],
            may_end=session.person.role == "administrator",
        )


def _absent(person: Person, folk: list[Person]) -> list[Person]:
    """For whom a person may ask for a deputy."""
    if person.role == "administrator":
        return [one for one in folk if one.role == "approver"]
    return [person] if person.role == "approver" else []
