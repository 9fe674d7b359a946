"""Furigana: a whole name in katakana or hiragana, spaced or not. Morphology fails on it; pairs of readings do not.

In: folded cells. Out: how sure. In running text furigana is no finding of its own: it follows the name it belongs to.
"""

from collections.abc import Iterator

import regex

from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

_KANA = regex.compile(r"[ァ-ヴー]{1,12}+(?: ?[ァ-ヴー]{1,12}+)?")
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_THING = regex.compile(
    r"(?:シ|ク|マチ|チョウ|ムラ|ソン|グン|ケン|フ|ト|ドウ|テン|カン|エン|コウ|ショ|センター|サービス|ショップ|クラブ)$"
)
_SMALL = str.maketrans("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ")


class NameKana:
    """Detector of furigana."""

    kind = Kind.NAME_KANA

    def __init__(self, rules: KindRules, persons: PersonDictionary) -> None:
        del rules
        self._persons = persons
        # Banks and old systems write no small kana: キヨウコ for キョウコ.
        self._families = persons.family_readings | {word.translate(_SMALL) for word in persons.family_readings}
        self._givens = persons.given_readings | {word.translate(_SMALL) for word in persons.given_readings}

    def find(self, text: str) -> Iterator[Span]:
        """Nothing: see the module."""
        del text
        return iter(())

    def cell(self, value: str) -> float:
        """0.95 both halves known, 0.6 one half known, 0.4 the shape of two words."""
        if not 2 <= len(value) <= 25:
            return 0.0
        text = value.translate(_HIRAGANA).replace("・", " ")
        if _KANA.fullmatch(text) is None:
            return 0.0
        family, _, given = text.partition(" ")
        if not given:
            return self._joined(text)
        known = (family in self._families) + (given in self._givens)
        return (0.4, 0.7, 0.95)[known]

    def _joined(self, text: str) -> float:
        for position in range(min(len(text) - 1, 7), 0, -1):
            if text[:position] in self._families and text[position:] in self._givens:
                return 0.9
        if len(text) < 5 or _THING.search(text):
            return 0.0
        halves = any(text[:position] in self._families for position in range(2, min(len(text) - 1, 6)))
        ends = any(text[-size:] in self._givens for size in range(2, 6) if len(text) - size >= 2)
        return 0.5 if halves and ends else (0.3 if halves or ends else 0.0)
