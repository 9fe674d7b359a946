"""What is known of a word: part of speech, script, length, dictionaries, word classes, letters.

In: a word as Sudachi reads it. Out: names of features and eight numbers. The same for training and for use.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files

from mailguard.detect.name_model.letters import Letters
from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.tokenizer import Word

NUMBERS = 8
_LONGEST = 15  # characters of a word that dictionaries are asked for
_SCORES = ("ALON", "FGln")  # letters that name the scores of katakana and of kanji
_PERSON = {"姓": "F", "名": "G"}


class Features:
    """homographs: parts of speech of all dictionary entries of a surface; words: lists of rules/name.toml, as more word classes."""

    def __init__(
        self,
        persons: PersonDictionary,
        letters: Letters,
        homographs: Callable[[str], Sequence[tuple[str, ...]]],
        words: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._persons, self._letters, self._homographs = persons, letters, homographs
        self._classes: dict[str, list[str]] = {}
        own = tomllib.loads((files(__package__) / "classes.toml").read_text("utf-8"))
        classes = {f"r_{name}": list(group) for name, group in words.items()}
        classes |= {f"c_{name}": group.split() for name, group in own.items()}
        for name, group in classes.items():
            for word in group:
                self._classes.setdefault(word, []).append(name)

    def of(self, word: Word) -> tuple[list[str], list[float]]:
        """Features of a word."""
        numbers = [0.0] * NUMBERS
        found = [*self._lexical(word), *self._looks(word), *self._persons_of(word.surface), *self._entries(word)]
        called = (self._classes.get(form, ()) for form in (word.surface, word.normal, word.base))
        found += [f"c={name}" for name in dict.fromkeys(name for names in called for name in names)]
        scored = self._letters.scores(word.surface)
        if scored is not None:
            script, scores = scored
            for place, score in enumerate(scores):
                numbers[4 * script + place] = max(-1.0, min(1.0, score / 4))
                rounded = max(-3, min(3, round(score)))
                found.append(f"q{_SCORES[script][place]}{rounded}{'' if word.known else 'o'}")
        return found, numbers

    def _lexical(self, word: Word) -> Iterator[str]:
        yield f"w={word.surface}"
        yield "p=" + "-".join(word.pos[:4])
        if word.pos[5] != "*":
            yield f"cf={word.pos[5]}"

    def _looks(self, word: Word) -> Iterator[str]:
        surface = word.surface
        looks = shape(surface)
        yield f"s={looks}"
        yield f"l={min(len(surface), 8)}"
        yield f"sl={looks}{min(len(surface), 6)}"
        if len(surface) > 1:
            yield f"e1={surface[-1]}"
            yield f"a1={surface[0]}"
        if len(surface) > 2:
            yield f"e2={surface[-2:]}"
            yield f"a2={surface[:2]}"

    def _entries(self, word: Word) -> Iterator[str]:
        if not word.known:
            yield "oov"
            yield f"oov{shape(word.surface)}"
            return
        entries = self._homographs(word.surface) if len(word.surface) <= _LONGEST else ()
        short = set()
        for entry in sorted({entry[:4] for entry in entries}):
            yield "h=" + "-".join(entry)
            short.add(_short(entry))
        yield "H=" + "".join(sorted(short))

    def _persons_of(self, surface: str) -> Iterator[str]:
        persons, looks = self._persons, shape(surface)
        tests = {
            "df": surface in persons.family,
            "dc": surface in persons.common,
            "dg": surface in persons.given,
            "dfull": persons.split(surface) > 0,
            "dgk": looks == "h" and persons.is_given(surface),
            "dfk": looks == "h" and persons.is_family(surface),
            "drf": looks == "k" and surface in persons.family_readings,
            "drg": looks == "k" and surface in persons.given_readings,
            "drfull": looks == "k" and persons.split_reading(surface) > 0,
        }
        return (name for name, true in tests.items() if true)


def _short(entry: tuple[str, ...]) -> str:
    if entry[1] != "固有名詞":
        return entry[0]
    if entry[2] == "人名":
        return _PERSON.get(entry[3], "P")
    return "L" if entry[2] == "地名" else "O"


def shape(surface: str) -> str:
    """Scripts in a row, each once, five at most: K kanji, k katakana, h hiragana, 9 digits, A and a Latin letters."""
    found = ""
    for char in surface[:40]:
        kind = _script(char, alone=len(surface) == 1)
        if not found.endswith(kind):
            found += kind
    return found[:5]


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
