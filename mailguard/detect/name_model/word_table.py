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

MOST = 20_000  # words that are remembered, some 400 bytes each
_FIRST = 1_000  # rows to begin with


class WordTable:
    """widths: of vectors and of topics. vectors: of words, a row each; told: by these vectors, whether words are ever part of a name, and topics."""

    def __init__(
        self,
        widths: tuple[int, int],
        vectors: Callable[[Sequence[Word]], Floats],
        told: Callable[[Floats], tuple[Flags, Floats]],
    ) -> None:
        self._vectors, self._told = vectors, told
        self._rows: dict[Word, int] = {}
        self.vectors: Floats = np.zeros((_FIRST, widths[0]), np.float32)
        self.topics: Floats = np.zeros((_FIRST, widths[1]), np.float32)
        self.may: Flags = np.zeros(_FIRST, np.bool_)
        self.foreign: Flags = np.zeros(_FIRST, np.bool_)

    def rows(self, words: Sequence[Word]) -> Rows:
        """Of each word. Forgets all when it holds too many, so ask for what belongs together at once."""
        if len(self._rows) >= MOST:
            self._rows.clear()
        found = list(map(self._rows.get, words))
        if None in found:
            self._meet(list(dict.fromkeys(word for word, row in zip(words, found, strict=True) if row is None)))
            found = list(map(self._rows.get, words))
        return np.array(found, np.intp)

    def _meet(self, words: Sequence[Word]) -> None:
        """Words that are new, all at once."""
        first = len(self._rows) + 1
        stop = first + len(words)
        while stop > len(self.may):
            self.vectors, self.topics = np.tile(self.vectors, (2, 1)), np.tile(self.topics, (2, 1))
            self.may, self.foreign = np.tile(self.may, 2), np.tile(self.foreign, 2)
        vectors = self._vectors(words)
        self.vectors[first:stop] = vectors
        self.may[first:stop], self.topics[first:stop] = self._told(vectors)
        self.foreign[first:stop] = [word.script is not Script.OTHER for word in words]
        self._rows.update(zip(words, range(first, stop), strict=True))
