"""The network of names in torch: sentences as numbers of words, one training, and its weights as `NameNetwork` reads them."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import torch
from torch import nn

from mailguard.detect import tokenizer
from mailguard.detect.folding import fold
from mailguard.detect.name_judge import mark
from mailguard.detect.name_model.features import NUMBERS, Features
from mailguard.detect.name_model.word_vectors import WordVectors
from mailguard.detect.running_names import RunningNames

WIDTH, HIDDEN, TOPICS, WINDOW = 64, 96, 32, (5, 3)
EPOCHS, RATE, BATCH, DECAY = 10, 3e-3, 32, 1e-2
DROPPED, FEATURES_DROPPED, WORDS_DROPPED, MEANINGS_DROPPED, MARKS_DROPPED = 0.4, 0.15, 0.4, 0.2, 0.2
SWAPPED = 0.3  # sentences whose names are taken from others
AGREED = 1.0  # weight of the disagreement of two passes with other dropout (R-drop)
GATE, GATE_OPEN = 0.1, 0.06  # weight of the gate's loss, and the probability from which it is open
SELDOM = 3  # places at which a feature must have been seen
MARKS = 7  # as `name_judge.mark`


class Line(NamedTuple):
    """A sentence: numbers of its words, what rules say of each, which are names."""

    numbers: list[int]
    marks: list[int]
    truth: list[int]


class Sentences:
    """Words of sentences as numbers, with features, scores and rows of word vectors."""

    def __init__(self, features: Features, vectors: WordVectors, rules: RunningNames) -> None:
        self._tokenizer = tokenizer.load()
        self._features, self._vectors, self._rules = features, vectors, rules
        self._numbers: dict[tuple[str, ...], int] = {}
        self.names: list[list[str]] = []
        self.scores: list[list[float]] = []
        self.rows: list[int] = []
        self.looks: list[str] = []

    def read(self, line: dict[str, Any]) -> list[Line]:
        """The sentences of a line."""
        folded = fold(line["text"])
        found = []
        for sentence in self._tokenizer.pieces(folded.text):
            truth = []
            for token in sentence:
                start, end = folded.original(token.start, token.end)
                truth.append(int(any(start < y and x < end for x, y in line["names"])))
            spans = list(self._rules.by_rules(folded.text, sentence))
            marks = [mark(token, spans) for token in sentence]
            found.append(Line([self._number(token.word) for token in sentence], marks, truth))
        return found

    def _number(self, word: tokenizer.Word) -> int:
        key = (word.surface, *word.pos, word.normal, str(word.known))
        if key not in self._numbers:
            names, scores = self._features.of(word)
            row = self._vectors.row(word)
            self._numbers[key] = len(self.names)
            self.names.append(names)
            self.scores.append([*scores, float(row is None)])
            self.rows.append(-1 if row is None else row)
            self.looks.append(next(name for name in names if name.startswith("s=")) + "-".join(word.pos[:4]))
        return self._numbers[key]


class Batch(NamedTuple):
    """Lines as tensors: distinct words; for each place of a grid its word among them, mark, whether it is real, and truth."""

    words: torch.Tensor
    places: torch.Tensor
    marks: torch.Tensor
    real: torch.Tensor
    truth: torch.Tensor


def batch_of(lines: Sequence[Line]) -> Batch:
    """A batch."""
    shape = len(lines), max(len(line.numbers) for line in lines)
    numbers, marks = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    real, truth = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for row, line in enumerate(lines):
        count = len(line.numbers)
        numbers[row, :count], marks[row, :count] = line.numbers, line.marks
        real[row, :count], truth[row, :count] = 1, line.truth
    words, places = np.unique(numbers, return_inverse=True)
    return Batch(*map(torch.from_numpy, (words, places.reshape(shape), marks, real, truth)))


class Network(nn.Module):
    """What `NameNetwork` computes, with dropout."""

    def __init__(self, features: int, vectors: int) -> None:
        super().__init__()
        self.vectors = nn.EmbeddingBag(features + 1, WIDTH, mode="sum", padding_idx=0)
        nn.init.normal_(self.vectors.weight, 0, 0.1)
        self.vectors.weight.data[0] = 0
        self.numbers = nn.Linear(NUMBERS + 1, WIDTH)
        self.meanings = nn.Linear(vectors, WIDTH, bias=False)
        self.marks = nn.Embedding(MARKS, WIDTH)
        nn.init.zeros_(self.marks.weight)
        self.first = nn.Conv1d(WIDTH, HIDDEN, WINDOW[0], padding=WINDOW[0] // 2)
        self.second = nn.Conv1d(HIDDEN, HIDDEN, WINDOW[1], padding=WINDOW[1] // 2)
        self.topics = nn.Linear(WIDTH, TOPICS)
        self.about = nn.Linear(TOPICS, HIDDEN)
        self.out = nn.Linear(HIDDEN + WIDTH, 1)
        self.gate = nn.Linear(WIDTH, 1)

    def forward(
        self, batch: Batch, bag: torch.Tensor, scores: torch.Tensor, meanings: torch.Tensor, marks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of each place, and of the gate."""
        words = (self.vectors(bag) + self.numbers(scores) + self.meanings(meanings))[batch.places]
        real = batch.real[:, :, None]
        unmarked = torch.tanh(words + self.marks.weight[0])
        gate = self.gate(unmarked.detach())[:, :, 0]
        topics = torch.relu(self.topics(self._drop(unmarked))) * real
        about = self.about(self._drop(topics.max(1)[0]))[:, None]
        inner = self._drop(torch.tanh(words + self.marks(marks))) * real
        hidden = self._drop(torch.relu(_convolved(self.first, inner)) * real)
        hidden = self._drop((torch.relu(_convolved(self.second, hidden) + about) + hidden) * real)
        return self.out(torch.cat([hidden, inner], 2))[:, :, 0], gate

    def _drop(self, values: torch.Tensor) -> torch.Tensor:
        """As nn.Dropout does, in a third of its time."""
        return values * (torch.rand(values.shape) >= DROPPED) / (1 - DROPPED) if self.training else values


def _convolved(layer: nn.Conv1d, values: torch.Tensor) -> torch.Tensor:
    """As the layer does, in half its time: one matrix product."""
    count, length = layer.kernel_size[0], values.shape[1]
    padded = nn.functional.pad(values, (0, 0, count // 2, count // 2))
    windows = torch.cat([padded[:, step : step + length] for step in range(count)], 2)
    return windows @ layer.weight.permute(2, 1, 0).reshape(-1, layer.out_channels) + layer.bias


class Training:
    """One training: lines, words, vectors."""

    def __init__(self, lines: list[Line], table: Sentences, vectors: np.ndarray, seed: int) -> None:
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        self._shuffle = random.Random(seed)
        self._lines = [line for line in lines if line.numbers]
        counted = Counter(name for line in lines for number in line.numbers for name in table.names[number])
        self._kept = {name: row for row, name in enumerate(sorted(n for n, c in counted.items() if c >= SELDOM), 1)}
        most = max(len(names) for names in table.names)
        self._bags = torch.zeros((len(table.names), most), dtype=torch.long)
        self._lexical = torch.zeros((len(table.names), most), dtype=torch.bool)
        for number, names in enumerate(table.names):
            for place, name in enumerate(name for name in names if name in self._kept):
                self._bags[number, place] = self._kept[name]
                self._lexical[number, place] = name.startswith("w=")
        self._scores = torch.tensor(table.scores)
        rows = np.array(table.rows)
        self._meanings = torch.from_numpy(np.where(rows[:, None] >= 0, vectors[rows], 0).astype(np.float32))
        self._vectors = vectors
        self._looks = table.looks
        self._pool: dict[str, list[int]] = {}
        for line in lines:
            for number, true in zip(line.numbers, line.truth, strict=True):
                if true:
                    self._pool.setdefault(table.looks[number], []).append(number)
        self._network = Network(len(self._kept), vectors.shape[1])

    def weights(self) -> dict[str, np.ndarray]:
        """Trained."""
        optimizer = torch.optim.AdamW(self._network.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
        total = EPOCHS * -(-len(self._lines) // BATCH)
        step = 0
        for _ in range(EPOCHS):
            for lines in self._batches():
                for group in optimizer.param_groups:
                    group["lr"] = RATE * min(1, step / 50) * max(0.02, 1 - step / total)
                step += 1
                optimizer.zero_grad()
                self._loss(batch_of([self._swapped(line) for line in lines])).backward()
                nn.utils.clip_grad_norm_(self._network.parameters(), 2)
                optimizer.step()
        return self._plain()

    def _loss(self, batch: Batch) -> torch.Tensor:
        """Of two passes with other dropout, and their disagreement."""
        passes = [self._pass(batch) for _ in range(2)]
        errors = [_entropy(logits, batch) + GATE * _entropy(gate, batch) for logits, gate in passes]
        one, other = (logits for logits, _ in passes)
        apart = ((torch.sigmoid(one) - torch.sigmoid(other)) * (one - other) * batch.real).sum() / batch.real.sum()
        return sum(errors) / 2 + AGREED * apart / 2

    def _pass(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        bag = self._bags[batch.words]
        unseen = (torch.rand(len(bag)) < WORDS_DROPPED)[:, None] & self._lexical[batch.words]
        bag = bag.masked_fill(unseen | (torch.rand(bag.shape) < FEATURES_DROPPED), 0)
        meanings = self._meanings[batch.words] * (torch.rand(len(bag)) >= MEANINGS_DROPPED)[:, None]
        marks = batch.marks * (torch.rand(len(batch.marks), 1) >= MARKS_DROPPED)
        return self._network(batch, bag, self._scores[batch.words], meanings, marks)

    def _swapped(self, line: Line) -> Line:
        """Names of others in place of its own, each word by one that looks alike."""
        if self._shuffle.random() >= SWAPPED or not any(line.truth):
            return line
        other: dict[int, int] = {}
        numbers = []
        for number, true in zip(line.numbers, line.truth, strict=True):
            if true and number not in other:
                other[number] = self._shuffle.choice(self._pool[self._looks[number]])
            numbers.append(other[number] if true else number)
        return line._replace(numbers=numbers)

    def _batches(self) -> list[list[Line]]:
        """Sentences of like length together, in random order."""
        order = self._lines[:]
        self._shuffle.shuffle(order)
        found = []
        for begin in range(0, len(order), BATCH * 8):
            block = sorted(order[begin : begin + BATCH * 8], key=lambda line: len(line.numbers))
            found += [block[at : at + BATCH] for at in range(0, len(block), BATCH)]
        self._shuffle.shuffle(found)
        return found

    def _plain(self) -> dict[str, np.ndarray]:
        """As `NameNetwork` reads them; features by their hash, sorted; word vectors in one byte for each number."""
        network = self._network
        projected = self._vectors @ network.meanings.weight.detach().numpy().T
        scales = np.abs(projected).max(axis=0) / 127
        hashes = sorted((crc32(name.encode()), row) for name, row in self._kept.items())
        halves = {
            "vectors": network.vectors.weight[[row for _, row in hashes]],
            "numbers": network.numbers.weight.T,
            "bias": network.numbers.bias,
            "marks": network.marks.weight,
            "first": network.first.weight.permute(2, 1, 0),
            "first_bias": network.first.bias,
            "second": network.second.weight.permute(2, 1, 0),
            "second_bias": network.second.bias,
            "topics": network.topics.weight.T,
            "topics_bias": network.topics.bias,
            "about": network.about.weight.T,
            "about_bias": network.about.bias,
            "out": network.out.weight.T,
            "out_bias": network.out.bias,
            "gate": network.gate.weight[0],
            "gate_bias": network.gate.bias - float(np.log(GATE_OPEN / (1 - GATE_OPEN))),
            "word_scales": torch.from_numpy(scales),
        }
        return {
            "features": np.array([number for number, _ in hashes], np.uint32),
            "word_vectors": np.round(projected / scales).astype(np.int8),
            **{name: value.detach().numpy().astype(np.float16) for name, value in halves.items()},
        }


def _entropy(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Of all real places."""
    each = nn.functional.binary_cross_entropy_with_logits(logits, batch.truth, weight=batch.real, reduction="sum")
    return each / batch.real.sum()
