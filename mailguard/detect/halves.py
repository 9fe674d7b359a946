"""Family and given names in columns of their own: the content says which column holds whole names and which halves.

In: columns as headers and votes decided them, with their titles and cells. Out: the same with pieces put right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mailguard.detect.categorical import Categorical
from mailguard.detect.headers import Header
from mailguard.detect.kana_cells import mostly_kana
from mailguard.detect.layout import HALF, Column, share
from mailguard.model import Kind

_NAMES = {Kind.NAME, Kind.NAME_KANA}
_CONTACTS = {Kind.EMAIL, Kind.PHONE, Kind.ADDRESS}
_MOST = 0.7
_REPEATED = 4  # surnames beside fewer given names than one in so many stand beside something else (早, 遅, 休)


@dataclass(frozen=True, slots=True)
class Halves:
    """How sure a cell is of each kind, and of being half a name."""

    cells: Mapping[Kind, Callable[[str], float]]
    family: Callable[[str], float]
    given: Callable[[str], float]

    def pair(
        self,
        columns: list[Column | None],
        titles: list[str],
        headers: list[Header | None],
        cells: list[Categorical],
    ) -> list[Column | None]:
        """Which columns hold whole names and which halves: the content says it, whatever the header is."""
        columns = [self._whole(column) for column in columns]
        for index in range(len(columns) - 1):
            if self._open(columns[index], headers[index]):
                self._pair_unnamed(index, columns, headers, cells)
            left, right = columns[index], columns[index + 1]
            if left is not None and left.kind in _NAMES and left.piece == "family" and not _follows(columns, index):
                columns[index + 1] = self._second_half(left, right, titles[index + 1], index + 1, cells[index + 1])
        return columns

    def _open(self, column: Column | None, header: Header | None) -> bool:
        """Whether content may make halves of a name of a column: no header that says otherwise, and no whole names."""
        if column is None:
            return header is None or (header.kind in _NAMES and not header.organisation)
        if column.kind not in _NAMES or column.piece != "full" or column.organisation:
            return False
        return share(self.cells[column.kind], column.cells.voters) < HALF

    def _pair_unnamed(
        self,
        index: int,
        columns: list[Column | None],
        headers: list[Header | None],
        cells: list[Categorical],
    ) -> None:
        for other in (index + 1, index + 2):  # 姓, セイ, 名, メイ
            if other < len(columns) and self._open(columns[other], headers[other]) and not _kin(headers, index, other):
                kana = mostly_kana(cells[index])
                if kana != mostly_kana(cells[other]):
                    continue
                pieces = self._pieces(index, other, columns, cells)
                if pieces:
                    kind = Kind.NAME_KANA if kana else Kind.NAME
                    for place, piece in zip((index, other), pieces, strict=True):
                        header = headers[index]
                        role = header.role if header else ""
                        columns[place] = Column(place, kind, "", cells[place], role, piece, confidence=0.8)
                    return

    def _pieces(
        self, left: int, right: int, columns: list[Column | None], cells: list[Categorical]
    ) -> tuple[str, str] | None:
        """Which half stands first. Given names do beside contacts only: flowers and the places where they grow look the same."""
        if self._halves(cells[left], cells[right]):
            return "family", "given"
        contacts = any(column is not None and column.kind in _CONTACTS for column in columns)
        if contacts and share(self.given, cells[left].voters) >= _MOST and self._halves(cells[right], cells[left]):
            return "given", "family"
        return None

    def _whole(self, column: Column | None) -> Column | None:
        """「氏名(名)」 over whole names is a column of whole names."""
        if column is None or column.kind not in _NAMES or column.piece == "full":
            return column
        whole = share(self.cells[column.kind], column.cells.voters) >= HALF
        return replace(column, piece="full") if whole else column

    def _second_half(
        self, left: Column, right: Column | None, title: str, index: int, cells: Categorical
    ) -> Column | None:
        """What stands behind a family name: its given name, when the content allows it."""
        voters = cells.voters
        if right is None and voters and left.kind is Kind.NAME and share(self.given, voters) >= HALF:
            return Column(index, left.kind, title, cells, left.role, "given", confidence=0.8)
        if right is not None and right.kind is left.kind and right.piece == "full":
            half = share(self.cells[right.kind], voters) < HALF
            return replace(right, piece="given", role=left.role) if half else right
        return right

    def _halves(self, left: Categorical, right: Categorical) -> bool:
        families, givens = left.voters, right.voters
        if not families or not givens or len(givens) * _REPEATED < len(families):
            return False
        return share(self.family, families) >= 0.7 and share(self.given, givens) >= HALF


def _follows(columns: list[Column | None], index: int) -> bool:
    """Whether the given name stands in front of a family name: 花子, 佐藤, ハナコ."""
    before = columns[index - 1] if index else None
    return before is not None and before.kind in _NAMES and before.piece == "given" and not before.title


def _kin(headers: list[Header | None], left: int, right: int) -> bool:
    """Whether two columns are two members of a family: 夫 and 妻, 連名1 and 連名2."""
    first, second = headers[left], headers[right]
    return first is not None and second is not None and first.person and second.person
