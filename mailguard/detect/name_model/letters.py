"""How a word of katakana or kanji looks, letter by letter: like a person, a place, another proper name, a common word.

In: a word. Out: four scores, or None for other scripts. Two tables, each trained on half of Sudachi's dictionary: a word is scored
by the one that has not seen it, so that known and unknown words are scored alike.
"""

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

KATAKANA = re.compile("[ァ-ヴー]{2,}")
KANJI = re.compile("[一-龥々ヶケ]{1,6}")
BITS = 15  # of a hashed letter sequence
_MOST = 24  # characters of a word that are read
_MASK = (1 << BITS) - 1

Scores = tuple[int, list[float]]
"""Script (0 katakana, 1 kanji) and four scores."""


def sequences(word: str) -> list[int]:
    """Hashes of one to three letters in a row, with begin and end."""
    marked = f"^{word[:_MOST]}$"
    return [
        crc32(marked[at : at + size].encode()) & _MASK for size in (1, 2, 3) for at in range(len(marked) - size + 1)
    ]


def half(word: str) -> int:
    """Which table scores a word."""
    return crc32(word.encode()) & 1


class Letters:
    """tables: int8, script (katakana, kanji) x half x hash x score; scales and offsets: script x half x score."""

    def __init__(self, tables: NDArray[np.int8], scales: NDArray[np.float32], offsets: NDArray[np.float32]) -> None:
        self._tables = tables.reshape(-1, tables.shape[-1])
        self._scales, self._offsets = (values.reshape(-1, values.shape[-1]) for values in (scales, offsets))

    def scores(self, words: Sequence[str]) -> list[Scores | None]:
        """Of each word; one pass for all of them."""
        found: list[Scores | None] = [None] * len(words)
        rows: list[int] = []
        places, tables, begins = [], [], []
        for place, word in enumerate(words):
            script = 0 if KATAKANA.fullmatch(word) else 1 if KANJI.fullmatch(word) else -1
            if script >= 0:
                table = 2 * script + half(word)
                places.append(place)
                tables.append(table)
                begins.append(len(rows))
                rows += [(table << BITS) + sequence for sequence in sequences(word)]
        if places:
            totals = np.add.reduceat(self._tables[rows], begins, axis=0, dtype=np.int32)
            scores = totals * self._scales[tables] + self._offsets[tables]
            for place, table, score in zip(places, tables, scores.tolist(), strict=True):
                found[place] = table >> 1, score
        return found
