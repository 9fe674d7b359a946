"""An address that is spread over columns: 都道府県, 市区町村, 町域, 番地, 建物. A piece alone is none; beside names it is.

In: columns as decided, headers, titles and cells. Out: the same with the pieces made address columns.
"""

from collections.abc import Sequence

import regex

from mailguard.detect.categorical import Categorical
from mailguard.detect.headers import Header
from mailguard.detect.layout import Column
from mailguard.detect.postal_codes import municipalities
from mailguard.model import Kind

_NAMES = frozenset({Kind.NAME, Kind.NAME_KANA})
_MOST = 0.7
_SURE = 0.7
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
    return [
        column if column is not None else _piece(index, headers[index], titles[index], cells[index])
        for index, column in enumerate(columns)
    ]


def _piece(index: int, header: Header | None, title: str, cells: Categorical) -> Column | None:
    voters = cells.voters
    if not voters:
        return None
    if header is not None and header.kind is Kind.ADDRESS and not header.organisation:
        lettered = sum(any(map(str.isalnum, value)) for value in voters) >= _MOST * len(voters)
        return Column(index, Kind.ADDRESS, title.strip(), cells, header.role, confidence=_SURE) if lettered else None
    if not title and _share(voters) >= _MOST:
        return Column(index, Kind.ADDRESS, "", cells, confidence=_SURE)
    return None


def _share(voters: Sequence[str]) -> float:
    prefectures, cities = municipalities()
    return sum(
        value in prefectures or value in cities or _PLACE.fullmatch(value) is not None for value in voters
    ) / len(voters)
