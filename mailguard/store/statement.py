"""Statements of the path that every held message takes, said to the driver itself.

In: a SQLAlchemy statement, made once. Out: rows of plain values. SQLAlchemy compiles it, and knows how a value is written
and read; what it does around each call costs ten times what SQLite needs for the answer. Errors are the driver's own:
`Database.guarded` puts them into words, too.
"""

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Dialect, Insert, Select, Update, bindparam
from sqlalchemy.sql.compiler import SQLCompiler

from mailguard.store.schema import Moment

Key = TypeVar("Key")
_Processor = Callable[[Any], Any]
_Names = Mapping[str, Any]
_Build = Select[Any] | Insert | Update
MANY = 500  # keys that one statement names


class Statement:
    """One statement. columns: those that an INSERT or UPDATE sets."""

    def __init__(self, build: _Build, columns: Sequence[str] = ()) -> None:
        self._build, self._columns = build, columns
        self._spoken: dict[str, _Spoken] = {}

    def rows(self, tx: Connection, names: _Names) -> list[tuple[Any, ...]]:
        """What a SELECT finds."""
        spoken = self._for(tx)
        cursor = _driver(tx).execute(spoken.text, spoken.values(names))
        try:
            return spoken.read(cursor.fetchall())
        finally:
            cursor.close()

    def run(self, tx: Connection, rows: Sequence[_Names], common: _Names | None = None) -> None:
        """An INSERT or UPDATE, once for each of `rows`; `common` is the same in all of them."""
        spoken = self._for(tx)
        values = spoken.each(rows, common) if common else [spoken.values(row) for row in rows]
        cursor = _driver(tx).cursor()
        try:
            cursor.executemany(spoken.text, values)
        finally:
            cursor.close()

    def _for(self, tx: Connection) -> "_Spoken":
        name = tx.dialect.name
        if name not in self._spoken:
            self._spoken[name] = _Spoken(self._build, tx.dialect, self._columns)
        return self._spoken[name]


def chunks(keys: Sequence[Key], size: int = MANY) -> Iterator[Sequence[Key]]:
    """As many as one statement names, one lot after the other."""
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


class Lookup:
    """A SELECT of what has one of many keys. select: makes it for bind parameters to be named in its IN."""

    def __init__(self, select: Callable[[list[BindParameter[Any]]], Select[Any]]) -> None:
        self._select = select
        self._sizes: dict[int, Statement] = {}

    def rows(self, tx: Connection, keys: Collection[Any], **names: Any) -> list[tuple[Any, ...]]:
        """What has one of `keys`."""
        found: list[tuple[Any, ...]] = []
        for lot in chunks(list(keys)):
            # Few sizes, few statements: the last key is named again until one of these is full.
            some = [*lot] + [lot[-1]] * ((1 << (len(lot) - 1).bit_length()) - len(lot))
            found += self._sized(len(some)).rows(tx, {**names, **{f"key{at}": key for at, key in enumerate(some)}})
        return found

    def _sized(self, size: int) -> Statement:
        if size not in self._sizes:
            self._sizes[size] = Statement(self._select([bindparam(f"key{at}") for at in range(size)]))
        return self._sizes[size]


class _Spoken:
    """A statement in the words of one kind of database."""

    def __init__(self, build: _Build, dialect: Dialect, columns: Sequence[str]) -> None:
        compiled = build.compile(dialect=dialect, column_keys=list(columns) or None)
        assert isinstance(compiled, SQLCompiler)
        self.text = compiled.string
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._writers = [(name, _writer(binds[name], dialect)) for name in compiled.positiontup or binds]
        self._positional = compiled.positional
        found = build.selected_columns if isinstance(build, Select) else ()
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in found]
        self._readers = [(at, reader) for at, reader in enumerate(readers) if reader]

    def values(self, names: _Names) -> Any:
        """`names` as the driver takes them."""
        given = {**self._fixed, **names} if self._fixed else names
        if self._positional:
            return [write(given[name]) if write else given[name] for name, write in self._writers]
        return {name: write(given[name]) if write else given[name] for name, write in self._writers}

    def each(self, rows: Sequence[_Names], common: _Names) -> list[Any]:
        """`rows` as the driver takes them, what they have in common written once."""
        if not rows:
            return []
        own = [(at, name, write) for at, (name, write) in enumerate(self._writers) if name in rows[0]]
        first = self.values({**common, **rows[0]})
        if not self._positional:
            return [first | {name: write(row[name]) if write else row[name] for _, name, write in own} for row in rows]
        found = []
        for row in rows:
            values = list(first)
            for at, name, write in own:
                values[at] = write(row[name]) if write else row[name]
            found.append(values)
        return found

    def read(self, rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Rows of the driver as values."""
        return [self._row(row) for row in rows] if self._readers else [tuple(row) for row in rows]

    def _row(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for at, read in self._readers:
            if values[at] is not None:  # no type of ours reads NULL as something else
                values[at] = read(values[at])
        return tuple(values)


def _writer(bind: BindParameter[Any], dialect: Dialect) -> _Processor | None:
    write = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return _remembered(write) if write and isinstance(bind.type, Moment) else write


def _remembered(write: _Processor) -> _Processor:
    """The messages of a transaction share their times; equal aware times are written alike."""

    @functools.lru_cache(16)
    def moment(value: datetime) -> Any:
        return write(value)

    return moment


def _driver(tx: Connection) -> Any:
    return tx.connection.dbapi_connection
