"""What letters say of katakana and kanji words: person, place, company or thing; learnt from Sudachi's dictionary by logistic regression.

Each half of the words is judged by what the other half taught, as words are that the dictionary does not know.
"""

import name_texts
import numpy as np
import sudachipy
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from mailguard.detect.name_model.letters import BITS, KANJI, KATAKANA, half, sequences

WORDS = 100_000  # kanji words that letters are learnt from
SEED = 0


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
