"""Tables: columns become findings, rows become records of persons.

In: a Table and the digest of its file. Out: Evidence. Never decides by a single cell.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from mailguard import normal
from mailguard.detect.columns import Column, Layout
from mailguard.detect.evidence import Evidence, Values, contacts, name_digests
from mailguard.detect.mask import masked_already
from mailguard.detect.persons import Record, hashes
from mailguard.digest import Digester
from mailguard.model import PEOPLE, Finding, Kind, PartPath, Person, Table

_BLANK = {
    "",
    "-",
    "なし",
    "無し",
    "無",
    "不明",
    "未定",
    "未登録",
    "同上",
    "null",
    "none",
    "n/a",
    "na",
    "nan",
    "無回答",
    "未記入",
    "匿名",
}
_NAMES = (Kind.NAME, Kind.NAME_KANA)
_IDENTS = (Kind.MEMBER_NUMBER, Kind.EMPLOYEE_NUMBER, Kind.EMAIL, Kind.PHONE)
_SEVERAL = re.compile(r"[、,，/／;；&＆\n]")
_HAS_NUMBER = re.compile(r"[0-9]")
_CUT_OFF = re.compile(r"[*＊●■×]")  # 粟窪********: where the house number was hidden nobody is tied


@dataclass(frozen=True, slots=True)
class _NameGroup:
    """The columns that together name one person of each row; kana stands in where the others are empty."""

    names: tuple[Column, ...]
    kana: tuple[Column, ...]


def table_evidence(table: Table, layout: Layout, digester: Digester, key: bytes) -> Evidence:
    """Findings by column, and the persons of all rows."""
    findings = tuple(_findings(layout, digester, table.path, key))
    if not findings:
        return Evidence()
    rows = _Rows(layout)
    records = tuple(record for record in map(rows.record, range(rows.height)) if record.names or record.idents)
    people = tuple(rows.people(table.path, digester, key)) if len(records) <= PEOPLE else ()
    return Evidence(findings, records, people[:PEOPLE], crowded=len(records) > PEOPLE or len(people) > PEOPLE)


def _findings(layout: Layout, digester: Digester, path: PartPath, key: bytes) -> Iterator[Finding]:
    for column in layout.columns:
        values = Values(column.kind, f"table.{column.kind}", column.confidence)
        values.clear = [cell for cell in column.cells if _tells(column.kind, cell)]
        if values.clear:
            where = f"列 {layout.title(column.index)}"
            yield values.finding(digester, path, where, key, organisation=column.organisation)


def _tells(kind: Kind, cell: str) -> bool:
    """Whether a cell of a decided column really holds a value: no blank, no placeholder, no hidden name."""
    if cell.casefold() in _BLANK or not any(char.isalnum() for char in cell):
        return False
    if kind in _NAMES:
        return not masked_already(cell)
    if kind is Kind.PHONE:
        return sum(char.isdecimal() for char in cell) >= 9
    if kind is Kind.EMAIL:
        return "@" in cell
    return True


class _Rows:
    """Reads persons and contacts row by row from decided columns."""

    def __init__(self, layout: Layout) -> None:
        columns = layout.columns
        self.height = len(columns[0].cells)
        self._groups = _name_groups(columns)
        personal = [column for column in columns if not column.organisation]
        self._ties = [column for column in personal if column.kind in {Kind.EMAIL, Kind.PHONE}]
        self._addresses = _by_role([column for column in personal if column.kind is Kind.ADDRESS])
        self._idents = [column for kind in _IDENTS for column in personal if column.kind is kind]
        if layout.organisations:
            self._ties, self._addresses, self._idents = [], [], []

    def names(self, row: int) -> list[str]:
        """Normalised names in a row, each person once."""
        return list(dict.fromkeys(form for group in self._groups for form in _names(group, row)))

    def ties(self, row: int) -> list[tuple[Kind, str]]:
        """Contacts of a row; an address ties only with a house number in it."""
        found = [(c.kind, c.cells[row]) for c in self._ties if _tells(c.kind, c.cells[row])]
        for columns in self._addresses:
            joined = "".join(column.cells[row] for column in columns)
            if _HAS_NUMBER.search(normal.address(joined)) and not _CUT_OFF.search(joined):
                found.append((Kind.ADDRESS, joined))
        return found

    def idents(self, row: int) -> list[tuple[str, str]]:
        """What tells a person without a name from others, the best first."""
        return [(str(c.kind), c.cells[row]) for c in self._idents if _tells(c.kind, c.cells[row])]

    def record(self, row: int) -> Record:
        """A row as the count of persons needs it."""
        return Record(
            names=hashes(("name", name) for name in self.names(row)),
            ties=hashes((str(kind), tie_form(kind, value)) for kind, value in self.ties(row)),
            idents=hashes(self.idents(row)),
        )

    def people(self, path: PartPath, digester: Digester, key: bytes) -> Iterator[Person]:
        """The persons of a small table one by one."""
        for row in range(self.height):
            tied = contacts(digester, self.ties(row))
            for name in self.names(row) or ([""] if tied or self.idents(row) else []):
                names = name_digests(digester, name) if name else ()
                yield Person(path, f"行 {row + 1}", names, tied, identified=True, key=key)


def tie_form(kind: Kind, value: str) -> str:
    """The form that ties; placeholders such as 000-0000-0000 tie nobody."""
    if kind is Kind.EMAIL:
        return normal.email(value)
    if kind is Kind.PHONE:
        digits = normal.phone(value)
        return "" if len(set(digits[3:])) <= 1 else digits
    return normal.address(value)


def _by_role(columns: Sequence[Column]) -> list[list[Column]]:
    groups: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        groups[column.role].append(column)
    return list(groups.values())


def _name_groups(columns: Sequence[Column]) -> list[_NameGroup]:
    """Names with their furigana: by role where the header gives one, else furigana belongs to the name before it."""
    groups: list[tuple[list[Column], list[Column]]] = []
    for column in columns:
        if column.kind is Kind.NAME:
            _place(groups, column, 0)
    for column in columns:
        if column.kind is Kind.NAME_KANA:
            _attach(groups, column)
    return [_NameGroup(tuple(names), tuple(kana)) for names, kana in groups]


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


def _names(group: _NameGroup, row: int) -> Iterator[str]:
    whole = _joined(group.names, row)
    if whole:
        for piece in _SEVERAL.split(whole) if _SEVERAL.search(whole) else [whole]:
            if normal.name(piece):
                yield normal.name(piece)
    elif not _hidden(group.names, row):
        kana = _joined(group.kana, row)
        if kana:
            yield normal.kana(kana)


def _joined(columns: Sequence[Column], row: int) -> str:
    ordered = sorted(columns, key=lambda column: column.piece == "given")
    cells = [column.cells[row] for column in ordered]
    return "".join(cells) if any(_tells(Kind.NAME, cell) for cell in cells) else ""


def _hidden(columns: Sequence[Column], row: int) -> bool:
    return any(masked_already(column.cells[row]) for column in columns)
