"""What the name model knows of a unit: part of speech, shape, affixes, word lists, dictionaries, and how its letters look.

In: tokens of one unit (`name_units`). Out: 32-bit hashes of features; no words, so that weights hold none either.
`Lexicon` tells from letters alone what a word could be; it is learnt from the entries of Sudachi's dictionary.
"""

from collections.abc import Iterator, Mapping, Sequence
from zlib import crc32

import numpy as np
import regex
from numpy.typing import NDArray

from mailguard.detect.name_units import JOINTS, KATAKANA
from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.tokenizer import PERSONS, Token, Tokenizer, clean
from mailguard.normal import VARIANTS

Floats = NDArray[np.float32]
BUCKETS = 1 << 16  # of letter sequences
PERSON_CLASSES = 3  # of the lexicon's: family name, given name, person, place, other proper noun, common noun
_LETTERS = 12  # of a word that the lexicon looks at
_EDGES = (-3.0, -1.5, -0.5, 0.5, 1.5, 3.0)
_NOMINAL = frozenset({"名詞", "接尾辞", "補助記号", "感動詞", "形状詞", "接頭辞", "副詞"})
_CANDIDATE = frozenset({"名詞", "接尾辞", "接頭辞", "補助記号", "空白", "感動詞"})
_KEPT = ("p", "s", "z", "a1", "b", "t", "K", "X", "D", "L", "oov")
_REPEAT = regex.compile(r"(.)\1+")
_SHAPES = (
    (regex.compile(r"[\p{Han}々〆]"), "H"), (regex.compile(r"\p{Hiragana}"), "h"), (regex.compile(r"[\p{Katakana}ー]"), "k"),
    (regex.compile("[A-Z]"), "A"), (regex.compile("[a-z]"), "a"), (regex.compile("[0-9]"), "0"),
    (regex.compile("[・=「」『』()、。]"), ""),
)  # fmt: skip


def sequences(word: str) -> list[int]:
    """Buckets of one to four letters in a row, edges marked; of longer words four letters only at the edges."""
    text = f"^{word[:_LETTERS]}$"
    last = len(text) - 4
    return [
        crc32(text[at : at + size].encode()) % BUCKETS
        for size in (1, 2, 3, 4)
        for at in range(len(text) - size + 1)
        if size < 4 or len(text) <= 8 or at in {0, last}
    ]


class Lexicon:
    """Scores of the classes by letters: log odds."""

    def __init__(self, letters: NDArray[np.int8], scale: float, classes: Floats, bias: Floats) -> None:
        self._letters, self._scale, self._classes, self._bias = letters, scale, classes, bias

    def scores(self, word: str) -> Floats:
        """Of one word."""
        rows = self._letters[sequences(word)].astype(np.float32) * np.float32(self._scale)
        scores: Floats = np.tanh(rows.sum(axis=0) / np.float32(np.sqrt(len(rows)))) @ self._classes + self._bias
        return scores


def _shape(letter: str) -> str:
    for pattern, name in _SHAPES:
        if pattern.match(letter):
            return name or letter
    return "."


class NameFeatures:
    """Features of units."""

    def __init__(
        self, words: Mapping[str, tuple[str, ...]], persons: PersonDictionary, tokenizer: Tokenizer, lexicon: Lexicon
    ) -> None:
        self._lists = {name: frozenset(entries) for name, entries in words.items()}
        self._persons, self._tokenizer, self._lexicon = persons, tokenizer, lexicon

    def candidate(self, unit: Sequence[Token]) -> bool:
        """Whether a unit can be a name at all: no verb, particle or number."""
        if len(unit) > 1:
            return True
        part = self._tokenizer.part(unit[0].part)
        return part[0] in _CANDIDATE and part[1] != "数詞"

    def hashes(self, unit: Sequence[Token], rule: str) -> list[int]:
        """Of a unit, and of what the rules said of it."""
        unit = [token._replace(surface=clean(token.surface)) for token in unit]
        features = list(self._one(unit[0]) if len(unit) == 1 else self._several(unit))
        if rule:
            features += [f"R{rule}", f"R{rule[0]}"]
        return [crc32(feature.encode()) for feature in features]

    def _one(self, token: Token) -> Iterator[str]:
        word, part = token.surface, self._tokenizer.part(token.part)
        yield from ("p1" + part[0], "p2" + ",".join(part[:2]), "p4" + ",".join(part[:4]), "cf" + part[5])
        yield from ("s" + word, "a1" + word[:1], "z1" + word[-1:], "a2" + word[:2], "z2" + word[-2:])
        shape = "".join(map(_shape, word))
        short = _REPEAT.sub(r"\1", shape)
        yield from (f"sh{short}", f"sl{short[:2]}{min(len(word), 7)}")
        if len(word) == 1:
            yield f"one{short}"
        if not token.known:
            yield from ("oov", f"oov{short}")
        if len(word) > 1 and shape[0] in "kH":
            edged = f"^{word}$"
            yield from (f"b{edged[at : at + 2]}" for at in range(len(edged) - 1))
            if shape[0] == "k":
                yield from (f"t{edged[at : at + 3]}" for at in range(len(edged) - 2))
        yield from (f"L{name}" for name, entries in self._lists.items() if word in entries)
        yield from self._dictionaries(word)
        if part[0] in _NOMINAL:
            yield from self._looks(word, known=token.known)

    def _dictionaries(self, word: str) -> Iterator[str]:
        name, persons = word.translate(VARIANTS), self._persons
        told = {
            "Df": name in persons.family, "Dc": name in persons.common, "Dg": name in persons.given, "DF": persons.is_family(name),
            "DG": persons.is_given(name), "Ds": persons.split(name), "Dr": persons.split_reading(name),
        }  # fmt: skip
        yield from (feature for feature, holds in told.items() if holds)

    def _looks(self, word: str, *, known: bool) -> Iterator[str]:
        yield from (f"K{reading}" for reading in sorted(self._tokenizer.readings(word)))
        scores = self._lexicon.scores(word)
        for number, step in enumerate(np.searchsorted(_EDGES, scores)):
            yield f"X{number}:{step}"
            if number in {2, 5}:
                yield f"X{number}:{step}{'v' if known else 'o'}"
        person = scores[:PERSON_CLASSES].max() - scores[PERSON_CLASSES:].max()
        yield from (f"XM{scores.argmax()}", f"XP{np.searchsorted(_EDGES, person)}")

    def _several(self, unit: Sequence[Token]) -> Iterator[str]:
        core = [token for token in unit if token.surface not in JOINTS]
        whole, size = "".join(token.surface for token in unit), min(len(core), 4)
        joined = len(core) < len(unit)
        yield from ("p1名詞", "p2M", f"pM{size}", "shKJ" if joined else ("shK" if KATAKANA.match(whole) else "shH"))
        if any(token.surface.isascii() for token in core):
            yield "Mlat"
        names, strange = sum(token.sort in PERSONS for token in core), sum(not token.known for token in core)
        yield from (f"Mp{names}/{size}", f"Mo{min(strange, 3)}/{size}", f"s{whole}")
        if names == len(core):
            yield "Mall"
        first, last = list(self._one(core[0])), list(self._one(core[-1]))
        yield from (f"<{feature}" for feature in first if feature.startswith(_KEPT))
        yield from (f">{feature}" for feature in last if feature.startswith(_KEPT))
        yield from (f"Z{feature}" for feature in sorted({*first, *last}) if feature[0] in "XKbt")
        if not joined:
            yield from self._looks(whole, known=strange < len(core))
        if self._persons.split(whole.translate(VARIANTS)):
            yield "Ds"
