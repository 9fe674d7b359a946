"""The records of a long table, column by column: `Rows` say of all rows what `table_rows` says of each.

In: the personal columns. Out: arrays of hashes. Distinct values are read once.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import numpy as np

from mailguard.detect.categorical import Categorical, together
from mailguard.detect.cells import houses, nobodys, several, told, tying
from mailguard.detect.forms import forms
from mailguard.detect.layout import Column
from mailguard.detect.personal import Personal
from mailguard.detect.rows import Entries, Numbers, Places, Rows
from mailguard.detect.table_names import Flags, Names, hashed, names, salted
from mailguard.model import Kind

_LONG_PHONE = 17  # characters from which a cell may hold two


def records(personal: Personal) -> Rows:
    """Every row that names or identifies somebody, then the staff."""
    height = personal.height
    found = _names(personal)
    named = np.zeros(height, bool)
    named[found.rows] = True
    ties = Entries.joined([*map(_ties, personal.ties), *map(_addresses, personal.addresses)])
    idents = Entries.joined([_idents(column, ~named) for column in personal.idents])
    kept = named.copy()
    kept[idents.rows] = True
    place = np.cumsum(kept, dtype=np.int32) - np.int32(1)
    place[~kept] = -1
    ties, idents = ties.among(place), idents.among(place)
    unsure = place[np.fromiter(personal.unsure, np.int64, len(personal.unsure))]
    return _with_staff(personal, replace(found, rows=place[found.rows]), ties, idents, int(kept.sum()), unsure)


def _names(personal: Personal) -> Names:
    parts = [part for group in personal.groups for part in names(group)]
    if not parts:
        none = np.empty(0, np.int64)
        return Names(np.empty(0, np.int32), none, none, none, np.empty(0, bool))
    return Names.joined(parts)


def _with_staff(personal: Personal, found: Names, ties: Entries, idents: Entries, height: int, unsure: Places) -> Rows:
    staff = np.array([], np.int64)
    if personal.staff:
        parts = [part for group in personal.staff for part in names(group)]
        staff = np.unique(np.concatenate([part.forms for part in parts])) if parts else staff
    below = np.arange(height, height + len(staff), dtype=np.int32)
    nothing = bytes(8 * len(staff))
    return Rows(
        height=height + len(staff),
        named=found.rows.tobytes() + below.tobytes(),
        names=found.forms.tobytes() + staff.tobytes(),
        readings=found.readings.tobytes() + nothing,
        families=found.families.tobytes() + nothing,
        spelt=found.spelt.tobytes() + bytes(len(staff)),
        tied=ties.rows.tobytes() + below.tobytes(),
        ties=ties.hashes.tobytes() + np.array([hash(("staff", form)) for form in staff.tolist()], np.int64).tobytes(),
        identified=idents.rows.tobytes(),
        idents=idents.hashes.tobytes(),
        unsure=unsure[unsure >= 0].astype(np.int32).tobytes(),
    )


def _spread(cells: Categorical, hashes: Numbers) -> Entries:
    """One hash a value becomes one a row; 0 is none."""
    spread = hashes[cells.codes]
    rows = np.flatnonzero(spread).astype(np.int32)
    return Entries(rows, spread[rows])


def _ties(column: Column) -> Entries:
    kind, cells = column.kind, column.cells
    tells, found = cells.each(kind, told), cells.each(kind, forms)
    listing = _listing(kind, cells.values, tells)
    alone = np.fromiter(tells, bool, len(tells))
    if listing:
        alone &= ~np.array(listing, bool)
    if gone := nobodys(kind, list(compress(found, alone))):
        alone &= [form not in gone for form in found]
    parts = [_spread(cells, np.where(alone, salted(str(kind), cells.hashes(kind, forms)), 0))]
    if listing:
        rows = cells.rows(listing)
        lists = [(row, part) for row in rows for part in tying(kind, forms(kind, several(kind, cells[row]))) if part]
        at = np.array([row for row, _ in lists], np.int32)
        parts.append(Entries(at, hashed(str(kind), [part for _, part in lists])))
    return Entries.joined(parts)


def _listing(kind: Kind, values: Sequence[str], tells: Sequence[bool]) -> list[bool]:
    """Which cells may hold several contacts; nothing where none does."""
    if kind is Kind.EMAIL and "".join(values).count("@") == sum(tells):  # one in each that tells, and no more
        return []
    if kind is Kind.PHONE and len(max(values, key=len, default="")) <= _LONG_PHONE:
        return []
    listing = [
        tell and (value.count("@") > 1 if kind is Kind.EMAIL else len(value) > _LONG_PHONE)
        for value, tell in zip(values, tells, strict=True)
    ]
    return listing if any(listing) else []


def _addresses(columns: list[Column]) -> Entries:
    cells = together([column.cells for column in columns])
    return _spread(cells, hashed(str(Kind.ADDRESS), houses(cells.values, cells.each(Kind.ADDRESS, forms))))


def _idents(column: Column, nameless: Flags) -> Entries:
    """What identifies rows that name nobody."""
    rows = np.flatnonzero(nameless)
    codes = column.cells.codes[rows]
    met, number = np.unique(codes, return_inverse=True)
    values = [column.cells.values[code] for code in met.tolist()]
    flags = told(column.kind, values)
    hashes = hashed(str(column.kind), [value if flag else "" for value, flag in zip(values, flags, strict=True)])
    spread = hashes[number]
    kept = spread != 0
    return Entries(rows[kept].astype(np.int32), spread[kept])
