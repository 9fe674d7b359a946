"""Made-up sentences to train on: name_sentences.txt as they stand, name_lines.txt with names put in their places.

{F} family name, {G} given name, {H} given name in hiragana, {K} foreign name, {S} half of one, {R} romaji; {…} with anything else is a name itself.
"""

import random
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from mailguard.detect import person_dictionary
from mailguard.normal import VARIANTS

_HERE = Path(__file__).parent
_SLOTS = re.compile(r"((?:\{[^}]+\}[ ・]?)*\{[^}]+\})|([^{]+)")
_SEVERAL = re.compile(r"\{F\}(?: \{F\})+")
_ONE = re.compile(r"\{([FGHKSR])\}")


class Names:
    """Names drawn from the dictionaries, family names by how many people bear them. katakana: words that are persons."""

    def __init__(self, seed: int, katakana: Sequence[str]) -> None:
        self._random = random.Random(seed)
        persons = person_dictionary.load()
        own = persons.family_readings | persons.given_readings
        self._katakana = [word for word in katakana if word not in own]
        folder = files("japanese_personal_name_dataset") / "dataset"
        rows = _rows((folder / "last_name_org.csv").read_text("utf-8"))
        self._families = [row[0] for row in rows if len(row) > 1]
        self._weights = [int(row[1]) ** 0.5 if row[1].isdigit() else 1.0 for row in rows if len(row) > 1]
        given = [
            row for sex in ("man", "woman") for row in _rows((folder / f"first_name_{sex}_org.csv").read_text("utf-8"))
        ]
        self._given = [name for row in given for name in row[2:] if name]
        self._hiragana = [row[0] for row in given]
        self._romaji = sorted(persons.family_romaji), sorted(persons.given_romaji)

    def draw(self, slot: str) -> str:
        """One for a slot."""
        pick = self._random.choice
        if slot == "F":
            return self._random.choices(self._families, self._weights)[0]
        if slot == "K":
            return "・".join(self._random.sample(self._katakana, 2))
        if slot == "R":
            family, given = (pick(names) for names in self._romaji)
            return f"{pick((family.upper(), family.capitalize()))} {given.capitalize()}"
        return pick({"G": self._given, "H": self._hiragana, "S": self._katakana}[slot])


def _rows(text: str) -> list[list[str]]:
    return [line.lstrip("\ufeff").split(",") for line in text.translate(VARIANTS).splitlines() if line]


def made_up(names: Names, rounds: int) -> list[dict[str, Any]]:
    """Every sentence once, every line with a place for a name as often as there are rounds."""
    found = [_filled(line, None) for line in (_HERE / "name_sentences.txt").read_text("utf-8").splitlines()]
    lines = (_HERE / "name_lines.txt").read_text("utf-8").splitlines()
    for number in range(rounds):
        found += [_filled(line, names) for line in lines if not number or "{" in line]
    return found


def _filled(line: str, names: Names | None) -> dict[str, Any]:
    text, spans = "", []
    for match in _SLOTS.finditer(line):
        if match[1] is None:
            text += match[2]
            continue
        parts = match[1].split(" ") if _SEVERAL.fullmatch(match[1]) else [match[1]]
        for number, part in enumerate(parts):
            text += " " if number else ""
            name = part.strip("{}") if names is None else _ONE.sub(lambda slot: names.draw(slot[1]), part)
            spans.append([len(text), len(text) + len(name)])
            text += name
    return {"text": text, "names": spans}


def sample(words: Mapping[str, object], seed: int, count: int) -> list[str]:
    """So many words, the same each time."""
    return random.Random(seed).sample(sorted(words), min(count, len(words)))
