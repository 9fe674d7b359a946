"""What `mailguard config check` says of routes: those in force, and what nobody could ever meet.

In: a configuration. Out: findings. Reads the database where there is one, and changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from mailguard.config import Config
from mailguard.errors import StoreError
from mailguard.model import Source
from mailguard.routes import Needs, Route
from mailguard.service.finding import Finding, Weight
from mailguard.service.scanning import routes_of
from mailguard.store import glance
from mailguard.store.views import Person

_PLACE = "holds.routes"


def findings(config: Config, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Nothing where no file is named."""
    routes = routes_of(config).routes
    if not routes:
        return
    yield Finding(_PLACE, f"{config.holds.routes}: {', '.join(route.name for route in routes)}")
    url = make_url(config.database_url)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        return
    try:
        people, sources = glance.staff(config.database_url, config.data_dir, clock)
    except StoreError as error:
        yield Finding(_PLACE, f"not compared with people and sources: {error}", Weight.WARNING)
        return
    enabled = [person for person in people if person.enabled]
    for route in routes:
        for fact in (*_sources(route, sources), *short_of(route, enabled), *_escalations(route, enabled)):
            yield Finding(f'{_PLACE}: route "{route.name}"', fact, Weight.WARNING)


def _sources(route: Route, sources: Sequence[Source]) -> Iterator[str]:
    for name in sorted((route.when.sources or frozenset()) - {source.id for source in sources}):
        yield f"no sending system is called {name}. Add it, or correct when.sources"


def short_of(route: Route, enabled: Sequence[Person]) -> Iterator[str]:
    """The approvers that a route needs and that are not there."""
    needs, organisations = Needs.of(route), [one.organisation for one in enabled if one.role == "approver"]
    if len(organisations) < needs.least:
        yield (
            f"needs {needs.least} approvers, {len(organisations)} are enabled: its holds could only be rejected."
            " Add people with `mailguard person add`"
        )
    for one in needs.requirements:
        if one.met_by(organisations) < one.count:
            yield (
                f"needs {one.count} of organisation {one.organisation!r}, {one.met_by(organisations)} are enabled:"
                " its holds could only be rejected. Add people, or correct then.from"
            )


def _escalations(route: Route, enabled: Sequence[Person]) -> Iterator[str]:
    for to in route.then.escalate_to:
        if not any(to.reaches(one.login, one.role, one.organisation) for one in enabled):
            who = to.login or ", ".join(filter(None, (to.role, to.organisation)))
            yield f"escalate_to reaches nobody ({who}). Add people, or correct then.escalate_to"
