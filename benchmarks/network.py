"""The network behind mailguard/detect/name_model.py while it learns: numpy, Adam, dropout of features, units and hidden values.

In: sentences as (hashes of each unit, candidates, labels). Out: its weights. The same seed gives the same weights.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from mailguard.detect.name_model import WINDOW

SIZE, HIDDEN, LABELS = 32, 48, 3
EPOCHS, BATCH, RATE = 8, 600, 3e-3
DROP_FEATURE, DROP_UNIT, DROP_HIDDEN = 0.2, 0.2, 0.4
_BETA, _GAMMA = 0.9, 0.99


class Network:
    """Weights and Adam's moments."""

    def __init__(self, features: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        normal = self._random.normal
        self.weights = {
            "features": normal(0, 0.15, (features, SIZE)).astype(np.float32),
            "shift": np.zeros(SIZE, np.float32),
            "hidden": normal(0, (WINDOW * SIZE) ** -0.5, (WINDOW * SIZE, HIDDEN)).astype(np.float32),
            "hidden_bias": np.zeros(HIDDEN, np.float32),
            "output": normal(0, HIDDEN**-0.5, (HIDDEN, LABELS)).astype(np.float32),
            "output_bias": np.zeros(LABELS, np.float32),
        }
        self._first = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self._second = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self._steps = 0

    def _mask(self, shape: tuple[int, ...], share: float) -> np.ndarray:
        return (self._random.random(shape, dtype=np.float32) >= share).astype(np.float32) / np.float32(1 - share)

    def step(self, types: Sequence[np.ndarray], windows: np.ndarray, labels: np.ndarray, rate: float) -> None:
        """One batch: rows of features of each type, the types around each unit, and its label."""
        weights = self.weights
        sizes = np.array([len(rows) for rows in types])
        rows = np.concatenate(types)
        kept = self._mask((len(rows), 1), DROP_FEATURE)
        starts = np.cumsum(sizes) - sizes
        vectors = np.tanh(np.add.reduceat(weights["features"][rows] * kept, starts, axis=0) + weights["shift"])
        seen = self._mask((*windows.shape, SIZE), DROP_UNIT)
        inputs = (vectors[windows] * seen).reshape(len(windows), -1)
        raw = inputs @ weights["hidden"] + weights["hidden_bias"]
        passed = self._mask(raw.shape, DROP_HIDDEN) * (raw > 0)
        inner = raw * passed
        odds = inner @ weights["output"] + weights["output_bias"]
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        error = odds / odds.sum(axis=1, keepdims=True)
        error[np.arange(len(labels)), labels] -= 1
        error /= len(labels)
        back = (error @ weights["output"].T) * passed
        down = (back @ weights["hidden"].T).reshape(seen.shape) * seen
        to_types = np.zeros_like(vectors)
        np.add.at(to_types, windows.ravel(), down.reshape(-1, SIZE))
        to_types *= 1 - vectors**2
        touched, inverse = np.unique(rows, return_inverse=True)
        to_features = np.zeros((len(touched), SIZE), np.float32)
        np.add.at(to_features, inverse, np.repeat(to_types, sizes, axis=0) * kept)
        self._steps += 1
        whole = slice(None)
        self._adapt("features", touched, to_features, rate)
        self._adapt("shift", whole, to_types.sum(axis=0), rate)
        self._adapt("hidden", whole, inputs.T @ back, rate)
        self._adapt("hidden_bias", whole, back.sum(axis=0), rate)
        self._adapt("output", whole, inner.T @ error, rate)
        self._adapt("output_bias", whole, error.sum(axis=0), rate)

    def _adapt(self, name: str, at: np.ndarray | slice, slope: np.ndarray, rate: float) -> None:
        """Adam (Kingma and Ba 2015), lazily for rows of features."""
        first = self._first[name][at] = _BETA * self._first[name][at] + (1 - _BETA) * slope
        second = self._second[name][at] = _GAMMA * self._second[name][at] + (1 - _GAMMA) * slope**2
        first, second = first / (1 - _BETA**self._steps), second / (1 - _GAMMA**self._steps)
        self.weights[name][at] -= (rate * first / (np.sqrt(second) + 1e-8)).astype(np.float32)


def train(sentences: Sequence[tuple], known: np.ndarray, seed: int) -> Network:
    """A network that has seen all sentences EPOCHS times."""
    numbers: dict[tuple[int, ...], int] = {(0,): 0}
    read = [
        ([numbers.setdefault(unit, len(numbers)) for unit in hashes], kept, labels)
        for hashes, kept, labels in sentences
    ]
    place = {int(value): row for row, value in enumerate(known)}
    types = [np.array([place[value] for value in unit if value in place] or [0]) for unit in numbers]
    network, order = Network(len(known), seed), np.random.default_rng(seed + 7)
    for epoch in range(EPOCHS):
        for windows, labels in _batches(read, order):
            used, inverse = np.unique(windows, return_inverse=True)
            rate = RATE * (1 - 0.9 * epoch / EPOCHS)
            network.step([types[number] for number in used], inverse.reshape(windows.shape), labels, rate)
    return network


def _batches(read: Sequence[tuple], order: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    windows, answers = [], []
    edge = [0] * (WINDOW // 2)
    for number in order.permutation(len(read)):
        types, kept, labels = read[number]
        padded = [*edge, *types, *edge]
        for place, label in enumerate(labels):
            if kept[place]:
                windows.append(padded[place : place + WINDOW])
                answers.append(label)
        if len(windows) >= BATCH:
            yield np.array(windows), np.array(answers)
            windows, answers = [], []
    if windows:
        yield np.array(windows), np.array(answers)
