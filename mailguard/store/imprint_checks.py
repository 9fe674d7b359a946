"""Whether rows of people, sources and the like are what the record says of them.

In: rows of the record in their order, then the tables as they are now. Out: every row that was changed, put in or removed
without the record, with what the record says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from sqlalchemy import Connection

from mailguard.store import imprints
from mailguard.store.context import Context
from mailguard.store.imprints import Imprint, Rows
from mailguard.store.views import AuditRow

_MARK = f'"{imprints.ROWS}":{{'


class Wrong(StrEnum):
    """CHANGED: other values. PUT_IN: no row of the record speaks of it. REMOVED: it is gone. PUT_BACK: the record took it away."""

    CHANGED = "changed"
    PUT_IN = "put_in"
    REMOVED = "removed"
    PUT_BACK = "put_back"


@dataclass(frozen=True, slots=True)
class Stray:
    """A row that the record does not fit. name: "person:P-…". seq: of the record that speaks of it last; 0: none.

    said, found: by column, what the record says and what stands there, as far as they differ; of a removed row all it was.
    """

    name: str
    wrong: Wrong
    seq: int
    said: Imprint
    found: Imprint


class _Detail(msgspec.Struct, frozen=True):
    rows: Rows = {}


class Recorded:
    """What the record says last of each row, as it is read."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, Imprint | None]] = {}

    def read(self, rows: Sequence[AuditRow]) -> None:
        """The next rows of the record."""
        for row in rows:
            if _MARK in row.detail:
                self._last |= {name: (row.seq, imprint) for name, imprint in _rows(row).items()}

    def __contains__(self, name: str) -> bool:
        return name in self._last

    def strays(self, context: Context, tx: Connection) -> Iterator[Stray]:
        """Of the whole record: compare every row."""
        left = {name: said for name, said in self._last.items() if said[1] is not None}
        for name, found in imprints.all_of(context, tx):
            left.pop(name, None)
            seq, said = self._last.get(name, (0, None))
            if said is None:
                yield Stray(name, Wrong.PUT_BACK if seq else Wrong.PUT_IN, seq, {}, {})
            elif names := [key for key in said.keys() & found.keys() if said[key] != found[key]]:
                names.sort()  # what only one of them has came, or went, with another version
                yield Stray(name, Wrong.CHANGED, seq, _some(said, names), _some(found, names))
        for name, (seq, said) in left.items():
            yield Stray(name, Wrong.REMOVED, seq, said or {}, {})


def _rows(row: AuditRow) -> Rows:
    try:
        return msgspec.json.decode(row.detail, type=_Detail).rows
    except msgspec.DecodeError:
        return {}  # another row of that name


def _some(imprint: Imprint, names: Sequence[str]) -> Imprint:
    return {name: imprint.get(name) for name in names}
