"""Rows of word vectors: which of some thousand groups of like words a word belongs to.

In: a word. Out: the row of its vector, or None. The vectors are chiVe's (Works Applications, Apache-2.0) as ja_ginza packs them,
projected to the width of the network; words are kept as hashes.
"""

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
        for form in dict.fromkeys((word.normal, word.surface, word.base)):
            number = np.uint32(key(form))
            place = int(np.searchsorted(self._hashes, number))
            if place < len(self._hashes) and self._hashes[place] == number:
                return int(self._rows[place])
        return None
