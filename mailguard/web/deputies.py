"""The page of deputies: who decides for an approver who is away.

In: a logged-in person's request. Out: who stands in for whom; forms that ask for a change, which waits for consent.
"""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.store.orders import AddDeputy, EndDeputy, Order
from mailguard.store.views import Person
from mailguard.web.alert import Alert
from mailguard.web.asking import Field, Refused, asked, checked, reader, told
from mailguard.web.site import Site


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
        return self._page(request, told(self._site.texts(request), done))

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
        answer = asked(self._site, request, checked(self._site, request, csrf), order, "changes.twice")
        if isinstance(answer, Refused):
            return self._page(request, answer.alert, answer.status)
        return RedirectResponse(f"/deputies?done={answer}", 303)

    def _page(self, request: Request, alert: Alert | None, status: int = 200) -> Response:
        session = reader(self._site, request)
        everybody = self._site.store.people.all()
        folk = [person for person in everybody if person.enabled]
        return self._site.page(
            request,
            "deputies.html",
            status=status,
            session=session,
            alert=alert,
            deputies=self._site.store.deputies.current(),
            names={person.id: person.name for person in everybody},
            absent=_absent(session.person, folk),
            folk=[person for person in folk if person.role != "auditor"],
            may_end=session.person.role == "administrator",
        )


def _absent(person: Person, folk: list[Person]) -> list[Person]:
    """For whom a person may ask for a deputy."""
    if person.role == "administrator":
        return [one for one in folk if one.role == "approver"]
    return [person] if person.role == "approver" else []
