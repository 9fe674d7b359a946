"""What each column of a table holds, from its header and from all its cells together.

In: the rows as read. Out: a `Layout`: where the data begins and a `Column` for every column that means something.
A column is decided by a vote over its distinct cells, never by one hit; where header and content disagree, content wins.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, filterfalse, pairwise, zip_longest

from mailguard.detect.address_pieces import joined_pieces
from mailguard.detect.care_columns import CareColumns
from mailguard.detect.categorical import Categorical
from mailguard.detect.cells import firms
from mailguard.detect.folding import fold_all
from mailguard.detect.furigana import lone_readings, unnamed_furigana
from mailguard.detect.halves import Halves
from mailguard.detect.headers import KANA_TITLE, MEANINGLESS, Header, halved
from mailguard.detect.kana_cells import in_kana
from mailguard.detect.layout import HALF, LOST_ZERO, Column, Layout, share
from mailguard.detect.listed_names import listing
from mailguard.detect.mixed_cells import is_data, no_names
from mailguard.detect.no_data import no_data
from mailguard.detect.numbering import MEMBERS, as_written
from mailguard.detect.organisation_rows import about_organisations
from mailguard.detect.stand_ins import BLANKS
from mailguard.detect.surname_cells import surname_columns
from mailguard.detect.title_rows import hits_of, titles_of
from mailguard.detect.unnamed import Unnamed
from mailguard.detect.votes import Cells
from mailguard.detect.votes import votes as shares
from mailguard.model import Kind

# Titles, remarks and dates may stand above the header; behind the first, only titles alone are one.
HEADER_ROWS, LAST_HEADER_ROW = 20, 60
SURE = 0.9  # a cell that says by itself what it is

# The order is the cost: what the cheap ones decide, the dictionaries need not look at.
_CHEAP = (Kind.EMAIL, Kind.PHONE, Kind.POSTAL_CODE, Kind.ADDRESS, Kind.MY_NUMBER, Kind.CARD)
_DEAR = (Kind.NAME, Kind.NAME_KANA, Kind.GRADE)
_ALONE = {  # the share of cells that decides without a header
    Kind.EMAIL: 0.5, Kind.PHONE: 0.7, Kind.POSTAL_CODE: 0.9, Kind.ADDRESS: 0.6,
    Kind.NAME: 0.6, Kind.NAME_KANA: 0.6, Kind.GRADE: 0.8, Kind.MY_NUMBER: 0.9, Kind.CARD: 0.8,
}  # fmt: skip
_CONTRADICTED = 0.8  # so many cells of another kind overrule a header
_NOBODY = 0.1  # where fewer cells are names, the column may be of something else
_SOME = 3  # distinct cells that may show it
_NAMES = {Kind.NAME, Kind.NAME_KANA}
_CONTACTS = (Kind.EMAIL, Kind.PHONE, Kind.POSTAL_CODE, Kind.ADDRESS)
_LETTER = re.compile("[A-Za-z\x80-\U0010ffff]")
_LISTS = re.compile(r"[・ 、,，/／&＆\n]|(?<=[^ ])と(?=[^ ])")


@dataclass(frozen=True, slots=True)
class Reader:
    """What is known of headers and of cells. family and given judge halves of a name; read: how one is read, in katakana; word: no name."""

    header: Callable[[str], Header | None]
    cells: Cells
    family: Callable[[str], float]
    given: Callable[[str], float]
    labels: frozenset[str] = frozenset()
    read: Callable[[str], str] = str
    word: Callable[[str], bool] = bool

    def layout(self, rows: Sequence[Sequence[str]], first: int | None = None) -> Layout:
        """Find the header, fold the cells and decide every column. first: the first data row, where that is known."""
        if first is not None:
            return self._only_data(self._layout(rows, first - 1 if first else None))
        head = self._header_row(rows)
        layout = self._layout(rows, head)
        named = head is None and len(rows) > 1 and self._names_columns(layout)
        return self._only_data(self._layout(rows, 0) if named else layout)

    def holds(self, column: Column, value: str) -> float:
        """How sure a cell of a decided column is of its kind; halves of names by their own measure."""
        if column.kind is Kind.NAME:
            half = max(self.family(value), self.given(value))
            return max(half if column.piece != "full" else min(half, LOST_ZERO), self.cells[Kind.NAME](value))
        if column.kind is Kind.NAME_KANA and column.piece != "full":
            return float(in_kana(value))
        return self.cells[column.kind](value)

    def _layout(self, rows: Sequence[Sequence[str]], head: int | None) -> Layout:
        width = max(map(len, rows), default=0)
        shown, first = ([""] * width, 0) if head is None else titles_of(rows, head, width, self._is_titles)
        titles = ["" if MEANINGLESS.fullmatch(title.strip()) else title for title in shown]
        cells = [self._values(column) for column in _columns(rows, first, width)]
        headers = self._headers(titles)
        decided = [self._decide(index, titles[index], headers[index], values) for index, values in enumerate(cells)]
        columns = Halves(self.cells, self.family, self.given).pair(decided, titles, headers, cells)
        columns = unnamed_furigana(columns, titles, self.read)
        columns = Unnamed(self.cells, self.given, self.word).found(columns, titles, headers, cells)
        columns = surname_columns(columns, titles, headers, cells, self.family)
        columns = joined_pieces(columns, headers, titles, cells)
        columns = lone_readings(columns, headers, self.cells[Kind.NAME_KANA])
        columns = [listing(column, self.family, self.given) for column in columns]
        columns = CareColumns(self.cells[Kind.SPECIAL_CARE]).found(columns, titles, headers, cells)
        free = tuple((i, cells[i]) for i, column in enumerate(columns) if column is None and not cells[i].empty)
        meant = tuple(column for column in columns if column is not None)
        companies = any(header.organisation and header.kind is None for header in headers if header)
        named = any(column.kind in _NAMES for column in meant)
        shops = about_organisations(titles, headers, cells, columns)
        return Layout(first, tuple(shown), meant, free, companies and not named, companies, shops)

    def _values(self, cells: Categorical) -> Categorical:
        """Words of headers are no values: the names of the fields of an empty form, a header printed again; nor are blanks."""
        cells = _said(cells)
        met = self.labels & cells.met
        if not met:
            return cells
        if 2 * len(met) >= len(cells.met - {""}):
            return cells.renamed([""] * len(cells.values))
        return cells.renamed(["" if value in met else value for value in cells.values])

    def _headers(self, titles: Sequence[str]) -> list[Header | None]:
        """What the titles mean, halves of a name by their neighbour: 付添姓, 付添名."""
        headers = [self.header(title) if title.strip() else None for title in titles]
        for index, pair in enumerate(pairwise(titles)):
            role = halved(*pair)
            if role is not None and not any(header and header.organisation for header in headers[index : index + 2]):
                kind = Kind.NAME_KANA if any(map(KANA_TITLE.search, pair)) else Kind.NAME
                staff = any(header and header.staff for header in headers[index : index + 2])
                headers[index] = Header(kind, role, "family", staff=staff)
                headers[index + 1] = Header(kind, role, "given", staff=staff)
        return headers

    def _names_columns(self, layout: Layout) -> bool:
        """Whether the first row, though it has no known word, holds no value of any column: then it is the header."""
        firsts = [(column, column.cells[0]) for column in layout.columns if column.cells[0]]
        return bool(firsts) and all(self.holds(column, value) < HALF for column, value in firsts)

    def _only_data(self, layout: Layout) -> Layout:
        """Without rows that are no data: headers printed again, hints, examples, totals, remarks."""
        gone, unsure = no_data(layout, self.holds)
        if not gone:
            return replace(layout, unsure=unsure)
        columns = tuple(replace(column, cells=column.cells.without(gone)) for column in layout.columns)
        return replace(layout, columns=columns, unsure=unsure)

    def _header_row(self, rows: Sequence[Sequence[str]]) -> int | None:
        best, found = 0, None
        for index, row in enumerate(rows[:LAST_HEADER_ROW]):
            titles = [cell for cell in row if cell.strip()]
            if index >= HEADER_ROWS and (best or len(titles) < 2 or not self._is_titles(row)):
                continue
            values = fold_all(titles)
            flags = (self._titles(cell, value) for cell, value in zip(titles, values, strict=True))
            hits = hits_of(max(best + 1, len(titles) / 3), len(titles), flags)
            score = hits - 2 * sum(is_data(value) or self._cheap(value) for value in values) if hits else 0
            if score > best:
                best, found = score, index
        return found

    def _is_titles(self, row: Sequence[str]) -> bool:
        """Whether most cells of a row have the word of a header in them, and none is data."""
        titles = [cell for cell in row if cell.strip()]
        values = fold_all(titles)
        hits = sum(self._titles(cell, value) for cell, value in zip(titles, values, strict=True))
        return hits > 1 and 2 * hits >= len(titles) and not any(map(self._cheap, values))

    def _titles(self, cell: str, value: str) -> bool:
        """Whether a cell has the word of a header in it. 高血圧 and 要介護3 have, and are values."""
        header = self.header(cell)
        return header is not None and (header.kind is not Kind.SPECIAL_CARE or self.cells[header.kind](value) < SURE)

    def _cheap(self, value: str) -> bool:
        return any(self.cells[kind](value) >= HALF for kind in _CONTACTS)

    def _decide(self, index: int, title: str, header: Header | None, values: Categorical) -> Column | None:
        voters = values.voters
        kind, confidence = self._kind(header, voters) if voters else (None, 0.0)
        if kind is None:
            return None
        same = header is not None and header.kind is kind
        return Column(
            index=index,
            kind=kind,
            title=title.strip(),
            cells=values,
            role=header.role if header else "",
            piece=header.piece if header and same else "full",
            organisation=(header.organisation if header else False) or (kind is Kind.PHONE and all(map(firms, voters))),
            confidence=confidence,
            staff=header.staff if header else False,
        )

    def _kind(self, header: Header | None, voters: Sequence[str]) -> tuple[Kind | None, float]:
        votes = self._votes(header, voters)
        best = max(votes, key=votes.__getitem__)
        if header is not None and header.kind is not None:
            votes |= self._half_votes(header, votes, voters) | self._lost_votes(header, voters)
            if header.kind in _NAMES and votes.get(header.kind, 0.0) <= _NOBODY and no_names(voters):
                return None, 0.0
            if header.kind is Kind.NAME and votes.get(Kind.NAME, 0.0) <= _NOBODY and self._words(voters):
                return None, 0.0
            if header.kind in MEMBERS and not as_written(best, voters):
                return header.kind, 0.9
            return self._with_header(header.kind, votes, best, strong=header.strong)
        if votes[best] < _ALONE.get(best, 2.0) or (header is not None and self._refuses(header, best, voters)):
            return None, 0.0
        return best, round(0.5 + votes[best] / 2, 2)

    def _with_header(
        self, kind: Kind, votes: dict[Kind, float], best: Kind, *, strong: bool
    ) -> tuple[Kind | None, float]:
        support = votes.get(kind, 0.0)
        if votes[best] >= _CONTRADICTED and votes[best] > support and not {kind, best} <= _NAMES:
            return best, round(votes[best], 2)  # the content wins
        if kind is Kind.NAME_KANA and best is Kind.NAME and votes[best] >= _CONTRADICTED and support <= _NOBODY:
            return best, round(votes[best], 2)  # 氏名(フリガナ) over 佐藤花子(サトウハナコ)
        if not strong and support < _ALONE.get(kind, HALF) / 2:
            return None, 0.0
        return kind, round(0.7 + 0.3 * support, 2) if kind in votes else 0.9

    def _refuses(self, header: Header, kind: Kind, voters: Sequence[str]) -> bool:
        """Whether a header without a kind says that its cells are not what they look like."""
        if header.organisation or header.thing:
            return kind in _NAMES and not self._persons(kind, voters)
        return header.code and not as_written(kind, voters)

    def _persons(self, kind: Kind, voters: Sequence[str]) -> bool:
        """「得意先名」 over 佐藤 花子, 田中 一郎: few companies are called like a family and a given name."""
        sure = sum(self.cells[kind](value) >= SURE for value in voters) >= _ALONE[kind] * len(voters)
        return kind is Kind.NAME and len(voters) >= _SOME and sure

    def _words(self, voters: Sequence[str]) -> bool:
        """「名前」 over トマト, なす, 大根 titles things."""
        return len(voters) >= _SOME and sum(map(self.word, voters)) >= _CONTRADICTED * len(voters)

    def _votes(self, header: Header | None, voters: Sequence[str]) -> dict[Kind, float]:
        exact = header.kind if header else None
        contest = None if exact is None or exact in MEMBERS else _CONTRADICTED
        votes = shares(self.cells, _CHEAP, exact, voters, contest)
        if max(votes.values()) >= _CONTRADICTED or _numeric(voters):
            return votes
        if exact is Kind.NAME:  # kana would not contradict it
            return votes | shares(self.cells, (exact,), exact, voters)
        asked = _DEAR if exact is None else tuple({*_DEAR[:2], exact} & set(self.cells))
        return votes | shares(self.cells, asked, exact, voters, contest)

    def _half_votes(self, header: Header, votes: dict[Kind, float], voters: Sequence[str]) -> dict[Kind, float]:
        """Halves of names speak for a header of halves; given names, or surnames of staff, for a weak one (お子様, 担当者)."""
        if header.kind is not Kind.NAME or votes.get(Kind.NAME, 0.0) >= HALF:
            return {}
        if header.piece == "full" and (header.strong or not (header.staff or header.person)):
            return {}
        half = self.family if header.piece == "family" or header.staff else self._lists_given
        return {Kind.NAME: max(votes.get(Kind.NAME, 0.0), share(half, voters))}

    def _lost_votes(self, header: Header, voters: Sequence[str]) -> dict[Kind, float]:
        """Phones without their 0 speak for a weak header, too (緊急連絡先)."""
        if header.kind is not Kind.PHONE or header.strong:
            return {}
        return {Kind.PHONE: sum(self.cells[Kind.PHONE](value) >= LOST_ZERO for value in voters) / len(voters)}

    def _lists_given(self, value: str) -> float:
        pieces = _LISTS.split(value)
        return max(self.given(value), min(map(self.given, pieces)) if all(pieces) else 0.0)


def _columns(rows: Sequence[Sequence[str]], first: int, width: int) -> list[Categorical]:
    """The folded cells of each column; short rows end in empty cells."""
    data = rows[first:]
    if not data:
        return [Categorical.of(())] * width
    columns = [_folded(cells) for cells in _transposed(data, width)]
    return columns + [Categorical.of([""] * len(data))] * (width - len(columns))


def _transposed(data: Sequence[Sequence[str]], width: int) -> Iterable[Sequence[str]]:
    """The cells of each column. Rows of one length are put behind each other, which touches each row once."""
    if set(map(len, data)) == {width}:
        cells = list(chain.from_iterable(data))
        return (cells[at::width] for at in range(width))
    return zip_longest(*data, fillvalue="")


def _folded(cells: Sequence[str]) -> Categorical:
    column = Categorical.of(cells)
    return column.renamed(fold_all(column.values))


def _said(cells: Categorical) -> Categorical:
    """Without what stands for nothing (なし, --, ×, 未登録): it votes for no kind and against none."""
    blank = BLANKS & cells.met
    return cells.renamed(["" if value in blank else value for value in cells.values]) if blank else cells


def _numeric(voters: Sequence[str]) -> bool:
    return sum(1 for _ in filterfalse(_LETTER.search, voters)) >= 0.8 * len(voters)
