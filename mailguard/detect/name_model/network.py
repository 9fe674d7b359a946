"""The network: vectors of words, convolutions, what the sentence is about, and how likely each word is part of a person's name.

In: sentences as words, and what rules said of each. Out: probabilities. numpy only; weights.npz is made by benchmarks/train_names.py.
The vector of a word is made once; what is asked is one matrix product for many sentences.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mailguard.detect.name_model.features import Features
from mailguard.detect.name_model.letters import Letters
from mailguard.detect.name_model.units import units
from mailguard.detect.name_model.word_table import Flags, Rows, WordTable
from mailguard.detect.name_model.word_vectors import WordVectors
from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.tokenizer import Script, Word
from mailguard.errors import MailguardError

Floats = NDArray[np.float32]
_BROKEN = "mailguard/detect/name_model/weights.npz: {}; install mailguard again"
_HALVES = ("vectors", "numbers", "bias", "marks", "first", "first_bias", "second", "second_bias", "out", "out_bias")
_ABOUT = ("topics", "topics_bias", "about", "about_bias")
_ARRAYS = (
    *_HALVES,
    *_ABOUT,
    "gate",
    "gate_bias",
    "word_scales",
    "word_vectors",
    "word_hashes",
    "word_rows",
    "features",
)
_LETTERS = ("letters", "letter_scales", "letter_offsets")
_SURE = 30.0  # a logit beyond which nothing changes
_BETWEEN = frozenset({Script.JOINT, Script.BLANK})


class NameNetwork:
    """weights: arrays as benchmarks/train_names.py writes them; features: of words, by the packaged tables of letters.

    Errors: KeyError where an array is missing.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.generic]], features: Callable[[Letters], Features]) -> None:
        arrays = {name: weights[name] for name in _ARRAYS}
        self._floats = {name: value.astype(np.float32) for name, value in arrays.items() if value.dtype == np.float16}
        self._kernels = [(self._floats[name], self._floats[f"{name}_bias"]) for name in ("first", "second")]
        self._rows = {int(number): row for row, number in enumerate(weights["features"])}
        self._none = len(self._rows)  # row of what no word has
        self._floats["vectors"] = np.vstack([self._floats["vectors"], np.zeros_like(self._floats["bias"])])
        letters = (np.asarray(weights[name]) for name in _LETTERS)
        self._features = features(Letters(*letters))
        self._meanings = WordVectors(np.asarray(weights["word_hashes"]), np.asarray(weights["word_rows"]))
        self._meaning = np.asarray(weights["word_vectors"])
        self._pad = sum(len(kernel) // 2 for kernel, _ in self._kernels)
        widths = len(self._floats["bias"]), len(self._floats["topics_bias"])
        self._table = WordTable(widths, self._vectors, self._told)

    def rows(self, words: Sequence[Word]) -> Rows:
        """What `probabilities` knows words by, until the next question."""
        return self._table.rows(words)

    def may(self, rows: Rows) -> NDArray[np.bool_]:
        """Which words are ever part of a name, whatever stands around them."""
        return self._table.may[rows]

    def probabilities(
        self, sentences: Sequence[Sequence[Word]], marks: Sequence[Sequence[int]], rows: Sequence[Rows] | None = None
    ) -> list[Floats]:
        """Of each word of each sentence. marks: what rules said of each word, 0 for nothing; rows: if known, of each sentence."""
        if not sentences:
            return []
        sizes = [len(sentence) for sentence in sentences]
        if rows is None:
            rows = np.split(self.rows([word for sentence in sentences for word in sentence]), np.cumsum(sizes)[:-1])
        starts = (np.cumsum([self._pad, *(size + self._pad for size in sizes)])).tolist()
        numbers, signs = np.zeros(starts[-1], np.intp), np.zeros(starts[-1], np.intp)
        for start, size, of_words, said in zip(starts, sizes, rows, marks, strict=False):
            numbers[start : start + size] = of_words
            signs[start : start + size] = said
        hot = self._table.may[numbers] | (signs > 0)
        wanted, together = hot.copy(), []
        foreign = np.flatnonzero(hot & self._table.foreign[numbers])
        for number in dict.fromkeys((np.searchsorted(starts, foreign, "right") - 1).tolist()):
            start = starts[number]
            for first, last, parts in _runs(sentences[number], hot[start : start + sizes[number]].tolist()):
                wanted[start + first : start + last] = True
                together.append((start + first, start + last, [start + part for part in parts]))
        logits = self._logits(numbers, signs, np.flatnonzero(wanted), np.array(starts[:-1]))
        for first, last, places in together:  # words of one foreign name are as likely as all of them together
            logits[first:last] = logits[places].mean()
        found = _sigmoid(logits)
        return [found[start : start + size] for start, size in zip(starts, sizes, strict=False)]

    def _logits(self, numbers: Rows, signs: Rows, wanted: Rows, starts: Rows) -> Floats:
        """At the places that are wanted; elsewhere surely no name. Blanks between sentences are zero before each convolution.

        starts: of sentences. Each is about the greatest of each topic among its words.
        """
        logits = np.full(len(numbers), -_SURE, np.float32)
        if not len(wanted):
            return logits
        (first, first_bias), (second, second_bias) = self._kernels
        around = _near(wanted, _reach(second), numbers)
        read = _near(around, _reach(first), numbers)
        inner = np.zeros((len(numbers), len(self._floats["bias"])), np.float32)
        inner[read] = np.tanh(self._table.vectors[numbers[read]] + self._floats["marks"][signs[read]])
        hidden = np.zeros((len(numbers), len(first_bias)), np.float32)
        hidden[around] = _convolved(inner, around, first, first_bias)
        topics = np.maximum.reduceat(self._table.topics[numbers], starts)
        about = (topics @ self._floats["about"] + self._floats["about_bias"])[
            np.searchsorted(starts, wanted, "right") - 1
        ]
        deep = _convolved(hidden, wanted, second, second_bias + about) + hidden[wanted]
        out, wide = self._floats["out"][:, 0], len(second_bias)
        logits[wanted] = deep @ out[:wide] + inner[wanted] @ out[wide:] + self._floats["out_bias"][0]
        return logits

    def _told(self, vectors: Floats) -> tuple[Flags, Floats]:
        """Whether words are ever part of a name; their topics, none below zero."""
        unmarked = np.tanh(vectors + self._floats["marks"][0])
        opened: Flags = unmarked @ self._floats["gate"] + self._floats["gate_bias"][0] > 0
        return opened, np.maximum(unmarked @ self._floats["topics"] + self._floats["topics_bias"], 0)

    def _vectors(self, words: Sequence[Word]) -> Floats:
        """Of words met for the first time."""
        rows: list[int] = []
        begins, numbers = [], []
        meanings = self._meanings.rows(words)
        for (names, scores), meaning in zip(self._features.all(words), meanings, strict=True):
            begins.append(len(rows))
            rows.append(self._none)  # each word has one at least
            rows += [row for name in names if (row := self._rows.get(crc32(name.encode()))) is not None]
            numbers.append([*scores, float(meaning is None)])
        vectors: Floats = np.add.reduceat(self._floats["vectors"][rows], begins, axis=0) + self._floats["bias"]
        known = {place: meaning for place, meaning in enumerate(meanings) if meaning is not None}
        vectors[list(known)] += self._meaning[list(known.values())] * self._floats["word_scales"]
        vectors += np.array(numbers, np.float32) @ self._floats["numbers"]
        return vectors


def _runs(sentence: Sequence[Word], hot: Sequence[bool]) -> list[tuple[int, int, list[int]]]:
    """Units of several words of which one may be a name, and their words without joints."""
    return [
        (index, stop, [place for place in range(index, stop) if sentence[place].script not in _BETWEEN])
        for index, stop in units(sentence)
        if stop - index > 1 and any(hot[index:stop])
    ]


def _near(places: Rows, reach: Rows, numbers: Rows) -> Rows:
    """Words in reach of some places."""
    near = np.zeros(len(numbers), np.bool_)
    for step in reach.tolist():
        near[places + step] = True
    return np.flatnonzero(near & (numbers > 0))


def _reach(kernel: Floats) -> Rows:
    return np.arange(len(kernel)) - len(kernel) // 2


def _convolved(values: Floats, places: Rows, kernel: Floats, bias: Floats) -> Floats:
    """At some places, one matrix product, rectified."""
    windows = values[places[:, None] + _reach(kernel)].reshape(len(places), -1)
    found: Floats = np.maximum(windows @ kernel.reshape(windows.shape[1], -1) + bias, 0)
    return found


def _sigmoid(values: Floats) -> Floats:
    return (1 / (1 + np.exp(-np.clip(values, -_SURE, _SURE)))).astype(np.float32)


@lru_cache(maxsize=1)
def packaged() -> dict[str, NDArray[np.generic]]:
    """The arrays of weights.npz, read once. Errors: MailguardError where they are absent or damaged."""
    try:
        with (files(__package__) / "weights.npz").open("rb") as file, np.load(file) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise MailguardError(_BROKEN.format(error)) from error


def load(
    persons: PersonDictionary,
    homographs: Callable[[str], frozenset[tuple[str, ...]]],
    words: Mapping[str, tuple[str, ...]],
) -> NameNetwork:
    """The packaged weights; some milliseconds. Errors: MailguardError where they are absent or damaged."""
    try:
        return NameNetwork(packaged(), lambda letters: Features(persons, letters, homographs, words))
    except KeyError as error:
        raise MailguardError(_BROKEN.format(f"no {error}")) from error
