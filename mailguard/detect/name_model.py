"""A small window network that tells which units of a sentence are names. Trained by benchmarks/train_names.py; numpy only.

In: features of units and what the rules found. Out: probabilities. A unit's features are summed to a vector once and kept;
seven vectors in a row go through one hidden layer. Members of an ensemble lie side by side in the same matrices.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mailguard.detect.name_features import Floats, Lexicon

WINDOW = 7
_FILE = "name_model.npz"


@dataclass(frozen=True, slots=True)
class NameModel:
    """known: hashes of features, sorted; features: their rows for each member; then the layers of each member."""

    known: NDArray[np.uint32]
    features: NDArray[np.int8]
    scale: Floats
    shift: Floats
    hidden: Floats
    hidden_bias: Floats
    output: Floats
    output_bias: Floats
    threshold: float
    lexicon: Lexicon

    def vector(self, hashes: list[int]) -> Floats:
        """Of one unit: members × size."""
        wanted = np.array(hashes, np.uint32)
        places = np.minimum(np.searchsorted(self.known, wanted), len(self.known) - 1)
        rows = self.features[:, places[self.known[places] == wanted]].astype(np.float32)
        vector: Floats = np.tanh(rows.sum(axis=1) * self.scale[:, None] + self.shift)
        return vector

    def probabilities(self, vectors: Floats, places: NDArray[np.intp]) -> Floats:
        """Nothing, begin, inside: for the units at these places. vectors: members × (units + WINDOW - 1) × size, edges filled."""
        total = np.zeros((len(places), self.output.shape[2]), np.float32)
        around = places[:, None] + np.arange(WINDOW)
        for member in range(len(vectors)):
            inputs = vectors[member][around].reshape(len(places), -1)
            inner = np.maximum(inputs @ self.hidden[member] + self.hidden_bias[member], 0)
            odds = inner @ self.output[member] + self.output_bias[member]
            odds = np.exp(odds - odds.max(axis=1, keepdims=True))
            total += odds / odds.sum(axis=1, keepdims=True)
        return total / np.float32(len(vectors))


@lru_cache(maxsize=1)
def load() -> NameModel:
    """The packaged weights, 20 ms; shared after a fork."""
    with as_file(files("mailguard.detect") / _FILE) as path, np.load(path, allow_pickle=False) as data:
        return of_arrays(dict(data))


def of_arrays(data: dict[str, Any]) -> NameModel:
    """From the arrays of the weights file."""
    parts = {name: data[name] for name in NameModel.__dataclass_fields__ if name not in {"threshold", "lexicon"}}
    return NameModel(**parts, threshold=float(data["threshold"]), lexicon=lexicon_of(data))


def lexicon_of(data: dict[str, Any]) -> Lexicon:
    """The part of the weights that knows letters only."""
    return Lexicon(data["letters"], float(data["letters_scale"]), data["classes"], data["classes_bias"])
