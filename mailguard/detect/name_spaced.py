"""Names whose letters or halves stand apart in running text: 佐 藤 花 子, 佐藤　　花子. Morphology sees pieces of them.

In: folded text. Out: spans of whole names. Only what the dictionary splits into a surname and a given name is one.
"""

from collections.abc import Iterator

import regex

from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.span import Span
from mailguard.detect.stand_ins import nobody
from mailguard.model import Kind

_LETTERS = regex.compile(
    r"(?<![\p{Han}\p{Hiragana}\p{Katakana}々ー])[\p{Han}々](?:[ \t]{1,4}+[\p{Han}\p{Hiragana}\p{Katakana}々ー]){2,6}+"
    r"(?![ \t]{0,4}[\p{Han}\p{Hiragana}\p{Katakana}々ー])"
)
_HALVES = regex.compile(
    r"(?<![\p{Han}々])([\p{Han}々ヶ]{1,4}+)[ \t]{2,4}+([\p{Han}\p{Hiragana}\p{Katakana}々ー]{1,5}+)"
)
_HONORIFIC = regex.compile(r"(?:様|殿|さま|さん|氏|先生|君|くん|ちゃん)$")
_SPACES = regex.compile(r"[ \t]+")


class SpacedNames:
    """persons: known names."""

    def __init__(self, persons: PersonDictionary) -> None:
        self._persons = persons

    def find(self, text: str) -> Iterator[Span]:
        """Spans without an honorific."""
        for match in _LETTERS.finditer(text):
            end = self._end(match[0])
            if end:
                yield self._span(text, match.start(), match.start() + end)
        for match in _HALVES.finditer(text):
            family, given = match[1], _HONORIFIC.sub("", match[2])
            known = self._persons.is_family(family) and self._persons.is_given(given)
            if known and len(family + given) > 2 and not nobody(family) and not nobody(given):
                yield self._span(text, match.start(), match.start(2) + len(given))

    def _end(self, spaced: str) -> int:
        """How far a full name reaches in letters that stand apart: to the end, or to an honorific; 0 if there is none."""
        joined = _SPACES.sub("", spaced)
        name = _HONORIFIC.sub("", joined)
        if len(name) < 3 or not self._persons.split(name):
            return 0
        letters = [at for at, char in enumerate(spaced) if not char.isspace()]
        return letters[len(name) - 1] + 1

    def _span(self, text: str, start: int, end: int) -> Span:
        greeted = text.startswith(("様", "殿", " 様", "さま"), end)
        return Span(Kind.NAME, start, end, "name.spaced", 0.85, greeted)
