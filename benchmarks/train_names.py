"""Train the judge of names in running text and write mailguard/detect/name_model/weights.npz, or cross-validate it (--folds).

Needs torch, scikit-learn and msgpack beside the project (`pip install torch scikit-learn msgpack`); the service needs none of them. One core:
some minutes for each training. Reads names-in-text/sentences.jsonl (CC BY-SA 3.0), the made-up sentences beside this file, and word
vectors from the wheel of ja_ginza 5.2 (MIT; `pip download --no-deps ja_ginza==5.2.0`), which holds those of chiVe (Apache-2.0).
Example: python benchmarks/train_names.py --data DIR --vectors ja_ginza-5.2.0-py3-none-any.whl
"""

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import name_split
import name_texts
import numpy as np
import sudachipy
import torch
from bench_detection import score
from chive import Vectors
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from torch import nn

from mailguard.detect import person_dictionary, ruleset, tokenizer
from mailguard.detect.folding import fold
from mailguard.detect.name import Name
from mailguard.detect.name_judge import mark
from mailguard.detect.name_model.features import NUMBERS, Features
from mailguard.detect.name_model.letters import BITS, KANJI, KATAKANA, Letters, half, sequences
from mailguard.detect.name_model.network import NameNetwork
from mailguard.detect.name_model.word_vectors import WordVectors
from mailguard.detect.running_names import RunningNames
from mailguard.model import Kind

WIDTH, HIDDEN, WINDOW = 64, 96, (5, 3)
EPOCHS, RATE, BATCH, DECAY = 10, 3e-3, 32, 1e-2
DROPPED, FEATURES_DROPPED, WORDS_DROPPED, MEANINGS_DROPPED, MARKS_DROPPED = 0.4, 0.15, 0.4, 0.2, 0.2
SWAPPED = 0.3  # sentences whose names are taken from others
GATE, GATE_OPEN = 0.1, 0.06  # weight of the gate's loss, and the probability from which it is open
SELDOM = 3  # places at which a feature must have been seen
WORDS = 100_000  # kanji words that letters are learnt from
SEED = 0
MARKS = 7
_SCORES = ({"A", "L", "O", "N"}, {"F", "G", "L", "N"})
_OUT = Path(__file__).parent.parent / "mailguard" / "detect" / "name_model" / "weights.npz"


def dictionary() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Katakana and kanji words of Sudachi's dictionary, each with what it can be."""
    words: tuple[dict[str, set[str]], dict[str, set[str]]] = ({}, {})
    for morpheme in sudachipy.Dictionary(dict="core").entries():
        surface = morpheme.surface()
        script = 0 if KATAKANA.fullmatch(surface) else 1 if KANJI.fullmatch(surface) else -1
        if script >= 0:
            words[script].setdefault(surface, set()).add(_sort(morpheme.part_of_speech(), script))
    return words


def _sort(pos: tuple[str, ...], script: int) -> str:
    if pos[2] == "人名":
        return ("G" if pos[3] != "姓" else "F") if script else "A"
    return "L" if pos[2] == "地名" else "O" if pos[1] == "固有名詞" else "N"


def letters(words: tuple[dict[str, set[str]], dict[str, set[str]]]) -> dict[str, np.ndarray]:
    """Tables of `Letters`."""
    tables = np.zeros((2, 2, 1 << BITS, 4), np.float32)
    offsets = np.zeros((2, 2, 4), np.float32)
    for script, known in enumerate(words):
        chosen = sorted(known) if not script else name_texts.sample(known, SEED, WORDS)
        rows = [sequences(word) for word in chosen]
        counts = np.cumsum([0, *map(len, rows)])
        matrix = csr_matrix(
            (np.ones(counts[-1]), np.concatenate(rows), counts), shape=(len(chosen), 1 << BITS), dtype=np.float32
        )
        halves = np.array([half(word) for word in chosen])
        for place, sort in enumerate("ALON" if not script else "FGLN"):
            truth = np.array([sort in known[word] for word in chosen])
            for table in (0, 1):
                model = LogisticRegression(C=0.5, solver="liblinear", tol=0.03, random_state=SEED)
                model.fit(matrix[halves != table], truth[halves != table])
                tables[script, table, :, place], offsets[script, table, place] = model.coef_[0], model.intercept_[0]
    scales = np.abs(tables).max(axis=2) / 127
    return {
        "letters": np.round(tables / scales[:, :, None]).astype(np.int8),
        "letter_scales": scales,
        "letter_offsets": offsets,
    }


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
    numbers, marks = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    real, truth = torch.zeros(shape), torch.zeros(shape)
    for row, line in enumerate(lines):
        count = len(line.numbers)
        numbers[row, :count], marks[row, :count] = torch.tensor(line.numbers), torch.tensor(line.marks)
        real[row, :count], truth[row, :count] = 1, torch.tensor(line.truth, dtype=torch.float)
    words, places = torch.unique(numbers, return_inverse=True)
    return Batch(words, places, marks, real, truth)


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
        self.out = nn.Linear(HIDDEN + WIDTH, 1)
        self.gate = nn.Linear(WIDTH, 1)
        self.drop = nn.Dropout(DROPPED)

    def forward(
        self, batch: Batch, bag: torch.Tensor, scores: torch.Tensor, meanings: torch.Tensor, marks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of each place, and of the gate."""
        words = (self.vectors(bag) + self.numbers(scores) + self.meanings(meanings))[batch.places]
        gate = self.gate(torch.tanh(words + self.marks.weight[0]).detach())[:, :, 0]
        inner = self.drop(torch.tanh(words + self.marks(marks))) * batch.real[:, :, None]
        hidden = self.drop(torch.relu(self.first(inner.transpose(1, 2))) * batch.real[:, None])
        hidden = self.drop((torch.relu(self.second(hidden)) + hidden) * batch.real[:, None])
        return self.out(torch.cat([hidden.transpose(1, 2), inner], 2))[:, :, 0], gate


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
        optimizer = torch.optim.AdamW(self._network.parameters(), lr=RATE, weight_decay=DECAY)
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
        bag = self._bags[batch.words]
        unseen = (torch.rand(len(bag)) < WORDS_DROPPED)[:, None] & self._lexical[batch.words]
        bag = bag.masked_fill(unseen | (torch.rand(bag.shape) < FEATURES_DROPPED), 0)
        meanings = self._meanings[batch.words] * (torch.rand(len(bag)) >= MEANINGS_DROPPED)[:, None]
        marks = batch.marks * (torch.rand(len(batch.marks), 1) >= MARKS_DROPPED)
        logits, gate = self._network(batch, bag, self._scores[batch.words], meanings, marks)
        return _entropy(logits, batch) + GATE * _entropy(gate, batch)

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


class Bench:
    """What every training shares: sentences, tables, vectors."""

    def __init__(self, data: Path, wheel: Path) -> None:
        words = dictionary()
        self._vectors = Vectors(wheel)
        self.tables = letters(words) | self._vectors.tables()
        self._rules = ruleset.load(ruleset.shipped_dir()).of(Kind.NAME)
        letters_ = (self.tables[name] for name in ("letters", "letter_scales", "letter_offsets"))
        features = Features(
            person_dictionary.load(), Letters(*letters_), tokenizer.load().homographs, self._rules.words
        )
        rows = WordVectors(self.tables["word_hashes"], self.tables["word_rows"])
        rules = RunningNames(self._rules.words, person_dictionary.load(), tokenizer.load(), None)
        self._table = Sentences(features, rows, rules)
        self.lines = name_split.sentences(data / "names-in-text" / "sentences.jsonl")
        persons = [word for word, sorts in sorted(words[0].items()) if "A" in sorts and len(word) <= 8]
        made_up = name_texts.made_up(name_texts.Names(SEED, persons), 2)
        self._read = [self._table.read(line) for line in self.lines]
        self._made_up = [sentence for line in made_up for sentence in self._table.read(line)]

    def detector(self, network: NameNetwork | None) -> Name:
        """The detector with a network, or rules alone."""
        return Name(self._rules, person_dictionary.load(), tokenizer.load(), network)

    def train(self, numbers: Sequence[int], seed: int) -> dict[str, np.ndarray]:
        """All arrays of weights.npz."""
        chosen = [sentence for number in numbers for sentence in self._read[number]]
        return self.tables | Training(chosen + self._made_up, self._table, self._vectors.values, seed).weights()

    def network(self, weights: dict[str, np.ndarray]) -> NameNetwork:
        """As the detector uses it."""
        homographs = tokenizer.load().homographs
        return NameNetwork(
            weights, lambda letters: Features(person_dictionary.load(), letters, homographs, self._rules.words)
        )


class Counts(NamedTuple):
    """Found names that are right, true ones that are met, found, true."""

    right: int
    met: int
    found: int
    true: int

    def __str__(self) -> str:
        precision, recall = self.right / max(1, self.found), self.met / max(1, self.true)
        return f"P {precision:.3f} R {recall:.3f} F {2 * precision * recall / max(1e-9, precision + recall):.3f}"


def counted(detector: Name, lines: Sequence[dict[str, Any]]) -> Counts:
    """Overlap, as bench_detection.py counts it."""
    total = Counts(0, 0, 0, 0)
    for line in lines:
        folded = fold(line["text"])
        spans = [folded.original(span.start, span.end) for span in detector.find(folded.text)]
        right, met = score(line["names"], spans)
        total = Counts(*(a + b for a, b in zip(total, (right, met, len(spans), len(line["names"])), strict=True)))
    return total


def cross_validate(bench: Bench, folds: int, only: Sequence[int], seed: int, keep: Path | None) -> None:
    """Print each fold, judged by a network that has not seen it, and all together; rules alone beside it."""
    sums = {name: Counts(0, 0, 0, 0) for name in ("network", "network, odd", "rules", "rules, odd")}
    for fold_, held_out in enumerate(name_split.folds(len(bench.lines), folds)):
        if fold_ not in only:
            continue
        weights = bench.train(sorted(set(range(len(bench.lines))) - set(held_out)), seed)
        if keep is not None:
            np.savez(keep / f"fold{fold_}-{seed}.npz", **{n: v for n, v in weights.items() if n not in bench.tables})
        for name, detector in (("network", bench.detector(bench.network(weights))), ("rules", bench.detector(None))):
            for called, numbers in ((name, held_out), (f"{name}, odd", [n for n in held_out if n % 2])):
                counts = counted(detector, [bench.lines[number] for number in numbers])
                sums[called] = Counts(*(a + b for a, b in zip(sums[called], counts, strict=True)))
                print(f"fold {fold_} {called}: {counts}", flush=True)
    for name, total in sums.items():
        print(f"all folds, {name}: {total}")


def main() -> None:
    """Train and write, or cross-validate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, required=True, help="the wheel of ja_ginza 5.2")
    parser.add_argument("--folds", type=int, default=0, help="cross-validate with so many folds; nothing is written")
    parser.add_argument("--fold", type=int, action="append", help="only this one of them")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep", type=Path, help="a folder for the weights of the folds")
    parser.add_argument("--out", type=Path, default=_OUT)
    arguments = parser.parse_args()
    bench = Bench(arguments.data, arguments.vectors)
    if arguments.folds:
        only = arguments.fold or list(range(arguments.folds))
        cross_validate(bench, arguments.folds, only, arguments.seed, arguments.keep)
        return
    weights = bench.train(range(len(bench.lines)), arguments.seed)
    np.savez_compressed(arguments.out, **weights)
    print(f"{len(bench.lines)} sentences, {len(weights['features'])} features: {arguments.out}")


if __name__ == "__main__":
    main()
