"""Rows of word vectors: which of some thousand groups of like words a word belongs to.

In: a word. Out: the row of its vector, or None. The vectors are chiVe's (Works Applications, Apache-2.0) as ja_ginza packs them,
projected to the width of the network; words are kept as hashes.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mailguard.detect.tokenizer import Word


def key(form: str) -> int:
    """What stands for a word; of 480,000 words one in ten thousand others is taken for one of them."""
    return crc32(form.encode())


class WordVectors:
    """hashes: uint32, sorted; rows: of each hash."""

    def __init__(self, hashes: NDArray[np.uint32], rows: NDArray[np.uint16]) -> None:
        self._hashes, self._rows = hashes, rows

    def row(self, word: Word) -> int | None:
        """By its normalised form, as it stands, or by its dictionary form."""
        return self.rows([word])[0]

    def rows(self, words: Sequence[Word]) -> list[int | None]:
        """Of each word; one search for all of them."""
        keys = np.array([(key(word.normal), key(word.surface), key(word.base)) for word in words], np.uint32)
        places = np.minimum(np.searchsorted(self._hashes, keys), len(self._hashes) - 1)
        met = self._hashes[places] == keys
        rows = self._rows[np.take_along_axis(places, met.argmax(axis=1)[:, None], axis=1)[:, 0]]
        return [row if known else None for row, known in zip(rows.tolist(), met.any(axis=1).tolist(), strict=True)]
