"""Columns whose header says little: what stands beside them decides.

Dates, sex, phones without their 0 beside names; halves of furigana beside halves of names; 「名前」 over nicknames beside what
only persons have. In: columns as decided, with titles, headers and cells. Out: the same with those columns. Alone they mean nothing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailguard.detect.bare_dates import births
from mailguard.detect.categorical import Categorical
from mailguard.detect.headers import Header
from mailguard.detect.kana_cells import mostly_kana
from mailguard.detect.layout import HALF, LOST_ZERO, Column, share
from mailguard.detect.organisation import names_organisation
from mailguard.detect.votes import Cells
from mailguard.model import Kind

_NAMES = {Kind.NAME, Kind.NAME_KANA}
_PERSONAL = frozenset(
    {Kind.EMAIL, Kind.BIRTH_DATE, Kind.SEX, Kind.AGE, Kind.GRADE, Kind.MEMBER_NUMBER, Kind.EMPLOYEE_NUMBER}
)  # what things have none of
_MOBILE = re.compile(r"\+?(?:81|0)? ?[6-9]0[- .]?[0-9]{4}[- .]?[0-9]{4}(?:\.0)?")
_MOST = 0.8
_FEW = 0.5
_SOME, _NEARLY_ALL = 3, 0.9


@dataclass(frozen=True, slots=True)
class Unnamed:
    """cells: how sure a cell is of each kind; given: of being a given name. word: whether it is a word of the dictionary and no name."""

    cells: Cells
    given: Callable[[str], float]
    word: Callable[[str], bool]

    def found(
        self,
        columns: list[Column | None],
        titles: Sequence[str],
        headers: Sequence[Header | None],
        cells: Sequence[Categorical],
    ) -> list[Column | None]:
        """The columns, with those that their neighbours decide."""
        columns = self._named(self._lone_given(columns, titles), titles, headers, cells)
        if not any(column and column.kind in _NAMES for column in columns):
            return columns
        columns = _readings(columns, titles, cells)
        open_ = [index for index, column in enumerate(columns) if column is None and not titles[index]]
        dates = {index: cells[index] for index in open_ if self._dates(cells[index].voters)}
        born = births(dates, sum(column is not None and _person(column) for column in columns)) if dates else set()
        for index in open_:
            birth = Column(index, Kind.BIRTH_DATE, "", cells[index], confidence=0.7) if index in born else None
            columns[index] = birth or self._beside_names(index, cells[index])
        return columns

    def _dates(self, voters: Sequence[str]) -> bool:
        return bool(voters) and share(self.cells[Kind.BIRTH_DATE], voters) >= _NEARLY_ALL

    def _lone_given(self, columns: list[Column | None], titles: Sequence[str]) -> list[Column | None]:
        """「名」 without 「姓」 is over given names only where nearly all are: plants have such names, too."""
        halves = {column.piece for column in columns if column is not None and column.kind is Kind.NAME}
        if halves != {"given"}:
            return columns
        return [
            None
            if column and titles[index].strip() == "名" and share(self.given, column.cells.voters) < _MOST
            else column
            for index, column in enumerate(columns)
        ]

    def _named(
        self,
        columns: list[Column | None],
        titles: Sequence[str],
        headers: Sequence[Header | None],
        cells: Sequence[Categorical],
    ) -> list[Column | None]:
        """「名前」 over given names; over たっくん and みー beside what only persons have. In a table that names nobody else."""
        if any(c and c.kind is Kind.NAME for c in columns):
            return columns
        personal = any(c and _persons(c) for c in columns)
        for index, header in enumerate(headers):
            if columns[index] is not None or header is None or header.kind is not Kind.NAME or header.organisation:
                continue
            if self._called(cells[index].voters) or (personal and not self._things(cells[index].voters)):
                columns[index] = Column(
                    index, Kind.NAME, titles[index].strip(), cells[index], header.role, header.piece, confidence=0.7
                )
                break
        return columns

    def _called(self, voters: Sequence[str]) -> bool:
        """Whether nearly all are given names; a few plants and colours are called so, too."""
        return len(voters) >= _SOME and share(self.given, voters) >= _NEARLY_ALL

    def _things(self, voters: Sequence[str]) -> bool:
        found = sum(
            self.word(value) or names_organisation(value) or not any(map(str.isalpha, value)) for value in voters
        )
        return not voters or found >= _FEW * len(voters)

    def _beside_names(self, index: int, cells: Categorical) -> Column | None:
        voters = cells.voters
        if voters and share(self.cells[Kind.SEX], voters) == 1 and len(voters) <= 4:
            return Column(index, Kind.SEX, "", cells, confidence=0.8)
        if voters and sum(self.cells[Kind.PHONE](value) >= LOST_ZERO for value in voters) >= 0.9 * len(voters):
            return Column(index, Kind.PHONE, "", cells, confidence=0.7)
        return None


def _person(column: Column) -> bool:
    """Whether a column names one person of each row."""
    return column.kind is Kind.NAME and column.piece != "given"


def _persons(column: Column) -> bool:
    """Whether a column holds what only persons have."""
    if column.organisation or column.staff:
        return False
    mobiles = column.kind is Kind.PHONE and share(_mobile, column.cells.voters) >= HALF
    return column.kind in _PERSONAL or mobiles


def _mobile(value: str) -> float:
    return float(_MOBILE.fullmatch(value) is not None)


def _readings(columns: list[Column | None], titles: Sequence[str], cells: Sequence[Categorical]) -> list[Column | None]:
    """Two columns in kana and no more beside halves of names are their readings: 東, アズマ, 月, ルナ."""
    halves = [column.piece for column in columns if column is not None and column.kind is Kind.NAME]
    if sorted(halves) != ["family", "given"] or any(c and c.kind is Kind.NAME_KANA for c in columns):
        return columns
    kana = [i for i, column in enumerate(columns) if column is None and not titles[i] and mostly_kana(cells[i])]
    if len(kana) == len(halves):
        for index, piece in zip(kana, ("family", "given"), strict=True):
            columns[index] = Column(index, Kind.NAME_KANA, "", cells[index], piece=piece, confidence=0.7)
    return columns
