"""What `mailguard config check` says of settings that were agreed on: whether the files are what is in force.

In: a configuration. Out: one finding, or none where no service has run yet. Reads the database, and changes nothing.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from mailguard.config import Config
from mailguard.errors import StoreError
from mailguard.service.finding import Finding, Weight
from mailguard.service.rulebook import content_of
from mailguard.store import glance
from mailguard.store.settings import differences

_PLACE = "settings"


def findings(config: Config, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Everything that is settled. Raises ConfigError for a file that cannot be read."""
    url = make_url(config.database_url)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        return
    try:
        in_force, waits = glance.settings(config.database_url, config.data_dir, clock)
    except StoreError as error:
        yield Finding(_PLACE, f"not compared with those agreed on: {error}", Weight.WARNING)
        return
    if in_force is None:
        return
    wanted = content_of(config)
    if not in_force.whole:
        fact = "agreed on, but not all that this version settles: the next start takes the rest from the files"
        yield Finding(_PLACE, fact)
    elif names := [name for name, *_ in differences(in_force, wanted)]:
        way = f"{waits} waits for consent" if waits else "A start or SIGHUP asks for consent where two approvers are"
        yield Finding(_PLACE, f"the files are not what is in force: {', '.join(names)}. {way}", Weight.WARNING)
    else:
        yield Finding(_PLACE, "policy, rules, routes and the settings that need consent are those of the files")
