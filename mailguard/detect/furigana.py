"""Columns without a header that only say how the names beside them are read: サトウ タロウ beside 佐藤太郎 is nobody else.

In: decided columns. Out: the same, readings of another column's names as furigana. Children written in kana beside their parents
have other readings, and stay persons.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from mailguard import normal
from mailguard.detect.headers import Header
from mailguard.detect.layout import HALF, Column, share
from mailguard.model import Kind

_ASKED = 60  # rows that are compared
_KANA = re.compile("[ぁ-ゖァ-ヶー ]+")
_MOST = 0.8
_AGREE = 0.3  # so many of them read alike: a dictionary guesses the reading of most names, not of all


def unnamed_furigana(
    columns: Sequence[Column | None], titles: Sequence[str], read: Callable[[str], str]
) -> list[Column | None]:
    """read: how a name in kanji is most likely read, in katakana."""
    found = list(columns)
    names = [column for column in columns if column is not None and _whole(column)]
    written = [column for column in names if not _in_kana(column)]
    for column in names:
        if titles[column.index].strip() or column in written:
            continue
        if any(_reads(column, other, read) for other in written):
            found[column.index] = replace(column, kind=Kind.NAME_KANA)
    return found


def _whole(column: Column) -> bool:
    return column.kind is Kind.NAME and column.piece == "full" and not column.organisation


def _in_kana(column: Column) -> bool:
    voters = column.cells.voters
    return sum(_KANA.fullmatch(value) is not None for value in voters) >= _MOST * len(voters)


def _reads(kana: Column, written: Column, read: Callable[[str], str]) -> bool:
    pairs = ((left, right) for left, right in zip(kana.cells, written.cells, strict=True) if left and right)
    asked = list(islice(pairs, _ASKED))
    agreeing = sum(normal.reading(left) == normal.reading(read(normal.name(right))) for left, right in asked)
    return agreeing > 0 and agreeing >= _AGREE * len(asked)


def lone_readings(
    columns: Sequence[Column | None], headers: Sequence[Header | None], whole: Callable[[str], float]
) -> list[Column | None]:
    """Readings alone (色, よみ) or beside names of things (施設名, カナ) are nobody's unless they are whole names.

    whole: how sure a cell is of one.
    """
    meant = [column for column in columns if column is not None]
    alone = all(column.kind is Kind.NAME_KANA for column in meant)
    things = not any(column.kind is Kind.NAME for column in meant) and any(map(_of_things, columns, headers))
    if not alone and not things:
        return list(columns)
    return [None if column and _odd(column, whole) else column for column in columns]


def _of_things(column: Column | None, header: Header | None) -> bool:
    """Whether a header names shops or things, or something that turned out not to be persons (名称)."""
    if column is not None or header is None:
        return False
    return header.organisation or header.thing or header.kind is Kind.NAME


def _odd(column: Column, whole: Callable[[str], float]) -> bool:
    return column.kind is Kind.NAME_KANA and column.piece == "full" and share(whole, column.cells.voters) < HALF
