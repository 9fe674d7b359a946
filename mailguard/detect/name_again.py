"""Columns that name the persons of other columns again: in kana, in Latin letters, family name last, in halves and as a whole.

In: groups of name columns. Out: the same, empty where another group names the row's person already. Two groups are the same person
where they read alike in most rows; parents and children, insurers and insured do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from mailguard import normal
from mailguard.detect import tokenizer
from mailguard.detect.cells import told
from mailguard.detect.layout import Column
from mailguard.detect.name_groups import NameGroup
from mailguard.detect.named import spelt

_ASKED = 30  # rows that are compared
_SAME, _GUESSED = 0.9, 0.5  # how many must agree; where the reading of kanji is guessed


@dataclass(frozen=True, slots=True)
class _Writing:
    """How a group writes a name: its readings in either order, and whether kana or Latin letters spell it."""

    readings: frozenset[str]
    spelt: bool


def once(groups: Sequence[NameGroup]) -> list[NameGroup]:
    """Each person of a row by one group."""
    kept = list(groups)
    order = sorted(range(len(kept)), key=lambda index: _rank(kept[index]))
    for main, other in combinations(order, 2):
        if _same(kept[main], kept[other]):
            kept[other] = _without(kept[other], kept[main])
    return kept


def _rank(group: NameGroup) -> tuple[bool, bool]:
    """Halves tell the family name; furigana alone comes last."""
    return not group.names, len(group.names) < len(("family", "given"))


def _columns(group: NameGroup) -> tuple[Column, ...]:
    return group.names or group.kana


def _same(main: NameGroup, other: NameGroup) -> bool:
    height = len(_columns(main)[0].cells)
    asked = agreeing = guessed = 0
    for row in range(height):
        left, right = (" ".join(filter(None, (c.cells[row] for c in _columns(group)))) for group in (main, other))
        if not left or not right:
            continue
        one, two = _writing(left), _writing(right)
        asked += 1
        agreeing += not one.readings.isdisjoint(two.readings)
        guessed += one.spelt != two.spelt
        if asked == _ASKED:
            break
    return agreeing > 0 and agreeing >= (_GUESSED if 2 * guessed > asked else _SAME) * asked


@lru_cache(normal.KNOWN)
def _writing(name: str) -> _Writing:
    form = normal.name(name)
    if not spelt(form):
        read = tokenizer.load().reading(form)
        turned = "".join(reversed(name.split(" ")))
        return _Writing(frozenset({form, turned, normal.reading(read)}) - {""}, spelt=False)
    words = name.replace(",", " ").split()
    orders = ("".join(words), "".join(reversed(words)))
    return _Writing(frozenset(map(normal.reading, orders)) - {""}, spelt=True)


def _without(group: NameGroup, main: NameGroup) -> NameGroup:
    """What a group names where the other one is empty."""
    named = {row for column in _columns(main) for row in column.cells.rows(column.cells.each(column.kind, told))}

    def emptied(columns: tuple[Column, ...]) -> tuple[Column, ...]:
        return tuple(replace(column, cells=column.cells.without(named)) for column in columns)

    return NameGroup(emptied(group.names), emptied(group.kana))
