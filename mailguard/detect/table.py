"""Tables: columns become findings, rows become records of persons.

In: a Table and the digest of its file. Out: Evidence. Never decides by a single cell.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from mailguard import normal
from mailguard.detect.cells import house, several, tells, tie_form
from mailguard.detect.evidence import Evidence, Values, contacts, name_digests
from mailguard.detect.layout import Column, Layout
from mailguard.detect.mask import masked_already
from mailguard.detect.organisation import shared_mailbox
from mailguard.detect.person_dictionary import load
from mailguard.detect.persons import Record, aligned, hashes
from mailguard.digest import Digester
from mailguard.model import PEOPLE, Finding, Kind, PartPath, Person, Table

_IDENTS = (Kind.MEMBER_NUMBER, Kind.EMPLOYEE_NUMBER, Kind.EMAIL, Kind.PHONE)
_SEVERAL = re.compile(r"[、,，/／;；&＆\n]")
_AND = re.compile(r"[、,，/／;；&＆\n・ ]|(?<=[^ ])と(?=[^ ])")
_APART = re.compile(r"[、,，/／;；&＆\n・ ]")
_KANA_OR_LATIN = re.compile(r"[ぁ-ゖァ-ヶー]+|[ -~]+")
_KATAKANA = re.compile(r"[ァ-ヶー・ ]+")
_BEHIND = re.compile(r" ?\([^)]*\)")
_FEW = 4  # a name column with so many rows a name, beside another, names staff


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
    records = tuple(record for record in rows.records() if record.names or record.idents)
    people = tuple(rows.people(table.path, digester, key)) if len(records) <= PEOPLE else ()
    return Evidence(findings, records, people[:PEOPLE], crowded=len(records) > PEOPLE or len(people) > PEOPLE)


def _findings(layout: Layout, digester: Digester, path: PartPath, key: bytes) -> Iterator[Finding]:
    for column in layout.columns:
        values = Values(column.kind, f"table.{column.kind}", column.confidence)
        told = [(row, cell) for row, cell in enumerate(column.cells) if cell and tells(column.kind, cell)]
        values.clear = [cell for _, cell in told]
        values.blocks = [_block(row) for row, _ in told]
        if values.clear:
            where = f"列 {layout.title(column.index)}"
            yield values.finding(digester, path, where, key, organisation=column.organisation)


class _Rows:
    """Reads persons and contacts row by row from decided columns."""

    def __init__(self, layout: Layout) -> None:
        columns = layout.columns
        self.height = len(columns[0].cells)
        self._unsure = layout.unsure
        self._groups, self._staff = _staff_apart(_name_groups(columns), organisations=layout.beside_organisations)
        personal = [column for column in columns if not column.organisation and not column.staff]
        self._ties = [column for column in personal if column.kind in {Kind.EMAIL, Kind.PHONE}]
        self._addresses = _by_role([column for column in personal if column.kind is Kind.ADDRESS])
        self._idents = [column for kind in _IDENTS for column in personal if column.kind is kind]
        if layout.organisations:
            self._ties, self._addresses, self._idents = [], [], []

    def names(self, row: int) -> list["_Named"]:
        """The persons named in a row, each once."""
        found: dict[str, _Named] = {}
        for group in self._groups:
            for named in _names(group, row):
                found.setdefault(named.form, named)
        return list(found.values())

    def staff(self) -> dict[str, int]:
        """Those who serve many rows, once a name, with the first row that names them."""
        found: dict[str, int] = {}
        for group in self._staff:
            for row in range(self.height):
                for named in _names(group, row):
                    found.setdefault(named.form, row)
        return found

    def ties(self, row: int) -> list[tuple[Kind, str]]:
        """Contacts of a row; an address ties only with a house number in it."""
        found = [
            (c.kind, one)
            for c in self._ties
            if c.cells[row] and tells(c.kind, c.cells[row])
            for one in several(c.kind, c.cells[row])
        ]
        for columns in self._addresses:
            joined = "".join(column.cells[row] for column in columns)
            if house(joined):
                found.append((Kind.ADDRESS, joined))
        return found

    def idents(self, row: int) -> list[tuple[str, str]]:
        """What tells a person without a name from others, the best first."""
        return [(str(c.kind), c.cells[row]) for c in self._idents if tells(c.kind, c.cells[row])]

    def records(self) -> Iterator[Record]:
        """The rows as the count of persons needs them, then the staff."""
        yield from map(self._record, range(self.height))
        for name in self.staff():
            yield Record(hashes([("name", name)]), hashes([("staff", name)]))

    def _record(self, row: int) -> Record:
        named = self.names(row)
        return Record(
            names=hashes(("name", one.form) for one in named),
            ties=hashes((str(kind), tie_form(kind, value)) for kind, value in self.ties(row)),
            idents=hashes(self.idents(row)),
            readings=aligned("reading", [one.reading for one in named]),
            families=aligned("name", [one.family for one in named]),
            spelt=hashes(("name", one.form) for one in named if one.reading and _KANA_OR_LATIN.fullmatch(one.form)),
            unsure=row in self._unsure,
        )

    def people(self, path: PartPath, digester: Digester, key: bytes) -> Iterator[Person]:
        """The persons of a small table one by one."""
        for row in range(self.height):
            tied = contacts(digester, self.ties(row))
            forms = [one.form for one in self.names(row)]
            for name in forms or ([""] if tied or self.idents(row) else []):
                names = name_digests(digester, name) if name else ()
                yield Person(path, _block(row), names, tied, self._emails(row, digester), identified=True, key=key)

        for name, row in self.staff().items():
            yield Person(path, _block(row), name_digests(digester, name), identified=True, key=key)

    def _emails(self, row: int, digester: Digester) -> tuple[bytes, ...]:
        found = [value for kind, value in self.ties(row) if kind is Kind.EMAIL and not shared_mailbox(value)]
        return tuple(map(digester.email, found))


def _block(row: int) -> str:
    return f"行 {row + 1}"


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
    return [_NameGroup(tuple(sorted(names, key=_given)), tuple(sorted(kana, key=_given))) for names, kana in groups]


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


@dataclass(frozen=True, slots=True)
class _Named:
    """form: normalised name, or its furigana where that stands alone; reading and family: "" where unknown."""

    form: str
    reading: str = ""
    family: str = ""


def _names(group: _NameGroup, row: int) -> Iterator[_Named]:
    whole = _joined(group.names, row)
    kana = _joined(group.kana, row)
    if whole:
        pieces = _pieces(group, whole)
        if len(pieces) == 1:
            yield _named(pieces[0], _family_cell(group, row), kana)
        else:
            yield from (_named(piece, "", "") for piece in pieces if normal.name(piece) and tells(Kind.NAME, piece))
    elif kana and not _hidden(group.names, row):
        yield _Named(normal.kana(kana), normal.reading(kana), _family_cell(group, row))


def _pieces(group: _NameGroup, whole: str) -> list[str]:
    """A cell may name several: full names, or, where the column is known to list them, given names."""
    if "・" in whole or group.names[0].several:
        bare = _BEHIND.sub("", whole)
        pieces = [piece.strip() for piece in bare.split("・")]
        if len(pieces) > 1 and all(map(_full, pieces)):
            return pieces
        if group.names[0].several and not load().is_given(bare):
            pieces = [piece for piece in _AND.split(bare) if piece]
            return pieces if all(map(_known, pieces)) else [piece for piece in _APART.split(bare) if piece]
    return _SEVERAL.split(whole) if _SEVERAL.search(whole) else [whole]


def _full(name: str) -> bool:
    _, space, given = name.partition(" ")
    return (bool(space and given) and not _KATAKANA.fullmatch(name)) or load().split(normal.name(name)) > 0


def _known(name: str) -> bool:
    return len(name) > 1 or load().is_given(name)


def _named(name: str, family: str, kana: str) -> _Named:
    form = normal.name(name)
    if not family and "・" not in name:
        left, space, right = name.partition(" ")
        family = left if space and right else form[: load().split(form)]
        if not family and len(form) <= 4 and load().is_family(form):
            family = form
    reading = normal.reading(kana) or (normal.reading(name) if _KANA_OR_LATIN.fullmatch(form) else "")
    return _Named(form, reading, normal.name(family) if family else "")


def _family_cell(group: _NameGroup, row: int) -> str:
    return next((column.cells[row] for column in group.names if column.piece == "family"), "")


def _staff_apart(groups: list[_NameGroup], *, organisations: bool) -> tuple[list[_NameGroup], list[_NameGroup]]:
    """Groups of the rows' own persons, and of those who serve many rows: few names beside a column of many."""
    if len(groups) < 2:
        return groups, []
    sizes = [_distinct(group) for group in groups]
    most = max(distinct for distinct, _ in sizes)
    own: list[_NameGroup] = []
    staff: list[_NameGroup] = []
    for group, (distinct, filled) in zip(groups, sizes, strict=True):
        few = filled >= 3 * _FEW and distinct * _FEW <= filled and most >= 3 * distinct
        repeated = not organisations and 2 * distinct <= filled
        titled = repeated and any(column.staff for column in group.names)
        (staff if few or titled else own).append(group)
    return (own, staff) if own else (groups, [])


def _distinct(group: _NameGroup) -> tuple[int, int]:
    """How many names a group has, and in how many rows."""
    columns = group.names or group.kana
    rows = list(zip(*(column.cells for column in columns), strict=True)) if len(columns) > 1 else columns[0].cells
    counted = Counter(rows)
    empty = counted.pop("", 0) + counted.pop(("",) * len(columns), 0)
    return len(counted), len(rows) - empty


def _joined(columns: Sequence[Column], row: int) -> str:
    if len(columns) == 1:
        cell = columns[0].cells[row]
        return cell if tells(Kind.NAME, cell) else ""
    cells = [column.cells[row] for column in columns]
    return "".join(cells) if any(tells(Kind.NAME, cell) for cell in cells) else ""


def _hidden(columns: Sequence[Column], row: int) -> bool:
    return any(masked_already(column.cells[row]) for column in columns)
