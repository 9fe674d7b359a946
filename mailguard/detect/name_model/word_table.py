"""What a network made of the words it met, a row for each. A network has its own: the same word is another vector to another network.

In: words. Out: numbers of rows, valid until the next question. Row 0 is the blank around a sentence.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mailguard.detect.tokenizer import Script, Word

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

MOST = 20_000  # words that are remembered, 256 bytes each at a width of 64
_FIRST = 1_000  # rows to begin with


class WordTable:
    """vector: of a word; may: whether a word of this vector is ever part of a name."""

    def __init__(self, width: int, vector: Callable[[Word], Floats], may: Callable[[Floats], bool]) -> None:
        self._vector, self._opens = vector, may
        self._rows: dict[Word, int] = {}
        self.vectors: Floats = np.zeros((_FIRST, width), np.float32)
        self.may: Flags = np.zeros(_FIRST, np.bool_)
        self.foreign: Flags = np.zeros(_FIRST, np.bool_)

    def rows(self, words: Sequence[Word]) -> Rows:
        """Of each word. Forgets all when it holds too many, so ask for what belongs together at once."""
        if len(self._rows) >= MOST:
            self._rows.clear()
        found = list(map(self._rows.get, words))
        if None in found:
            found = [self._met(word) if row is None else row for word, row in zip(words, found, strict=True)]
        return np.array(found, np.intp)

    def _met(self, word: Word) -> int:
        row = self._rows.get(word)
        if row is not None:
            return row
        row = len(self._rows) + 1
        if row >= len(self.may):
            self.vectors = np.tile(self.vectors, (2, 1))
            self.may, self.foreign = np.tile(self.may, 2), np.tile(self.foreign, 2)
        vector = self._vector(word)
        self.vectors[row], self.may[row], self.foreign[row] = (
            vector,
            self._opens(vector),
            word.script is not Script.OTHER,
        )
        self._rows[word] = row
        return row
