"""The persons that a group of name columns names, for all rows at once: distinct names are read once.

In: a group of columns. Out: `Named` arrays: row, hashes of form, reading and family. `named` says the same of a single row.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mailguard.detect import forms, named
from mailguard.detect.categorical import Categorical, combined
from mailguard.detect.cells import told
from mailguard.detect.layout import Column
from mailguard.detect.mask import hides, masked_already
from mailguard.detect.name_groups import NameGroup
from mailguard.detect.persons import salt
from mailguard.detect.rows import Numbers, Places
from mailguard.model import Kind

Flags = NDArray[np.bool_]
_SPELT = re.compile(f"{forms.UNIT}[ぁ-ゖァ-ヶー -~]")  # how a name in kana or Latin letters begins


@dataclass(frozen=True, slots=True)
class Names:
    """One entry a name: its row, hashes of form, reading and family (0 where unknown), whether kana or Latin letters spell it."""

    rows: Places
    forms: Numbers
    readings: Numbers
    families: Numbers
    spelt: Flags

    @classmethod
    def joined(cls, parts: "Sequence[Names]") -> "Names":
        """Those of several groups, each name of a row once, in the order of the rows."""
        rows = np.concatenate([part.rows for part in parts])
        found = [np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__[1:]]
        order = np.argsort(rows, kind="stable")
        if len(parts) > 1 or (np.diff(rows[order]) == 0).any():
            _, number = np.unique(found[0], return_inverse=True)
            _, first = np.unique(rows.astype(np.int64) * (int(number.max(initial=0)) + 1) + number, return_index=True)
            once = np.zeros(len(rows), bool)
            once[first] = True
            order = order[once[order]]
        return cls(rows[order], *(values[order] for values in found))


def hashed(label: str, values: Sequence[str]) -> Numbers:
    """Hashes as `persons.hashes` makes them; 0 of nothing."""
    return salted(label, np.fromiter(map(hash, values), np.int64, len(values)))


def salted(label: str, hashes: Numbers) -> Numbers:
    """The same from hashes of the values alone; that of "" is 0."""
    return np.where(hashes != 0, hashes ^ salt(label), 0)


def names(group: NameGroup) -> list[Names]:
    """The persons of all rows."""
    whole, kana = _joined(group.names), _joined(group.kana)
    height = len((group.names or group.kana)[0].cells)
    family = next((column.cells for column in group.names if column.piece == "family"), None)
    filled = whole.full if whole else np.zeros(height, bool)
    spelt_out = kana.full if kana else np.zeros(height, bool)
    single = np.zeros(height, bool)
    if whole:
        single = _single(group, whole)
    alone = spelt_out & ~filled
    if family is not None:
        odd = alone & family.full  # furigana beside a placeholder
        single, alone = single | odd, alone & ~odd
    parts = []
    if whole and (plain := np.flatnonzero(filled & ~single)).size:
        parts.append(_whole(plain, whole, kana, family))
    if kana and (rows := np.flatnonzero(alone & ~_hidden(group.names, height))).size:
        parts.append(_kana(rows, kana))
    if single.any():
        parts.append(_singly(group, np.flatnonzero(single), [part for part in (whole, kana, family) if part]))
    return parts


def _readings(kind: Kind, values: Sequence[str]) -> list[str]:
    del kind
    return forms.readings(values)


def _flags(cells: Categorical, test: Callable[[str], bool]) -> Flags:
    found: Flags = np.array([test(value) for value in cells.values], np.bool_)[cells.codes]
    return found


def _single(group: NameGroup, whole: Categorical) -> Flags:
    """Rows whose cell may name several."""
    if not named.one_by_one(group, forms.UNIT.join(whole.values)):
        return np.zeros(len(whole), bool)
    return _flags(whole, lambda value: bool(value) and named.one_by_one(group, value))


def _joined(columns: Sequence[Column]) -> Categorical | None:
    """What stands in the columns of one name, joined; nothing where no cell tells."""
    if not columns:
        return None
    if len(columns) == 1:
        cells = columns[0].cells
        flags = cells.each(Kind.NAME, told)
        return cells.renamed([value if flag else "" for value, flag in zip(cells.values, flags, strict=True)])
    codes, first = combined([column.cells.codes for column in columns])
    parts = [[column.cells.values[code] for code in column.cells.codes[first].tolist()] for column in columns]
    flags = [any(cells) for cells in zip(*(told(Kind.NAME, part) for part in parts), strict=True)]
    joined = ["".join(cells) if flag else "" for cells, flag in zip(zip(*parts, strict=True), flags, strict=True)]
    return Categorical.merged(joined, codes)


def _hidden(columns: Sequence[Column], height: int) -> Flags:
    hidden = np.zeros(height, bool)
    for column in columns:
        if hides(forms.UNIT.join(column.cells.values)):
            hidden |= _flags(column.cells, masked_already)
    return hidden


def _whole(rows: NDArray[np.intp], whole: Categorical, kana: Categorical | None, family: Categorical | None) -> Names:
    """Rows whose cells name one person."""
    codes = whole.codes[rows]
    form = whole.each(Kind.NAME, forms.forms)
    spelt, reading = _own_readings(whole.values, form)
    reading = reading[codes]
    if kana:
        beside = hashed("reading", kana.each(Kind.NAME_KANA, _readings))[kana.codes[rows]]
        reading = np.where(beside != 0, beside, reading)
    shown = salted("name", whole.hashes(Kind.NAME, forms.forms))[codes]
    kept = shown != 0
    spelt_out = spelt[codes] & (reading != 0)
    surname = _surnames(rows, whole, form, family)
    return Names(rows[kept].astype(np.int32), shown[kept], reading[kept], surname[kept], spelt_out[kept])


def _own_readings(values: Sequence[str], form: Sequence[str]) -> tuple[Flags, Numbers]:
    """(which names kana or Latin letters spell, the reading of those); most tables have none."""
    if not _SPELT.search(forms.UNIT + forms.UNIT.join(form)):
        return np.zeros(len(form), bool), np.zeros(len(form), np.int64)
    spelt = [bool(text) and named.spelt(text) for text in form]
    own = forms.readings([value if flag else "" for value, flag in zip(values, spelt, strict=True)])
    return np.array(spelt, bool), hashed("reading", own)


def _surnames(rows: NDArray[np.intp], whole: Categorical, form: list[str], family: Categorical | None) -> Numbers:
    if family is None:
        told_by = [named.surname(value, text) if value else "" for value, text in zip(whole.values, form, strict=True)]
        return hashed("name", forms.names(told_by))[whole.codes[rows]]
    surname = hashed("name", forms.names(family.values))[family.codes[rows]]
    bare = np.flatnonzero(~family.full[rows])
    for code in np.unique(whole.codes[rows][bare]).tolist():
        [found] = hashed("name", forms.names([named.surname(whole.values[code], form[code])]))
        surname[bare[whole.codes[rows][bare] == code]] = found
    return surname


def _kana(rows: NDArray[np.intp], kana: Categorical) -> Names:
    """Rows whose furigana stands alone."""
    codes = kana.codes[rows]
    form = kana.each(Kind.NAME_KANA, forms.forms)
    shown, reading = hashed("name", form)[codes], hashed("reading", kana.each(Kind.NAME_KANA, _readings))[codes]
    spelt = np.array([named.spelt(text) for text in form], bool)[codes] & (reading != 0)
    kept = shown != 0
    families = np.zeros(int(kept.sum()), np.int64)
    return Names(rows[kept].astype(np.int32), shown[kept], reading[kept], families, spelt[kept])


def _singly(group: NameGroup, rows: NDArray[np.intp], cells: Sequence[Categorical]) -> Names:
    """Rows that may name several persons: each combination of cells is read as a row is."""
    codes, first = combined([column.codes[rows] for column in cells])
    met = [[one for one in named.names_of(group, row) if one.form] for row in rows[first].tolist()]
    each = [(row, one) for row, code in zip(rows.tolist(), codes.tolist(), strict=True) for one in met[code]]
    people = [one for _, one in each]
    return Names(
        np.array([row for row, _ in each], np.int32),
        hashed("name", [one.form for one in people]),
        hashed("reading", [one.reading for one in people]),
        hashed("name", [one.family for one in people]),
        np.array([bool(one.reading) and named.spelt(one.form) for one in people], bool),
    )
