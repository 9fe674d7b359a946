"""What every page needs: the store, the templates, who is logged in, and whether a form is genuine.

In: a request. Out: a session or an error; a rendered page. The session token lives only in a cookie or an
Authorization header, never in a URL or in the log.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mailguard import config
from mailguard.policy import Policy, Report
from mailguard.policy.thresholds import EarlierRuns
from mailguard.routes import Needs
from mailguard.store import Store
from mailguard.store.changes import READERS
from mailguard.store.views import Person, Session
from mailguard.web import show
from mailguard.web.texts import CATALOGUES, Texts, preferred

Clock = Callable[[], datetime]
ENOUGH_APPROVERS = 2
AUDIT_ROLES = frozenset({"approver", "auditor", "administrator"})  # who reads the record
TOKEN_CHARACTERS = 43  # 32 random bytes in base64url


class LoginNeededError(Exception):
    """Nobody is logged in."""


class PasswordNeededError(Exception):
    """Who is logged in has a password that somebody else made, and has to choose another one first."""


class ForgedError(Exception):
    """A form or call that did not come from our own page."""


@dataclass(frozen=True, slots=True)
class Site:
    """The values that all routes share."""

    store: Store
    settings: config.Web
    clock: Clock
    templates: Environment
    origins: frozenset[str]
    release: config.Release
    policy: Callable[[], Policy] | None = None
    reporting: config.ReportSection = field(default_factory=config.ReportSection)

    @property
    def report(self) -> Report:
        """When a leak would have to be reported, by the policy in force now."""
        return self.policy().limits.report if self.policy else Report()

    @property
    def earlier_factor(self) -> float:
        """So many times the recipients of earlier runs are more, by the policy in force now."""
        return self.policy().limits.earlier_runs.factor if self.policy else EarlierRuns().factor

    @property
    def monitoring(self) -> bool:
        """Whether nothing is held now."""
        return self.policy is not None and self.policy().monitor

    @property
    def https(self) -> bool:
        """Whether people reach the page by TLS; then cookies are Secure and host-bound."""
        return self.settings.url.startswith("https://")

    def cookie(self, name: str) -> str:
        """The name of a cookie: `__Host-` binds it to this host, but browsers take it only by TLS (RFC 6265bis §4.1.3.2)."""
        return f"__Host-{name}" if self.https else name

    def set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Give the browser a cookie that scripts and other sites never see."""
        response.set_cookie(
            self.cookie(name), value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=self.https
        )

    def drop_cookie(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(self.cookie(name), path="/", httponly=True, samesite="strict", secure=self.https)

    def token(self, request: Request) -> str:
        """The session token of a browser, "" if none."""
        return request.cookies.get(self.cookie("session"), "")

    def session(self, request: Request, *, choosing: bool = False) -> Session:
        """Who sent this request by browser; see look_up."""
        return self.look_up(request, self.token(request), choosing=choosing)

    def look_up(self, request: Request, token: str, *, choosing: bool = False) -> Session:
        """The live session of `token`; raises LoginNeededError. choosing: what needs no password of the person's own.

        Anything else raises PasswordNeededError until there is one.
        """
        session = self.store.sessions.get(token) if token else None
        if session is None or not session.person.enabled or session.expires_at <= self.clock():
            raise LoginNeededError
        request.state.language = session.person.language
        if session.person.given and not choosing:
            raise PasswordNeededError
        return session

    def check_origin(self, request: Request) -> None:
        """Refuse what another site made the browser send; every browser of today says where a POST comes from."""
        origin = request.headers.get("origin") or _origin(request.headers.get("referer", ""))
        if origin not in self.origins:
            raise ForgedError

    def check_form(self, request: Request, expected: str, given: str) -> None:
        """Refuse a form without its token or from another origin."""
        self.check_origin(request)
        if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
            raise ForgedError

    def texts(self, request: Request) -> Texts:
        """The reader's language: chosen by link, else English if the browser or the person asks for it, else Japanese."""
        chosen = request.cookies.get(self.cookie("language"), "")
        if chosen in CATALOGUES:
            return Texts(chosen)
        wishes = {preferred(request.headers.get("accept-language", "")), getattr(request.state, "language", "ja")}
        return Texts("en" if "en" in wishes else "ja")

    def page(
        self, request: Request, template: str, *, status: int = 200, session: Session | None = None, **values: object
    ) -> HTMLResponse:
        """Render a template; times are shown in Japan's."""
        t = self.texts(request)
        consents = session is not None and sees_changes(session.person)
        context = {
            "t": t,
            "when": lambda at: show.when(t, at),
            "short": lambda at: show.short(t, at),
            "where": lambda place: show.where(t, place),
            "by": lambda name: show.somebody(t, name),
            "person": session.person if session else None,
            "csrf": session.csrf if session else "",
            "sees_changes": consents,
            "settings_wait": consents and self.store.changes.settings_wait(),
            "pause": self.store.switch.state(session.person.id) if session else None,
            "sees_monitored": session is not None and self._sees_monitored(session.person),
            "few_approvers": self._few_approvers() if session else None,
            "short_routes": self._short_routes(session.person) if session else [],
            "stops_now": self.store.stops.active(session.person.id) if session else [],
            "here": quote(request.url.path) if request.method == "GET" else "/holds",
        }
        return HTMLResponse(self.templates.get_template(template).render(context | values), status)

    def _sees_monitored(self, person: Person) -> bool:
        """Whether the page of what was only monitored is offered: there is something on it, or there may be soon."""
        return person.role in AUDIT_ROLES and (self.monitoring or self.store.watched_mailings.any(person.id))

    def _short_routes(self, person: Person) -> list[str]:
        """Names of routes that all enabled approvers together could not meet; told to the own company."""
        routes = self.policy().routes.routes if self.policy and not person.organisation else ()
        if not routes:
            return []
        folk = [one for one in self.store.people.all() if one.enabled and one.role == "approver"]
        return [one.name for one in routes if Needs.of(one).missing([other.organisation for other in folk])]

    def _few_approvers(self) -> int | None:
        """How many approvers there are, where that is too few for anything to be approved."""
        approvers = self.store.people.approvers()
        return approvers if approvers < ENOUGH_APPROVERS else None


def build(
    store: Store,
    settings: config.Web,
    clock: Clock,
    release: config.Release,
    policy: Callable[[], Policy] | None = None,
    reporting: config.ReportSection | None = None,
) -> Site:
    """A site whose own origins are its public URL and the address it listens on."""
    templates = Environment(
        loader=PackageLoader("mailguard.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    host, port = config.split_endpoint(settings.listen)
    origins = {_origin(settings.url)}
    if host in {"127.0.0.1", "::1", "localhost"} and settings.url.startswith("http://"):
        origins |= {f"http://{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    reporting = reporting or config.ReportSection()
    return Site(store, settings, clock, templates, frozenset(origins), release, policy, reporting)


def sees_changes(person: Person) -> bool:
    """Whether the page offers changes and deputies; the store decides again."""
    return person.role in READERS and not person.organisation


def client(request: Request) -> str:
    """The address that asks, "" if unknown. What a reverse proxy of this machine says in X-Forwarded-For is believed."""
    return request.client.host if request.client else ""


def new_token() -> str:
    """Unguessable, for a form before login."""
    return secrets.token_urlsafe(32)


def local(path: str) -> str:
    """`path` if it is a page of ours, else the list: a login never leads to another site."""
    pages = {"/release", "/contacts", "/stops", "/changes", "/deputies", "/requests"}
    ours = path.startswith(("/holds", "/campaigns/", "/monitored")) or path in pages
    return path if ours and "\\" not in path and ".." not in path else "/holds"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""
