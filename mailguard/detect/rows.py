"""Records of a whole table in arrays: what `Record` says of one row, for all rows together.

In: for names, contacts and identifiers the rows they stand in and their hashes. Out: `Rows`, plain bytes that may cross to another
worker. Rows that name nobody and have no identifier are no records and are left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mailguard.detect.persons import Record

Numbers = NDArray[np.int64]
Places = NDArray[np.int32]


def once(numbers: Numbers) -> Numbers:
    """Each number once, in order. `numpy.unique` goes by hashes, which takes several times as long for many."""
    return in_order(np.sort(numbers))


def in_order(ordered: Numbers) -> Numbers:
    """The same of numbers that are in order."""
    kept = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=kept[1:])
    return ordered[kept]


@dataclass(frozen=True, slots=True)
class Rows:
    """height: records. Pairs of arrays, as bytes: row (int32) and hash (int64) of names, ties and idents in the order of `Record`.

    readings, families: beside each name, 0 where unknown; spelt: a byte each. unsure: rows that may be nobody.
    """

    height: int
    named: bytes = b""
    names: bytes = b""
    readings: bytes = b""
    families: bytes = b""
    spelt: bytes = b""
    tied: bytes = b""
    ties: bytes = b""
    identified: bytes = b""
    idents: bytes = b""
    unsure: bytes = b""

    @property
    def size(self) -> int:
        """Bytes held."""
        return 8 * (len(self.named) + len(self.tied) + len(self.identified)) // 4


@dataclass(frozen=True, slots=True)
class Entries:
    """Hashes and the rows they stand in, in the order of the rows."""

    rows: Places
    hashes: Numbers

    @classmethod
    def none(cls) -> "Entries":
        """No entries."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int64))

    @classmethod
    def joined(cls, parts: "list[Entries]") -> "Entries":
        """Those of several columns; of a row the first column's first."""
        if not parts:
            return cls.none()
        rows = np.concatenate([part.rows for part in parts])
        order = np.argsort(rows, kind="stable")
        return cls(rows[order], np.concatenate([part.hashes for part in parts])[order])

    def only(self, kept: NDArray[np.bool_]) -> "Entries":
        """Those that are flagged."""
        return Entries(self.rows[kept], self.hashes[kept])

    def among(self, place: Places) -> "Entries":
        """Those of the rows that `place` gives a new number, the others left out (-1)."""
        rows = place[self.rows]
        kept = rows >= 0
        return Entries(rows[kept], self.hashes[kept])


@dataclass(frozen=True, slots=True)
class Long:
    """All records of a message: `Rows` and single records one below the other, as arrays."""

    height: int
    names: Entries
    readings: Numbers
    families: Numbers
    spelt: NDArray[np.bool_]
    ties: Entries
    idents: Entries
    loose: NDArray[np.bool_]
    unsure: bool


def long(records: tuple[Record, ...] | list[Record], tables: "tuple[Rows, ...] | list[Rows]") -> Long:
    """Put everything below each other, tables first."""
    blocks = [*tables, packed(records)] if records else list(tables)
    starts = np.cumsum([0, *(block.height for block in blocks)])
    height = int(starts[-1])

    def entries(rows: str, hashes: str) -> Entries:
        places = [
            found + np.int32(start) if start else found
            for found, start in zip((np.frombuffer(getattr(b, rows), np.int32) for b in blocks), starts, strict=False)
        ]
        return Entries(_below(places), column(hashes, np.int64))

    def column(name: str, dtype: type) -> NDArray:  # type: ignore[type-arg]
        return _below([np.frombuffer(getattr(block, name), dtype) for block in blocks])

    loose = np.zeros(height, bool)
    if records:
        loose[height - len(records) :] = [record.loose for record in records]
    return Long(
        height=height,
        names=entries("named", "names"),
        readings=column("readings", np.int64),
        families=column("families", np.int64),
        spelt=column("spelt", np.bool_),
        ties=entries("tied", "ties"),
        idents=entries("identified", "idents"),
        loose=loose,
        unsure=any(block.unsure for block in blocks),
    )


def _below(parts: list[NDArray]) -> NDArray:  # type: ignore[type-arg]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def merged(parts: list[Rows]) -> Rows:
    """Tables below each other as one. `parts` is emptied: what it held need not stand in memory twice."""
    starts = np.cumsum([0, *(part.height for part in parts)])
    fields = {name: [getattr(part, name) for part in parts] for name in Rows.__slots__[1:]}
    parts.clear()
    joined: dict[str, bytes] = {}
    for name in Rows.__slots__[1:]:
        pieces = fields.pop(name)
        if name in {"named", "tied", "identified", "unsure"}:
            pieces = [
                (np.frombuffer(piece, np.int32) + np.int32(start)).tobytes()
                for piece, start in zip(pieces, starts, strict=False)
            ]
        joined[name] = b"".join(pieces)
    return Rows(int(starts[-1]), **joined)


def packed(records: tuple[Record, ...] | list[Record]) -> Rows:
    """Single records as `Rows`; what is loose is told beside it."""
    named = [(row, at, name) for row, record in enumerate(records) for at, name in enumerate(record.names)]
    tied = [(row, tie) for row, record in enumerate(records) for tie in record.ties]
    identified = [(row, ident) for row, record in enumerate(records) for ident in record.idents]

    def beside(field: str) -> bytes:
        values = [getattr(records[row], field) for row, _, _ in named]
        found = [value[at] if at < len(value) else 0 for value, (_, at, _) in zip(values, named, strict=True)]
        return np.array(found, np.int64).tobytes()

    return Rows(
        height=len(records),
        named=np.array([row for row, _, _ in named], np.int32).tobytes(),
        names=np.array([name for _, _, name in named], np.int64).tobytes(),
        readings=beside("readings"),
        families=beside("families"),
        spelt=bytes(name in records[row].spelt for row, _, name in named),
        tied=np.array([row for row, _ in tied], np.int32).tobytes(),
        ties=np.array([tie for _, tie in tied], np.int64).tobytes(),
        identified=np.array([row for row, _ in identified], np.int32).tobytes(),
        idents=np.array([ident for _, ident in identified], np.int64).tobytes(),
        unsure=np.array([row for row, record in enumerate(records) if record.unsure], np.int32).tobytes(),
    )
