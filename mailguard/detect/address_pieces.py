"""An address that is spread over columns: 都道府県, 市区町村, 町域, 番地, 建物. A piece alone is none; beside names it is.

In: columns as decided, headers, titles and cells. Out: the same with the pieces made address columns.
"""

from collections.abc import Sequence
from dataclasses import replace

import regex

from mailguard.detect.categorical import Categorical
from mailguard.detect.headers import Header
from mailguard.detect.layout import Column
from mailguard.detect.postal_codes import municipalities
from mailguard.model import Kind

_NAMES = frozenset({Kind.NAME, Kind.NAME_KANA})
_MOST = 0.7
_SURE = 0.7
_REST = regex.compile(
    r"(?:[\p{Han}\p{Hiragana}\p{Katakana}ー々ヶ]{1,20}+)?[0-9]{1,4}+(?:丁目|番地?|号|[-の])[^@:/]{0,40}|[^0-9@:/]{2,20}+ ?[A-Z]?[0-9]{1,4}+(?:号室?|F|階|室)?"
)
_PLACE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}ー々ヶ]{1,20}[市区町村郡都道府県]")


def joined_pieces(
    columns: Sequence[Column | None],
    headers: Sequence[Header | None],
    titles: Sequence[str],
    cells: Sequence[Categorical],
) -> list[Column | None]:
    """Pieces of addresses beside names, by a header that says so, or without a header by what is in them."""
    named = any(column is not None and column.kind in _NAMES and not column.organisation for column in columns)
    if not named:
        return list(columns)
    found: list[Column | None] = []
    for index, column in enumerate(columns):
        after = bool(found) and found[-1] is not None and found[-1].kind is Kind.ADDRESS
        piece = column or _piece(index, headers[index], titles[index], cells[index], after=after)
        found.append(piece)
    return found


def _piece(index: int, header: Header | None, title: str, cells: Categorical, *, after: bool) -> Column | None:
    voters = cells.voters
    if not voters:
        return None
    if header is not None and header.kind is Kind.ADDRESS:
        lettered = sum(any(map(str.isalnum, value)) for value in voters) >= _MOST * len(voters)
        column = Column(index, Kind.ADDRESS, title.strip(), cells, header.role, confidence=_SURE)
        return replace(column, organisation=header.organisation) if lettered else None
    if not title and (_share(voters) >= _MOST or (after and _rest(voters) >= _MOST)):
        return Column(index, Kind.ADDRESS, "", cells, confidence=_SURE)
    return None


def _rest(voters: Sequence[str]) -> float:
    """How many look like what stands behind a place: 9丁目9-17, メゾン松202."""
    return sum(_REST.fullmatch(value) is not None for value in voters) / len(voters)


def _share(voters: Sequence[str]) -> float:
    prefectures, cities = municipalities()
    return sum(
        value in prefectures or value in cities or _PLACE.fullmatch(value) is not None for value in voters
    ) / len(voters)
