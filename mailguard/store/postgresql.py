"""What only PostgreSQL needs: settings of a session, one writer at a time, and facts about its errors.

In: the URL of a server. Out: a connected engine. Never shows the URL, which carries a password.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

from mailguard.errors import StoreError, UnavailableError

WRITER = 0x6D61696C677561  # "mailgua": the advisory lock that every writer of a database takes first

_SILENT = "does not answer. Check the server, and host, user and password in store.url"
_BUSY = "is busy for too long. Nothing was written; try again"
_UNFIT = "cannot keep a value. Nothing was written"
_FACTS = {  # by the beginning of SQLSTATE (PostgreSQL, Appendix A)
    "08": _SILENT,
    "57P": _SILENT,
    "55P03": _BUSY,
    "57014": _BUSY,
    "40": _BUSY,
    "53100": "cannot grow: disk full. Free some space; nothing was written",
    "53": "is out of memory or connections. Nothing was written; try again",
    "25006": "is read-only. Connect to the primary server; nothing was written",
    "28": "refuses the login. Check user and password in store.url",
    "3D": "does not exist. Create it, or check its name in store.url",
    "42501": "refuses a right. Let the user of store.url own the database",
    "XX": "is damaged. Restore it from a backup",
    "22": _UNFIT,
    "23": _UNFIT,
}


class Postgresql:
    """A server. patience: how long a writer waits for the others, in seconds."""

    def __init__(self, url: URL, patience: float) -> None:
        self._patience = patience
        self.engine: Engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_size=8,
            max_overflow=24,
            pool_timeout=patience,
            pool_pre_ping=True,  # a server that was restarted is noticed before anything is asked of it
            connect_args={
                "application_name": "mailguard", "connect_timeout": 5, "tcp_user_timeout": 20_000,
                "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
            },
        )  # fmt: skip
        # One consistent picture, although several statements ask for it.
        self.reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        event.listen(self.engine, "connect", self._prepare)

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """A transaction that waits until it is the only one that writes; the lock ends with it.

        READ COMMITTED is enough: each statement after this one sees all that earlier writers committed, and nobody else
        changes anything meanwhile. A snapshot taken before the wait (REPEATABLE READ) would be old.
        """
        with self.engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:writer)"), {"writer": WRITER})
            yield connection

    @staticmethod
    def mark() -> None:
        """None: the processes that change things may run on other machines, so nothing is remembered without asking."""

    @staticmethod
    def announce() -> None:
        """Everybody asks anyway."""

    def compact(self) -> None:
        """Make room of dead rows. Their bytes stay in the files until they are used again; VACUUM FULL is the owner's choice."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @staticmethod
    def explain(origin: Exception) -> StoreError:
        """An error of the driver in words; without a state it comes from the connection, or from the driver itself."""
        state, name = getattr(origin, "sqlstate", None), type(origin).__name__
        if state is None:
            fact = {"OperationalError": _SILENT, "DataError": _UNFIT}.get(name)
        else:
            fact = next((fact for code, fact in _FACTS.items() if state.startswith(code)), None)
        if fact is None:
            return StoreError(f"database: cannot answer ({state or name}). Check the database and try again.")
        return (UnavailableError if fact in {_SILENT, _BUSY} else StoreError)(f"database {fact}.")

    def _prepare(self, connection: Any, record: object) -> None:
        del record
        wait = int(self._patience * 1000)
        for setting in (
            "TIME ZONE 'UTC'",
            "synchronous_commit = on",  # a commit is on disk before the client hears 250
            f"lock_timeout = {wait}",
            "statement_timeout = 30000",
            "idle_in_transaction_session_timeout = 30000",  # a process that stands still must not stop the others
            "client_encoding = 'UTF8'",
            "default_transaction_isolation = 'read committed'",
        ):
            connection.execute(f"SET {setting}")
        connection.commit()
