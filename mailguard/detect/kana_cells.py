"""Cells in kana and nothing else: readings, and halves of readings. A blank is none.

In: folded cells. Out: whether one is, and whether most of a column are.
"""

import re

from mailguard.detect.categorical import Categorical

_KANA = re.compile("[ぁ-ゖァ-ヶー]+")
_MOST = 0.8


def in_kana(value: str) -> bool:
    """Whether a cell has kana only."""
    return _KANA.fullmatch(value) is not None


def mostly_kana(cells: Categorical) -> bool:
    """Whether most distinct cells have; not of an empty column."""
    voters = cells.voters
    return bool(voters) and sum(map(in_kana, voters)) >= _MOST * len(voters)
