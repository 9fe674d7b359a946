"""Train the judge of names in running text and write mailguard/detect/name_model/weights.npz, or cross-validate it (--folds).

Needs torch, scikit-learn and msgpack beside the project (`pip install torch scikit-learn msgpack`); the service needs none of them. One core:
some minutes for each training. Reads names-in-text/sentences.jsonl (CC BY-SA 3.0), the made-up sentences beside this file, and word
vectors from the wheel of ja_ginza 5.2 (MIT; `pip download --no-deps ja_ginza==5.2.0`), which holds those of chiVe (Apache-2.0).
Example: python benchmarks/train_names.py --data DIR --vectors ja_ginza-5.2.0-py3-none-any.whl
One fold only, with the packaged tables of letters and words: … --folds 5 --fold 0 --keep-tables
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import name_letters
import name_split
import name_texts
import numpy as np
from bench_detection import score
from chive import Vectors
from name_training import Sentences, Training

from mailguard.detect import person_dictionary, ruleset, tokenizer
from mailguard.detect.folding import fold
from mailguard.detect.name import Name
from mailguard.detect.name_model.features import Features
from mailguard.detect.name_model.letters import Letters
from mailguard.detect.name_model.network import NameNetwork, packaged
from mailguard.detect.name_model.word_vectors import WordVectors
from mailguard.detect.running_names import RunningNames
from mailguard.model import Kind

SEED = 0
_TABLES = ("letters", "letter_scales", "letter_offsets", "word_hashes", "word_rows")  # that no sentence changes
_OUT = Path(__file__).parent.parent / "mailguard" / "detect" / "name_model" / "weights.npz"


class Bench:
    """What every training shares: sentences, tables, vectors."""

    def __init__(self, data: Path, wheel: Path, *, keep_tables: bool) -> None:
        words = name_letters.dictionary()
        self._vectors = Vectors(wheel)
        self.tables = _packaged() if keep_tables else name_letters.letters(words) | self._vectors.tables()
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


def _packaged() -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in packaged().items() if name in _TABLES}


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
    parser.add_argument(
        "--keep-tables", action="store_true", help="take letters and words from the packaged weights, some minutes less"
    )
    parser.add_argument("--folds", type=int, default=0, help="cross-validate with so many folds; nothing is written")
    parser.add_argument("--fold", type=int, action="append", help="only this one of them")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep", type=Path, help="a folder for the weights of the folds")
    parser.add_argument("--out", type=Path, default=_OUT)
    arguments = parser.parse_args()
    bench = Bench(arguments.data, arguments.vectors, keep_tables=arguments.keep_tables)
    if arguments.folds:
        only = arguments.fold or list(range(arguments.folds))
        cross_validate(bench, arguments.folds, only, arguments.seed, arguments.keep)
        return
    weights = bench.train(range(len(bench.lines)), arguments.seed)
    np.savez_compressed(arguments.out, **weights)
    print(f"{len(bench.lines)} sentences, {len(weights['features'])} features: {arguments.out}")


if __name__ == "__main__":
    main()
