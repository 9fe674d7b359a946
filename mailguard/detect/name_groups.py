"""Which columns together name one person of each row, and which name those who serve many rows.

In: decided columns. Out: groups of name columns with their furigana, the rows' own and the staff's.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from mailguard.detect.categorical import together
from mailguard.detect.forms import UNIT
from mailguard.detect.layout import Column
from mailguard.model import Kind

_FEW = 4  # a name column with so many rows a name, beside another, names staff


@dataclass(frozen=True, slots=True)
class NameGroup:
    """The columns that together name one person of each row; kana stands in where the others are empty."""

    names: tuple[Column, ...]
    kana: tuple[Column, ...]


def name_groups(columns: Sequence[Column]) -> list[NameGroup]:
    """Names with their furigana: by role where the header gives one, else furigana belongs to the name before it."""
    groups: list[tuple[list[Column], list[Column]]] = []
    for column in columns:
        if column.kind is Kind.NAME:
            _place(groups, column, 0)
    for column in columns:
        if column.kind is Kind.NAME_KANA:
            _attach(groups, column)
    return [NameGroup(tuple(sorted(names, key=_given)), tuple(sorted(kana, key=_given))) for names, kana in groups]


def _given(column: Column) -> bool:
    return column.piece == "given"


def _place(groups: list[tuple[list[Column], list[Column]]], column: Column, slot: int) -> None:
    """A given name joins the family name before it; anything else opens a group."""
    for group in reversed(groups):
        halves = {other.piece for other in group[slot]}
        fits = column.piece != "full" and halves and not halves & {"full", column.piece}
        if fits and group[slot][0].role == column.role:
            group[slot].append(column)
            return
    fresh: tuple[list[Column], list[Column]] = ([], [])
    fresh[slot].append(column)
    groups.append(fresh)


def _attach(groups: list[tuple[list[Column], list[Column]]], column: Column) -> None:
    """Furigana is not another person: it belongs to the name whose header is most like its own, else to the one before it."""
    open_groups = [group for group in groups if _takes(group[1], column)]
    if not open_groups:
        groups.append(([], [column]))
        return

    def likeness(group: tuple[list[Column], list[Column]]) -> tuple[int, bool, int]:
        first = (group[0] or group[1])[0]
        before = first.index < column.index
        return _shared(first.title, column.title), before, -abs(first.index - column.index)

    max(open_groups, key=likeness)[1].append(column)


def _shared(left: str, right: str) -> int:
    """How many characters two headers have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))


def _takes(kana: Sequence[Column], column: Column) -> bool:
    pieces = {other.piece for other in kana}
    return not pieces or ("full" not in pieces and column.piece != "full" and column.piece not in pieces)


def staff_apart(groups: list[NameGroup], *, organisations: bool) -> tuple[list[NameGroup], list[NameGroup]]:
    """Groups of the rows' own persons, and of those who serve many rows: few names beside a column of many."""
    if len(groups) < 2:
        return groups, []
    sizes = [_distinct(group) for group in groups]
    most = max(distinct for distinct, _ in sizes)
    own: list[NameGroup] = []
    staff: list[NameGroup] = []
    for group, (distinct, filled) in zip(groups, sizes, strict=True):
        few = filled >= 3 * _FEW and distinct * _FEW <= filled and most >= 3 * distinct
        repeated = not organisations and 2 * distinct <= filled
        titled = repeated and any(column.staff for column in group.names)
        (staff if few or titled else own).append(group)
    return (own, staff) if own else (groups, [])


def _distinct(group: NameGroup) -> tuple[int, int]:
    """How many names a group has, and in how many rows."""
    cells = together([column.cells for column in group.names or group.kana], between=UNIT)
    met = [
        value for value, count in zip(cells.values, cells.counts.tolist(), strict=True) if count and value.strip(UNIT)
    ]
    return len(met), int(cells.counts[[bool(value.strip(UNIT)) for value in cells.values]].sum())


def by_role(columns: Sequence[Column]) -> list[list[Column]]:
    """Columns of the same role together: an address may be spread over several."""
    groups: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        groups[column.role].append(column)
    return list(groups.values())
