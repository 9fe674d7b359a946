"""SQLite databases, opened in memory and for reading only.

In: a database file. Out: each table as a Table, what is no text in it as parts, and the statements that made it as text. Views,
triggers and functions never run: only whole tables are asked for.
"""

import sqlite3
from collections.abc import Iterator

from mailguard.model import Part, PartPath, Problem, ProblemKind, Table, Text
from mailguard.unpack import charset, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.records import shown

NAME = "SQLite"
LIMITATIONS = "Deleted rows, and changes in a -wal file beside the database, are not read."

_SHORT = 600  # bytes of nothing readable: a digest, a key
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA}
_WAL = 2  # file format 1.3: read and write version


def matches(part: Part, sniffed: str) -> bool:
    """By its first bytes."""
    del part
    return sniffed == sniff.SQLITE


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Tables first."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(_unlogged(part.data))
        connection.text_factory = _text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, budget.limits.member_bytes)
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)
        made = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        for sort, name, _ in made:
            if sort == "table":
                yield from _table(part, connection, name, budget)
        yield Text(part.path, "\n".join(sql for _, _, sql in made if sql))
        if _cut_off(part.data):
            yield Problem(part.path, ProblemKind.DAMAGED, "cut off")
    except (sqlite3.Error, OverflowError, MemoryError) as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
    finally:
        connection.close()


def _cut_off(data: bytes) -> bool:
    """Whether pages are missing that the header counts, if it is sure of their number (file format 1.3.7)."""
    size = int.from_bytes(data[16:18], "big")
    pages = int.from_bytes(data[28:32], "big")
    return data[24:28] == data[92:96] and pages * (65_536 if size == 1 else size) > len(data)


def _unlogged(data: bytes) -> bytes:
    """SQLite opens no database with a write-ahead log in memory unless it says that it has none."""
    return data[:18] + b"\1\1" + data[20:] if data[18:20] == bytes((_WAL, _WAL)) else data


def _table(part: Part, connection: sqlite3.Connection, name: str, budget: Budget) -> Iterator[Part | Table | Problem]:
    path = (*part.path, name)
    quoted = name.replace('"', '""')
    rows: list[list[str]] = []
    files: list[bytes] = []
    try:
        cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a name can be no parameter, and is quoted
        rows.append([column[0] for column in cursor.description])
        for row in cursor:  # one at a time: columns may be computed, and then be longer than the file
            budget.spend_cells(len(row))
            budget.spend(sum(len(value) for value in row if isinstance(value, str | bytes)))
            rows.append([_cell(value, files) for value in row])
    except sqlite3.Error as error:
        # A virtual table needs a program; what it keeps stands in tables of its own.
        if "no such module" not in str(error):
            yield Problem(path, ProblemKind.DAMAGED, type(error).__name__)
    if len(rows) > 1:
        yield Table(path, rows)
    yield from _files(path, files, part.depth, budget)


def _cell(value: object, files: list[bytes]) -> str:
    if not isinstance(value, bytes):
        return shown(value)
    sniffed = sniff.sniff(value)
    if sniffed == sniff.TEXT and len(value) <= _SHORT:
        return charset.decode(value)
    if len(value) > _SHORT or sniffed not in {sniff.BINARY, sniff.EMPTY}:
        files.append(value)
    return ""


def _files(path: PartPath, files: list[bytes], depth: int, budget: Budget) -> Iterator[Part]:
    for number, data in enumerate(files, 1):
        budget.file(depth + 1)
        budget.spend(len(data))
        yield Part((*path, f"#{number}"), data, depth=depth + 1)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return charset.decode(raw)
