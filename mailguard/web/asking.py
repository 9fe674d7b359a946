"""A form that asks for a change: of people, sending systems, deputies.

In: an order of a logged-in person. Out: what to say. It is done, or waits for a second person's consent; that, and who may
ask, is the store's to say.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form
from starlette.requests import Request

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.store.changes import WHY
from mailguard.store.orders import Order
from mailguard.store.views import Session
from mailguard.web.alert import Alert
from mailguard.web.site import Site, sees_changes
from mailguard.web.texts import Texts

Field = Annotated[str, Form(max_length=5000)]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed; status: of HTTP."""

    status: int
    alert: Alert


def reader(site: Site, request: Request) -> Session:
    """Who may see people, sources and deputies. Raises RefusedError."""
    session = site.session(request)
    if not sees_changes(session.person):
        raise RefusedError("not_changes", WHY["not_changes"])
    return session


def checked(site: Site, request: Request, csrf: str) -> Session:
    """Whose form it is. Raises ForgedError."""
    session = site.session(request)
    site.check_form(request, session.csrf, csrf)
    return session


def asked(site: Site, request: Request, session: Session, order: Order, conflict: str) -> str | Refused:
    """`waits` or `now`, for a form that is `checked`. conflict: the text of what may be in the way."""
    t = site.texts(request)
    title = t("changes.not_asked")
    try:
        return "waits" if site.store.changes.submit(session.person.id, order) else "now"
    except RefusedError as error:
        return Refused(403, Alert("bad", title, t.known("refused", error.code)))
    except NotFoundError:
        return Refused(422, Alert("bad", title, t("trouble.422.help")))
    except ConflictError:
        return Refused(409, Alert("bad", title, t(conflict)))


def told(t: Texts, done: str) -> Alert | None:
    """What became of the last form."""
    return Alert("good", t(f"done.asked.{done}")) if done in {"waits", "now"} else None
