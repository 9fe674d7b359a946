"""The persons that one row names: whole names, halves, several in a cell, furigana alone.

In: a group of name columns and a row. Out: normal forms with reading and family name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailguard import normal
from mailguard.detect.cells import tells
from mailguard.detect.layout import Column
from mailguard.detect.mask import masked_already
from mailguard.detect.name_groups import NameGroup
from mailguard.detect.person_dictionary import load
from mailguard.model import Kind

_SEVERAL = re.compile(r"[、,，/／;；&＆\n]")
_AND = re.compile(r"[、,，/／;；&＆\n・ ]|(?<=[^ ])と(?=[^ ])")
_APART = re.compile(r"[、,，/／;；&＆\n・ ]")
_KANA_OR_LATIN = re.compile(r"[ぁ-ゖァ-ヶー]+|[ -~]+")
_KATAKANA = re.compile(r"[ァ-ヶー・ ]+")
_BEHIND = re.compile(r" ?\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Named:
    """form: normalised name, or its furigana where that stands alone; reading and family: "" where unknown."""

    form: str
    reading: str = ""
    family: str = ""


def names_of(group: NameGroup, row: int) -> Iterator[Named]:
    """The persons that one group of columns names in a row."""
    whole = _joined(group.names, row)
    kana = _joined(group.kana, row)
    if whole:
        pieces = _pieces(group, whole)
        if len(pieces) == 1:
            yield named(pieces[0], _family_cell(group, row), kana)
        else:
            yield from (named(piece, "", "") for piece in pieces if normal.name(piece) and tells(Kind.NAME, piece))
    elif kana and not _hidden(group.names, row):
        yield Named(normal.kana(kana), normal.reading(kana), _family_cell(group, row))


def _pieces(group: NameGroup, whole: str) -> list[str]:
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


def named(name: str, family: str, kana: str) -> Named:
    """The person of a name, with what its family column and its furigana say."""
    form = normal.name(name)
    family = family or surname(name, form)
    reading = normal.reading(kana) or (normal.reading(name) if spelt(form) else "")
    return Named(form, reading, normal.name(family) if family else "")


def surname(name: str, form: str) -> str:
    """The family name of a whole name, spaced or not, or of one that is a family name alone; "" where unknown."""
    if "・" in name:
        return ""
    left, space, right = name.partition(" ")
    if space and right:
        return left
    family = form[: load().split(form)]
    return family or (form if len(form) <= 4 and load().is_family(form) else "")


def spelt(form: str) -> bool:
    """Whether a name is written in kana or Latin letters only."""
    return _KANA_OR_LATIN.fullmatch(form) is not None


def one_by_one(group: NameGroup, whole: str) -> bool:
    """Whether a cell may name several persons, so that it must be looked at by itself."""
    return "・" in whole or group.names[0].several or _SEVERAL.search(whole) is not None


def _family_cell(group: NameGroup, row: int) -> str:
    return next((column.cells[row] for column in group.names if column.piece == "family"), "")


def _joined(columns: Sequence[Column], row: int) -> str:
    if len(columns) == 1:
        cell = columns[0].cells[row]
        return cell if tells(Kind.NAME, cell) else ""
    cells = [column.cells[row] for column in columns]
    return "".join(cells) if any(tells(Kind.NAME, cell) for cell in cells) else ""


def _hidden(columns: Sequence[Column], row: int) -> bool:
    return any(masked_already(column.cells[row]) for column in columns)
