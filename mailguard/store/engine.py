"""The way to the database: transactions, errors in words, upgrade.

In: a SQLAlchemy URL. Out: `read()` and `write()` transactions. Every database error leaves as StoreError, without the
values of the statement. What only one kind of database needs stands in sqlite.py and postgresql.py.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy import exc as sql
from sqlalchemy.engine import make_url

from mailguard.errors import StoreError, UnavailableError
from mailguard.store.postgresql import Postgresql
from mailguard.store.sqlite import Sqlite

BUSY_SECONDS = 5.0  # how long a writer waits for another one
MIGRATIONS = Path(__file__).parent / "migrations"

_WAITING = "database: too many callers are waiting. Try again; nothing was written."


class Database:
    """One database; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self._kind = _kind(url)
        # Threads of one process queue here, in order, and take one place among the processes.
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: one consistent picture."""
        with self.guarded(), self._kind.reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, announced: bool = False) -> Iterator[Connection]:
        """A transaction that may write. It is the only writer from its start on, so what it read stays true.

        announced: it may change what others remember by `mark`.
        """
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise UnavailableError(_WAITING)
        try:
            with self.guarded(), self._kind.writer() as connection:
                yield connection
        finally:
            self._turn.release()
            if announced:
                self._kind.announce()  # whether it failed or not: the answer to a commit can be lost

    def mark(self) -> bytes | None:
        """What is read from the database after this call is true as long as the mark stays; no I/O.

        A change counts here when the call that made it returns. None: nothing can be said, ask the database.
        """
        return self._kind.mark()

    def upgrade(self) -> None:
        """Bring the tables to what this version needs, in one transaction; of several processes the first one does it."""
        with self.write() as connection:
            if not _current(connection):
                from mailguard.store import upgrading  # noqa: PLC0415 - Alembic, which nobody needs at any other start

                upgrading.upgrade(connection, MIGRATIONS)

    def compact(self) -> None:
        """Leave nothing of what was deleted or replaced in the files, as far as the kind of database can."""
        with self.guarded():
            self._kind.compact()

    def ping(self) -> None:
        """Raises StoreError when the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection."""
        self._kind.close()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turns errors of the database, and values that it cannot keep, into StoreError."""
        driver: type[Exception] = getattr(self._kind.engine.dialect.dbapi, "Error", sql.SQLAlchemyError)
        try:
            yield
        except sql.TimeoutError:
            raise UnavailableError(_WAITING) from None
        except (sql.SQLAlchemyError, driver) as error:
            # No cause: its text could carry values of the statement.
            raise self._kind.explain(getattr(error, "orig", None) or error) from None
        except (OverflowError, UnicodeEncodeError) as error:
            # Raised by drivers for a value that no column takes, and not as an error of theirs.
            fact = f"database: a value cannot be kept ({type(error).__name__}). Nothing was written."
            raise StoreError(fact) from None


def _current(connection: Connection) -> bool:
    """Whether the last step was taken. Each is a file that begins with its number."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    last = max(step.name for step in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    taken = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return taken == [last.partition("_")[0]]


def _kind(url: str) -> Sqlite | Postgresql:
    try:
        address = make_url(url)
    except sql.ArgumentError:
        raise StoreError(
            "store.url is not a database URL. Write one such as sqlite:////var/lib/mailguard/mailguard.db"
        ) from None
    kinds: dict[str, type[Sqlite | Postgresql]] = {"sqlite": Sqlite, "postgresql": Postgresql}
    kind = kinds.get(address.drivername.partition("+")[0])
    if kind is None:
        raise StoreError("store.url: only sqlite:///… and postgresql://… are known. Use one of them.")
    try:
        return kind(address, BUSY_SECONDS)
    except ImportError:
        raise StoreError("store.url: the driver is missing. Run: pip install 'mailguard[postgres]'") from None
    except sql.SQLAlchemyError:
        raise StoreError("store.url cannot be used. Check its parts.") from None
