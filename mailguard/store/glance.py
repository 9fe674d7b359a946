"""People and sources of a database that is only looked at: nothing is made, upgraded or locked.

In: where it is. Out: rows for `config check`. Raises StoreError (KeyFileError among them) where it cannot be read.
"""

from pathlib import Path

from mailguard import config
from mailguard.model import Source
from mailguard.store.audit import Audit
from mailguard.store.context import Clock, Context
from mailguard.store.engine import Database
from mailguard.store.keys import NAME, load
from mailguard.store.people import People
from mailguard.store.sources import Sources
from mailguard.store.vault import Vault
from mailguard.store.views import Person


def staff(url: str, data_dir: Path, clock: Clock) -> tuple[list[Person], list[Source]]:
    """Everybody, and every declared source."""
    database = Database(url)
    try:
        context = Context(database, Vault(load(data_dir / NAME)), clock, config.Holds())
        audit = Audit(context)
        return People(context, audit).all(), Sources(context, audit).all()
    finally:
        database.close()
