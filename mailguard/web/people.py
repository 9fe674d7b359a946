"""The page of people: who has which role, where.

In: a request of who sees changes. Out: everybody; for administrators forms that ask for a change, which waits for consent.
A password that is made here is shown once and good for choosing another one.
"""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mailguard.store.context import fresh_id
from mailguard.store.orders import AddPerson, DisablePerson, EnablePerson, Order, SetOrganisation, SetRole
from mailguard.store.passwords import hashed
from mailguard.store.people import ROLES
from mailguard.web.alert import Alert
from mailguard.web.asking import Field, Refused, asked, checked, reader, told
from mailguard.web.site import Site

_Typing = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]


class PersonForm(BaseModel):
    """What the form of a new person sends."""

    csrf: _Typing = ""
    login: _Typing = ""
    name: _Typing = ""
    email: _Typing = ""
    role: _Typing = ""
    organisation: _Typing = ""
    language: Literal["ja", "en"] = "ja"

    def order(self, secret: str) -> AddPerson:
        """As it was typed, with the hash of a password."""
        return AddPerson(
            fresh_id("P"), self.login, self.name, self.email, self.role, self.organisation, self.language, secret
        )


class PeoplePages:
    """Routes under /people."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.router = APIRouter()
        add = self.router.add_api_route
        add("/people", self.show, methods=["GET"], response_model=None)
        add("/people", self.add, methods=["POST"], response_model=None)
        for form, answer in (
            ("role", self.role),
            ("organisation", self.organisation),
            ("enable", self.enable),
            ("disable", self.disable),
        ):
            add(f"/people/{{person_id}}/{form}", answer, methods=["POST"], response_model=None)
        add("/people/{person_id}/{form}", self.back, methods=["GET"], response_model=None)

    def show(self, request: Request, done: str = "") -> Response:
        """Everybody."""
        return self._page(request, told(self._site.texts(request), done))

    def add(self, request: Request, form: Annotated[PersonForm, Form()]) -> Response:
        """Ask for somebody new; the answer shows the password for the first login."""
        site, t = self._site, self._site.texts(request)
        session = checked(site, request, form.csrf)  # before the work of a hash
        password = secrets.token_urlsafe(15)
        answer = asked(site, request, session, form.order(hashed(password)), "people.taken")
        if isinstance(answer, Refused):
            return self._page(request, answer.alert, answer.status, form)
        shown = t("people.password", login=form.login, password=password)
        return self._page(request, Alert("good", t(f"done.asked.{answer}"), shown))

    def role(self, request: Request, person_id: str, csrf: Field = "", role: Field = "") -> Response:
        """Ask for another role."""
        return self._ask(request, csrf, SetRole(person_id, role))

    def organisation(self, request: Request, person_id: str, csrf: Field = "", organisation: Field = "") -> Response:
        """Ask for another organisation."""
        return self._ask(request, csrf, SetOrganisation(person_id, organisation.strip()))

    def enable(self, request: Request, person_id: str, csrf: Field = "") -> Response:
        """Ask to let somebody in again."""
        return self._ask(request, csrf, EnablePerson(person_id))

    def disable(self, request: Request, person_id: str, csrf: Field = "") -> Response:
        """Ask to let somebody in no more."""
        return self._ask(request, csrf, DisablePerson(person_id))

    def back(self, person_id: str, form: str) -> Response:
        """Where a reload of a refused form leads."""
        del person_id, form
        return RedirectResponse("/people", 303)

    def _ask(self, request: Request, csrf: str, order: Order) -> Response:
        answer = asked(self._site, request, checked(self._site, request, csrf), order, "changes.twice")
        if isinstance(answer, Refused):
            return self._page(request, answer.alert, answer.status)
        return RedirectResponse(f"/people?done={answer}", 303)

    def _page(
        self, request: Request, alert: Alert | None, status: int = 200, typed: PersonForm | None = None
    ) -> Response:
        session = reader(self._site, request)
        return self._site.page(
            request,
            "people.html",
            status=status,
            session=session,
            alert=alert,
            folk=sorted(self._site.store.people.all(), key=lambda one: not one.enabled),
            roles=ROLES,
            may_ask=session.person.role == "administrator",
            typed=typed or PersonForm(),
        )
