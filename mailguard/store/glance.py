"""People, sources and settings of a database that is only looked at: nothing is made, upgraded or locked.

In: where it is. Out: rows for `config check`. Raises StoreError (KeyFileError among them) where it cannot be read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from mailguard import config
from mailguard.model import Source
from mailguard.store.audit import Audit
from mailguard.store.changes import SETTINGS, WAITING
from mailguard.store.context import Clock, Context
from mailguard.store.engine import Database
from mailguard.store.keys import NAME, load
from mailguard.store.people import People
from mailguard.store.schema import changes
from mailguard.store.settings import Content, now
from mailguard.store.sources import Sources
from mailguard.store.vault import Vault
from mailguard.store.views import Person


def staff(url: str, data_dir: Path, clock: Clock) -> tuple[list[Person], list[Source]]:
    """Everybody, and every declared source."""
    with _looked_at(url, data_dir, clock) as context:
        audit = Audit(context)
        return People(context, audit).all(), Sources(context, audit).all()


def settings(url: str, data_dir: Path, clock: Clock) -> tuple[Content | None, str]:
    """What is in force, and the id of the change that asks for something else, if one waits."""
    waiting = select(changes.c.id).where(changes.c.kind == SETTINGS, changes.c.state == WAITING)
    with _looked_at(url, data_dir, clock) as context, context.database.read() as tx:
        return now(context, tx), tx.execute(waiting).scalar() or ""


@contextmanager
def _looked_at(url: str, data_dir: Path, clock: Clock) -> Iterator[Context]:
    database = Database(url)
    try:
        yield Context(database, Vault(load(data_dir / NAME)), clock, config.Holds())
    finally:
        database.close()
