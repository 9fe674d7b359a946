"""What is known of a word: part of speech, script, length, dictionaries, word classes, letters.

In: a word as Sudachi reads it. Out: names of features and eight numbers. The same for training and for use.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from mailguard.detect.name_model.letters import Letters, Scores
from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.tokenizer import Word

NUMBERS = 8
_LONGEST = 15  # characters of a word that dictionaries are asked for
_SCORES = ("ALON", "FGln")  # letters that name the scores of katakana and of kanji
_PERSON = {"姓": "F", "名": "G"}

Found = tuple[list[str], list[float]]
"""Names of features, and numbers."""


class Features:
    """homographs: parts of speech of all dictionary entries of a surface; words: lists of rules/name.toml, as more word classes."""

    def __init__(
        self,
        persons: PersonDictionary,
        letters: Letters,
        homographs: Callable[[str], frozenset[tuple[str, ...]]],
        words: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._persons, self._letters, self._homographs = persons, letters, homographs
        self._speech: dict[tuple[str, ...], list[str]] = {}
        self._called: dict[frozenset[tuple[str, ...]], list[str]] = {}
        self._classes: dict[str, list[str]] = {}
        own = tomllib.loads((files(__package__) / "classes.toml").read_text("utf-8"))
        classes = {f"r_{name}": list(group) for name, group in words.items()}
        classes |= {f"c_{name}": group.split() for name, group in own.items()}
        for name, group in classes.items():
            for word in group:
                self._classes.setdefault(word, []).append(name)

    def of(self, word: Word) -> Found:
        """Features of a word."""
        return self.all([word])[0]

    def all(self, words: Sequence[Word]) -> list[Found]:
        """Features of words: letters are scored in one pass."""
        scores = self._letters.scores([word.surface for word in words])
        return [self._one(word, scored) for word, scored in zip(words, scores, strict=True)]

    def _one(self, word: Word, scored: Scores | None) -> Found:
        surface, looks = word.surface, shape(word.surface)
        numbers = [0.0] * NUMBERS
        found = [f"w={surface}", *self._of_speech(word.pos), *_looks(surface, looks)]
        found += self._persons_of(surface, looks)
        found += self._entries(word, looks)
        called = [name for form in (surface, word.normal, word.base) for name in self._classes.get(form, ())]
        if called:
            found += [f"c={name}" for name in dict.fromkeys(called)]
        if scored is not None:
            script, scores = scored
            for place, score in enumerate(scores):
                numbers[4 * script + place] = max(-1.0, min(1.0, score / 4))
                rounded = max(-3, min(3, round(score)))
                found.append(f"q{_SCORES[script][place]}{rounded}{'' if word.known else 'o'}")
        return found, numbers

    def _of_speech(self, pos: tuple[str, ...]) -> list[str]:
        """Few of them: made once."""
        found = self._speech.get(pos)
        if found is None:
            conjugated = [f"cf={pos[5]}"] if pos[5] != "*" else []
            found = self._speech[pos] = ["p=" + "-".join(pos[:4]), *conjugated]
        return found

    def _entries(self, word: Word, looks: str) -> list[str]:
        if not word.known:
            return ["oov", f"oov{looks}"]
        entries = self._homographs(word.surface) if len(word.surface) <= _LONGEST else frozenset()
        found = self._called.get(entries)
        if found is None:
            found = self._called[entries] = _entries(entries)
        return found

    def _persons_of(self, surface: str, looks: str) -> Iterator[str]:
        persons = self._persons
        if surface in persons.family:
            yield "df"
        if surface in persons.common:
            yield "dc"
        if surface in persons.given:
            yield "dg"
        if persons.split(surface):
            yield "dfull"
        if looks == "h":
            yield from (
                name for name, true in (("dgk", persons.is_given(surface)), ("dfk", persons.is_family(surface))) if true
            )
        elif looks == "k":
            yield from self._readings_of(surface)

    def _readings_of(self, surface: str) -> Iterator[str]:
        persons = self._persons
        if surface in persons.family_readings:
            yield "drf"
        if surface in persons.given_readings:
            yield "drg"
        if persons.split_reading(surface):
            yield "drfull"


def _looks(surface: str, looks: str) -> list[str]:
    size = len(surface)
    found = [f"s={looks}", f"l={min(size, 8)}", f"sl={looks}{min(size, 6)}"]
    if size > 1:
        found += f"e1={surface[-1]}", f"a1={surface[0]}"
    if size > 2:
        found += f"e2={surface[-2:]}", f"a2={surface[:2]}"
    return found


def _entries(entries: frozenset[tuple[str, ...]]) -> list[str]:
    """Of parts of speech under one surface."""
    parts = sorted({entry[:4] for entry in entries})
    return [*("h=" + "-".join(part) for part in parts), "H=" + "".join(sorted(set(map(_short, parts))))]


def _short(entry: tuple[str, ...]) -> str:
    if entry[1] != "固有名詞":
        return entry[0]
    if entry[2] == "人名":
        return _PERSON.get(entry[3], "P")
    return "L" if entry[2] == "地名" else "O"


def shape(surface: str) -> str:
    """Scripts in a row, each once, five at most: K kanji, k katakana, h hiragana, 9 digits, A and a Latin letters."""
    found = ""
    alone = len(surface) == 1
    for char in surface[:40]:
        kind = _script(char, alone=alone)
        if not found.endswith(kind):
            found += kind
    return found[:5]


@lru_cache(maxsize=1 << 13)
def _script(char: str, *, alone: bool) -> str:
    for low, high, kind in (("一", "鿿", "K"), ("ァ", "ヿ", "k"), ("ぁ", "ん", "h")):
        if low <= char <= high:
            return kind
    if char in "々𠮷":
        return "K"
    if char.isdigit():
        return "9"
    if char.isalpha():
        return "a" if char.isascii() and char.islower() else "A"
    return char if alone else "."
