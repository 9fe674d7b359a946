"""Word vectors of chiVe as the wheel of ja_ginza 5.2 holds them: 480,000 words in 20,000 groups, one vector of 300 numbers each.

In: the wheel. Out: tables by hash for `WordVectors`, and the vectors, all of one length. Needs msgpack.
"""

import io
import json
import struct
import zipfile
from pathlib import Path

import msgpack
import numpy as np

from mailguard.detect.name_model.word_vectors import key

_LENGTH = 4.0  # of a vector
_MULTIPLIER, _MASK, _SHIFT = 0xC6A4A7935BD1E995, (1 << 64) - 1, 47


def string_hash(text: str) -> int:
    """MurmurHash64A with seed 1: how spaCy numbers strings."""
    data = text.encode()
    found = 1 ^ (len(data) * _MULTIPLIER) & _MASK
    whole = len(data) // 8 * 8
    for (block,) in struct.iter_unpack("<Q", data[:whole]):
        mixed = block * _MULTIPLIER & _MASK
        mixed = (mixed ^ mixed >> _SHIFT) * _MULTIPLIER & _MASK
        found = (found ^ mixed) * _MULTIPLIER & _MASK
    if data[whole:]:
        found = (found ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    found = (found ^ found >> _SHIFT) * _MULTIPLIER & _MASK
    return found ^ found >> _SHIFT


class Vectors:
    """values: 20,000 x 300."""

    def __init__(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as packed:
            folder = next(name for name in packed.namelist() if name.endswith("/vocab/key2row")).removesuffix("key2row")
            numbers = msgpack.unpackb(packed.read(f"{folder}key2row"), strict_map_key=False)
            words = json.loads(packed.read(f"{folder}strings.json"))
            values = np.load(io.BytesIO(packed.read(f"{folder}vectors")))
        self.values = values / np.linalg.norm(values, axis=1, keepdims=True).clip(1e-6) * _LENGTH
        self._words, self._numbers = words, numbers

    def tables(self) -> dict[str, np.ndarray]:
        """word_hashes (sorted) and word_rows."""
        found = ((word, self._numbers.get(string_hash(word))) for word in self._words)
        rows = {key(word): row for word, row in found if row is not None}
        hashes = sorted(rows)
        return {
            "word_hashes": np.array(hashes, np.uint32),
            "word_rows": np.array([rows[number] for number in hashes], np.uint16),
        }
