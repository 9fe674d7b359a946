"""What only SQLite needs: a private file, pragmas, and a fair queue of the processes that write.

In: the URL of a file. Out: a connected engine, and facts about its errors. SQLite itself lets writers sleep and try
again, up to 100 ms at a time: whoever writes without a pause starves the others.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from mailguard.errors import StoreError, UnavailableError
from mailguard.store.mark import Mark
from mailguard.store.turn import Turn

_BUSY = "is locked by another program. Close that program; nothing was written"
_FACTS = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_FULL": "cannot grow: disk full. Free some space; nothing was written",
    "SQLITE_READONLY": "is read-only. Check owner and mode of file and folder; nothing was written",
    "SQLITE_CANTOPEN": "cannot be opened. Check owner and mode of file and folder",
    "SQLITE_NOTADB": "is not a mailguard database. Restore it from a backup",
    "SQLITE_CORRUPT": "is damaged. Restore it from a backup",
    "SQLITE_IOERR": "cannot be read or written: disk error. Check the disk",
}


class Sqlite:
    """A file. patience: how long a writer waits for the others, in seconds."""

    def __init__(self, url: URL, patience: float) -> None:
        self._file = _make_private(url)
        self._patience = patience
        beside = [self._file.with_name(f"{self._file.name}-{name}") for name in ("queue", "turn")]
        self._turn = Turn(_open(beside[0]), _open(beside[1]), patience)
        self.engine: Engine = create_engine(
            url, hide_parameters=True, pool_size=8, max_overflow=24, pool_timeout=patience
        )
        self.reader = self.engine
        self._mark = Mark(_open(self._file.with_name(f"{self._file.name}-changes")))
        self._kept: list[Connection] = []
        event.listen(self.engine, "connect", self._prepare)
        event.listen(self.engine, "begin", self._begin)

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """A transaction that writes, begun as the only one; the caller sees to it that one thread at a time is here.

        Its connection is kept for the next one, with the pages that it has read.
        """
        connection = self._kept.pop() if self._kept else self.engine.connect().execution_options(writes=True)
        try:
            with self._turn.taken(), connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        self._kept.append(connection)

    def mark(self) -> bytes | None:
        """Another one after each announced change of any process that has this file open; None when closed."""
        return self._mark.read()

    def announce(self) -> None:
        """Something changed that others may remember."""
        self._mark.change()

    def compact(self) -> None:
        """Write the file anew without its free pages, and empty the write-ahead log."""
        raw: Any = self.engine.raw_connection()
        try:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                raw.execute(statement).close()
        finally:
            raw.close()

    def close(self) -> None:
        """Let go of the file."""
        self._mark.close()
        while self._kept:
            self._kept.pop().close()
        self.engine.dispose()
        self._turn.close()

    @staticmethod
    def explain(origin: Exception) -> StoreError:
        """An error of the driver in words."""
        name = str(getattr(origin, "sqlite_errorname", type(origin).__name__))
        fact = next((fact for code, fact in _FACTS.items() if name.startswith(code)), None)
        if fact is None:
            return StoreError(
                f"database: cannot answer ({name}). Nothing was written; check the database and try again."
            )
        return (UnavailableError if fact is _BUSY else StoreError)(f"database {fact}.")

    def _prepare(self, connection: Any, record: object) -> None:
        del record
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in (
            f"busy_timeout = {self._milliseconds}",
            "journal_mode = WAL",
            "wal_autocheckpoint = 4000",  # pages; those that every commit writes go to the file once in a while
            "synchronous = FULL",  # a commit is on disk before the client hears 250
            "foreign_keys = ON",
            "secure_delete = ON",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @property
    def _milliseconds(self) -> int:
        return int(self._patience * 1000)

    def _begin(self, connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        if not connection.get_execution_options().get("writes", False):
            raw.execute("BEGIN")
            return
        # A transaction that reads first and writes later can deadlock in SQLite unless it takes the write lock at once.
        # It is free, unless another program has it: then SQLite waits.
        raw.execute("BEGIN IMMEDIATE")


def _make_private(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise StoreError("store.url: SQLite needs a file, as in sqlite:////var/lib/mailguard/mailguard.db")
    path = Path(url.database)
    private_folder(path.parent)
    os.close(_open(path))  # -wal and -shm take the mode of the database file
    return path


def _open(path: Path) -> int:
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        os.fchmod(handle, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({error.strerror}). Check owner and mode of the folder.") from None
    return handle


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
