"""Furigana: a whole name in katakana or hiragana, spaced or not. Morphology fails on it; pairs of readings do not.

In: folded cells. Out: how sure. In running text furigana is no finding of its own: it follows the name it belongs to.
"""

from collections.abc import Iterator
from itertools import pairwise

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
_KNOWN = 0.6
_LEAST, _MOST = 2, 7  # kana of a half that no dictionary has


def _steps(word: str) -> list[str]:
    """Its neighbouring kana, with its beginning and end."""
    return [pair[0] + pair[1] for pair in pairwise(f"^{word}$")]


class _Sound:
    """Whether a reading could be a name: each step from kana to kana occurs in a known one."""

    def __init__(self, readings: frozenset[str]) -> None:
        self._steps = frozenset(step for reading in readings for step in _steps(reading))

    def fits(self, word: str) -> bool:
        return _LEAST <= len(word) <= _MOST and self._steps.issuperset(_steps(word))


_VOWELS = {
    char: row[0]
    for row in ("アカガサザタダナハバパマヤャラワ", "イキギシジチヂニヒビピミリ", "ウクグスズツヅヌフブプムユュルヴ", "エケゲセゼテデネヘベペメレ", "オコゴソゾトドノホボポモヨョロヲ")
    for char in row
}  # fmt: skip


def _without_long(text: str, o: str) -> str:
    """オーノ as オオノ or オウノ, ユーコ as ユウコ."""
    chars: list[str] = []
    for char in text:
        vowel = _VOWELS.get(chars[-1]) if char == "ー" and chars else None
        chars.append((o if vowel == "オ" else vowel) if vowel else char)
    return "".join(chars)


class NameKana:
    """Detector of furigana."""

    kind = Kind.NAME_KANA

    def __init__(self, rules: KindRules, persons: PersonDictionary) -> None:
        del rules
        self._persons = persons
        # Banks and old systems write no small kana: キヨウコ for キョウコ.
        self._families = persons.family_readings | {word.translate(_SMALL) for word in persons.family_readings}
        self._givens = persons.given_readings | {word.translate(_SMALL) for word in persons.given_readings}
        self._family_sound, self._given_sound = _Sound(self._families), _Sound(self._givens)

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
        sure = self._judged(text)
        if "ー" in text and " " in text:
            spelt = max(self._judged(_without_long(text, long)) for long in ("オ", "ウ"))
            return spelt if spelt > _KNOWN else sure
        return sure

    def _judged(self, text: str) -> float:
        family, _, given = text.partition(" ")
        if not given:
            return self._joined(text)
        known = (family in self._families) + (given in self._givens)
        if not known and "ー" not in text and not _THING.search(given) and self._sounds(family, given):
            return 0.5
        return (0.4, 0.7, 0.95)[known]

    def _sounds(self, family: str, given: str) -> bool:
        halves = self._family_sound.fits(family), self._given_sound.fits(given)
        return any(halves) and max(len(family), len(given)) <= _MOST

    def _joined(self, text: str) -> float:
        for position in range(min(len(text) - 1, 7), 0, -1):
            if text[:position] in self._families and text[position:] in self._givens:
                return 0.9
        if len(text) < 5 or _THING.search(text):
            return 0.0
        for position in range(_LEAST, len(text) - 1):
            family, given = text[:position], text[position:]
            if given in self._givens and (len(given) > 2 or self._family_sound.fits(family)) and "ー" not in family:
                return 0.55
            if family in self._families and self._given_sound.fits(given):
                return 0.55
        return 0.3
