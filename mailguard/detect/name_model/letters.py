"""How a word of katakana or kanji looks, letter by letter: like a person, a place, another proper name, a common word.

In: a word. Out: four scores, or None for other scripts. Two tables, each trained on half of Sudachi's dictionary: a word is scored
by the one that has not seen it, so that known and unknown words are scored alike.
"""

import re
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

KATAKANA = re.compile("[ァ-ヴー]{2,}")
KANJI = re.compile("[一-龥々ヶケ]{1,6}")
BITS = 15  # of a hashed letter sequence
_MOST = 24  # characters of a word that are read


def sequences(word: str) -> list[int]:
    """Hashes of one to three letters in a row, with begin and end."""
    marked = f"^{word[:_MOST]}$"
    return [
        crc32(marked[at : at + size].encode()) & ((1 << BITS) - 1)
        for size in (1, 2, 3)
        for at in range(len(marked) - size + 1)
    ]


def half(word: str) -> int:
    """Which table scores a word."""
    return crc32(word.encode()) & 1


class Letters:
    """tables: int8, script (katakana, kanji) x half x hash x score; scales and offsets: script x half x score."""

    def __init__(self, tables: NDArray[np.int8], scales: NDArray[np.float32], offsets: NDArray[np.float32]) -> None:
        self._tables, self._scales, self._offsets = tables, scales, offsets

    def scores(self, word: str) -> tuple[int, list[float]] | None:
        """Script (0 katakana, 1 kanji) and four scores."""
        script = 0 if KATAKANA.fullmatch(word) else 1 if KANJI.fullmatch(word) else -1
        if script < 0:
            return None
        table = half(word)
        total = self._tables[script, table, sequences(word)].sum(axis=0, dtype=np.int32)
        scores = total * self._scales[script, table] + self._offsets[script, table]
        return script, [float(score) for score in scores]
