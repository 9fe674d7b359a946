"""Special-care columns that no header names: what most of their distinct cells say decides, in a table that names persons.

In: decided columns. Out: the same, with those that hold illnesses, disabilities, degrees of care or creeds. A header that names
a subject (演題, 診療科) is about nobody's health.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailguard.detect.categorical import Categorical
from mailguard.detect.cells import tells
from mailguard.detect.headers import Header
from mailguard.detect.layout import Column, share
from mailguard.model import Kind

PERSONAL = frozenset(
    {Kind.NAME, Kind.NAME_KANA, Kind.EMAIL, Kind.PHONE, Kind.ADDRESS, Kind.MEMBER_NUMBER, Kind.EMPLOYEE_NUMBER, Kind.MY_NUMBER}
)  # fmt: skip
_SUBJECT = re.compile(r"題|テーマ|専門|科$|科目|講|担当|研究|分野|商品|製品|サービス|対象|コース|プラン|資料|書名")
_UNTITLED, _TITLED = 0.6, 0.8


def about_somebody(columns: Sequence[Column | None]) -> bool:
    """Whether columns say whom their rows are about: a list of illnesses and their numbers is about nobody."""
    return any(column is not None and column.kind in PERSONAL and not column.organisation for column in columns)


@dataclass(frozen=True, slots=True)
class CareColumns:
    """sure: how sure a cell is such data by itself."""

    sure: Callable[[str], float]

    def found(
        self,
        columns: list[Column | None],
        titles: Sequence[str],
        headers: Sequence[Header | None],
        cells: Sequence[Categorical],
    ) -> list[Column | None]:
        """The columns, those without a meaning looked at."""
        if not about_somebody(columns):
            return columns
        return [
            self._column(index, titles[index].strip(), cells[index]) if column is None and header is None else column
            for index, (column, header) in enumerate(zip(columns, headers, strict=True))
        ]

    def _column(self, index: int, title: str, cells: Categorical) -> Column | None:
        if title and _SUBJECT.search(title):
            return None
        voters = tuple(value for value in cells.voters if tells(Kind.SPECIAL_CARE, value))
        if not voters or share(self.sure, voters) < (_TITLED if title else _UNTITLED):
            return None
        return Column(index, Kind.SPECIAL_CARE, title, cells, confidence=0.8)
