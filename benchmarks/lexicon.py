"""What letters tell of a word, learnt from the nouns of Sudachi's dictionary (Apache-2.0): the arrays of `name_features.Lexicon`.

In: the installed dictionary. Out: arrays for the weights file. One pass, AdaGrad; the same seed gives the same weights.
"""

from collections import defaultdict

import numpy as np
import sudachipy

from mailguard.detect.name_features import BUCKETS, sequences

SIZE, CLASSES, BATCH, RATE, LONGEST = 16, 6, 1024, 0.08, 14
PLACE, COMMON = 3, 5
PLACES_KEPT = 0.25  # half of the dictionary are places
_CLASS = {
    ("人名", "姓"): 0,
    ("人名", "名"): 1,
    ("人名", "一般"): 2,
    ("地名", "一般"): PLACE,
    ("地名", "国"): PLACE,
    ("一般", "*"): 4,
}


def _words(random: np.random.Generator) -> tuple[list[str], np.ndarray]:
    classes: dict[str, set[int]] = defaultdict(set)
    for entry in sudachipy.Dictionary(dict="core").entries():
        part = entry.part_of_speech()
        if part[0] == "名詞" and 0 < len(word := entry.surface()) <= LONGEST:
            known = _CLASS.get(tuple(part[2:4])) if part[1] == "固有名詞" else COMMON
            if known is not None:
                classes[word].add(known)
    words = [word for word in sorted(classes) if classes[word] != {PLACE} or random.random() < PLACES_KEPT]
    gold = np.zeros((len(words), CLASSES), np.float32)
    for row, word in enumerate(words):
        gold[row, list(classes[word])] = 1
    return words, gold


def lexicon_arrays(seed: int = 1) -> dict[str, np.ndarray]:
    """Letters in eight bits and their scale, classes and their bias."""
    random = np.random.default_rng(seed)
    words, gold = _words(random)
    letters = random.normal(0, 0.1, (BUCKETS, SIZE)).astype(np.float32)
    classes = random.normal(0, 0.25, (SIZE, CLASSES)).astype(np.float32)
    bias = np.zeros(CLASSES, np.float32)
    of_letters, of_classes = np.full_like(letters, 1e-6), np.full_like(classes, 1e-6)
    order = random.permutation(len(words))
    for at in range(0, len(order), BATCH):
        batch = order[at : at + BATCH]
        found = [sequences(words[number]) for number in batch]
        sizes = np.array([len(rows) for rows in found])
        rows, root = np.concatenate(found), np.sqrt(sizes)[:, None].astype(np.float32)
        inner = np.tanh(np.add.reduceat(letters[rows], np.cumsum(sizes) - sizes, axis=0) / root)
        error = 1 / (1 + np.exp(-(inner @ classes + bias))) - gold[batch]
        down = (error @ classes.T) * (1 - inner**2) / root
        touched, inverse = np.unique(rows, return_inverse=True)
        slope = np.zeros((len(touched), SIZE), np.float32)
        np.add.at(slope, inverse, np.repeat(down, sizes, axis=0))
        of_letters[touched] += slope**2
        letters[touched] -= RATE * slope / np.sqrt(of_letters[touched])
        of_classes += (inner.T @ error) ** 2
        classes -= RATE * (inner.T @ error) / np.sqrt(of_classes)
        bias -= np.float32(0.0005) * error.sum(axis=0)
    scale = np.float32(np.abs(letters).max() / 127)
    packed = np.rint(letters / scale).astype(np.int8)
    return {"letters": packed, "letters_scale": scale, "classes": classes, "classes_bias": bias}
