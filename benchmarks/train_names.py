"""Train the model of names in running text (mailguard/detect/name_model.npz) on --data DIR, or measure how well it is learnt.

Without --write: k-fold cross-validation over the sentences of DIR/names-in-text; each fold is judged by a model that never saw it.
With --write: one model of all sentences, for shipping. Deterministic by seed. The words of Sudachi's dictionary teach `Lexicon`.
Example: python benchmarks/train_names.py --data DIR
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench_detection import score
from generated_names import sentences as generated
from lexicon import lexicon_arrays
from network import Network, train

from mailguard.detect import name_model, person_dictionary, ruleset, tokenizer
from mailguard.detect.folding import fold
from mailguard.detect.name_features import NameFeatures
from mailguard.detect.name_rescoring import told
from mailguard.detect.name_units import units
from mailguard.detect.running_names import RunningNames
from mailguard.model import Kind

SEEDS = 2
THRESHOLD = 0.42  # of the probability that a unit is a name
SEEN = 2  # times that a feature must occur to be learnt


@dataclass(frozen=True)
class Reader:
    """Sentences as the detector sees them."""

    running: RunningNames
    features: NameFeatures
    tokens: tokenizer.Tokenizer

    def read(self, document: dict) -> Iterator[tuple[list[tuple[int, ...]], list[bool], list[int]]]:
        """Hashes, candidates and labels (0 nothing, 1 begin, 2 inside) of the units of each sentence."""
        folded = fold(document["text"])
        for tokens in self.tokens.sentences(folded.text, strange=True):
            rules = list(self.running.by_rules(folded.text, tokens))
            hashes, candidates, labels, before = [], [], [], None
            for unit in units(tokens):
                part = tokens[unit[0] : unit[1]]
                hashes.append(tuple(self.features.hashes(part, told(tokens, unit, rules))))
                candidates.append(self.features.candidate(part))
                start, end = folded.original(part[0].start, part[-1].end)
                name = next((n for n, (a, b) in enumerate(document["names"]) if a < end and start < b), None)
                labels.append(0 if name is None else (2 if name == before else 1))
                before = name
            yield hashes, candidates, labels


def model_of(sentences: list, lexicon: dict, seeds: int) -> name_model.NameModel:
    """Train an ensemble and give it in its packaged, eight-bit form."""
    return name_model.of_arrays(arrays_of(sentences, lexicon, seeds))


def arrays_of(sentences: list, lexicon: dict, seeds: int) -> dict[str, np.ndarray]:
    """The arrays of the weights file."""
    counts = Counter(value for hashes, _, _ in sentences for unit in hashes for value in set(unit))
    known = np.array([0, *sorted(value for value, count in counts.items() if count >= SEEN)], np.uint32)
    networks: list[Network] = [train(sentences, known, seed) for seed in range(seeds)]
    scale = np.array([np.abs(network.weights["features"]).max() / 127 for network in networks], np.float32)
    features = [np.rint(n.weights["features"] / s).astype(np.int8) for n, s in zip(networks, scale, strict=True)]
    arrays = {"known": known, "features": np.stack(features), "scale": scale, "threshold": np.float32(THRESHOLD)}
    for name in ("shift", "hidden", "hidden_bias", "output", "output_bias"):
        arrays[name] = np.stack([network.weights[name] for network in networks])
    return arrays | lexicon


def main() -> None:
    """Measure or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--write", type=Path, help="where the weights go")
    arguments = parser.parse_args()
    words = ruleset.load(ruleset.shipped_dir()).of(Kind.NAME).words
    persons, tokens = person_dictionary.load(), tokenizer.load()
    lexicon = lexicon_arrays()
    features = NameFeatures(words, persons, tokens, name_model.lexicon_of(lexicon))
    reader = Reader(RunningNames(words, persons, tokens, None), features, tokens)
    lines = (arguments.data / "names-in-text" / "sentences.jsonl").read_text("utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    read = [list(reader.read(document)) for document in documents]
    made = [sentence for document in generated(persons) for sentence in reader.read(document)]
    if arguments.write:
        everything = [sentence for document in read for sentence in document] + made
        np.savez_compressed(arguments.write, **arrays_of(everything, lexicon, arguments.seeds))
        return
    total = np.zeros((2, 4))
    for fold_number in range(arguments.folds):
        learnt = [s for n, d in enumerate(read) if n % arguments.folds != fold_number for s in d]
        model = model_of(learnt + made, lexicon, arguments.seeds)
        running = RunningNames(words, persons, tokens, model)
        result = np.zeros(4)
        for number in range(fold_number, len(documents), arguments.folds):
            document = documents[number]
            folded = fold(document["text"])
            spans = [folded.original(span.start, span.end) for span in running.find(folded.text)]
            right, met = score(document["names"], spans)
            figure = np.array([right, len(spans), met, len(document["names"])])
            result += figure
            total[number % 2] += figure
        print(f"fold {fold_number}: {figures(result)}", flush=True)
    print(f"all held-out folds: {figures(total.sum(axis=0))}")
    print(f"  of them the odd half, which the rules were not tuned on either: {figures(total[1])}")


def figures(result: np.ndarray) -> str:
    """Overlap precision, recall and F1."""
    precision, recall = result[0] / result[1], result[2] / result[3]
    return f"overlap P {precision:.3f} R {recall:.3f} F {2 * precision * recall / (precision + recall):.4f}"


if __name__ == "__main__":
    main()
