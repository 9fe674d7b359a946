"""The way to the database: connections, pragmas, transactions, upgrade.

In: a SQLAlchemy URL. Out: `read()` and `write()` transactions. Every database error leaves as StoreError, without the
values of the statement. What only SQLite needs stands here and nowhere else.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from mailguard.errors import StoreError

BUSY_SECONDS = 5.0  # how long a writer waits for another one
MIGRATIONS = Path(__file__).parent / "migrations"

_FACTS = {
    "SQLITE_BUSY": "is locked by another program. Close that program; nothing was written",
    "SQLITE_LOCKED": "is locked by another program. Close that program; nothing was written",
    "SQLITE_FULL": "cannot grow: disk full. Free some space; nothing was written",
    "SQLITE_READONLY": "is read-only. Check owner and mode of file and folder; nothing was written",
    "SQLITE_CANTOPEN": "cannot be opened. Check owner and mode of file and folder",
    "SQLITE_NOTADB": "is not a mailguard database. Restore it from a backup",
    "SQLITE_CORRUPT": "is damaged. Restore it from a backup",
    "SQLITE_IOERR": "cannot be read or written: disk error. Check the disk",
}


class Database:
    """One database; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        address = _parse(url)
        if address.get_backend_name() == "sqlite":
            _make_private(address)
        self._engine = _connectable(address)
        # Threads of one process queue here, in order, instead of polling SQLite's lock with sleeps.
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: one consistent picture."""
        with self._wrapped(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write. It is the only writer from its start on, so what it read stays true."""
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise StoreError("database: too many writers are waiting. Try again; nothing was written.")
        try:
            with (
                self._wrapped(),
                self._engine.connect().execution_options(writes=True) as connection,
                connection.begin(),
            ):
                yield connection
        finally:
            self._turn.release()

    def upgrade(self) -> None:
        """Bring the tables to what this version needs, in one transaction."""
        with self.write() as connection:
            setup = AlembicConfig()
            setup.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            setup.attributes["connection"] = connection
            try:
                command.upgrade(setup, "head")
            except CommandError:
                raise StoreError(
                    "database: made by a newer mailguard. Install that version, or restore a backup of this one."
                ) from None

    def ping(self) -> None:
        """Raises StoreError when the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _wrapped(self) -> Iterator[None]:
        driver: type[Exception] = getattr(self._engine.dialect.dbapi, "Error", SQLAlchemyError)
        try:
            yield
        except (SQLAlchemyError, driver) as error:
            # No cause: its text could carry values of the statement.
            raise StoreError(_explain(error)) from None
        except (OverflowError, UnicodeEncodeError) as error:
            # Raised by drivers for a value that no column takes, and not as an error of theirs.
            fact = f"database: a value cannot be kept ({type(error).__name__}). Nothing was written."
            raise StoreError(fact) from None


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise StoreError(
            "store.url is not a database URL. Write one such as sqlite:////var/lib/mailguard/mailguard.db"
        ) from None


def _connectable(url: URL) -> Engine:
    try:
        engine = create_engine(url, hide_parameters=True, pool_size=8, max_overflow=24, pool_timeout=BUSY_SECONDS)
    except (SQLAlchemyError, ImportError):
        raise StoreError(f"store.url: no driver for {url.drivername}. Use sqlite, or install the driver.") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, record: object) -> None:
    del record
    connection.isolation_level = None  # the driver must not begin transactions by itself
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",  # a commit is on disk before the client hears 250
        "foreign_keys = ON",
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can deadlock in SQLite unless it takes the write lock at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _explain(error: Exception) -> str:
    origin = getattr(error, "orig", None) or error
    name = str(getattr(origin, "sqlite_errorname", type(origin).__name__))
    for code, fact in _FACTS.items():
        if name.startswith(code):
            return f"database {fact}."
    return f"database: cannot answer ({name}). Nothing was written; check the database and try again."


def _make_private(url: URL) -> None:
    if not url.database or url.database == ":memory:":
        raise StoreError("store.url: SQLite needs a file, as in sqlite:////var/lib/mailguard/mailguard.db")
    path = Path(url.database)
    private_folder(path.parent)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)  # -wal and -shm take the mode of the database file
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({error.strerror}). Check owner and mode of the folder.") from None


def private_folder(folder: Path) -> None:
    """Make `folder` if need be; nobody else may look into it. A shared folder is refused, never changed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not folder.stat().st_mode & 0o077:
            return
        # Closing a folder that holds other people's files (/tmp, /var/lib) would break them.
        if all(entry.name.startswith("mailguard") for entry in folder.iterdir()):
            folder.chmod(0o700)
            return
    except OSError as error:
        raise StoreError(f"{folder}: cannot be used ({error.strerror}). Check its owner and mode.") from None
    raise StoreError(f"{folder}: others may look into it. Give mailguard its own folder, or run: chmod 700 {folder}")
