"""Full names in katakana in running text: スズキ イチロウ 090-…, half-width too once folded. A known family name, a blank, a known given name.

In: folded text. Out: spans. Morphology takes スズキ or カワサキ for firms: those need something of a person beside them.
"""

from collections.abc import Iterator

import regex

from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.span import Span
from mailguard.model import Kind

_PAIR = regex.compile(
    r"(?<![ァ-ヴー・])(?<![ァ-ヴー] )([ァ-ヴー]{2,7}+) {1,2}([ァ-ヴー]{2,7}+)(?:(?=様|殿|氏|君|先生)|(?![・ァ-ヴー\p{Han}]| [ァ-ヴー]))"
)
_BESIDE = regex.compile(
    r" ?[:(/,、]?[ ]{0,2}(?:様|さま|殿|氏|さん|くん|ちゃん|[()\]】」]|\+?[0-9]{2,4}[-(]|0[5-9]0[0-9]|tel|電話|携帯|[A-Za-z0-9._-]{1,40}@|\n|$)",
    regex.IGNORECASE,
)
_FIRMS = frozenset(["スズキ", "トヨタ", "ホンダ", "マツダ", "ヤマハ", "カワサキ", "ニッサン", "ミツビシ", "タカラ", "サントリー", "カシオ", "キヤノン", "ニコン", "ヤマト", "サガワ"])  # fmt: skip


class KanaPairs:
    """persons: known readings."""

    def __init__(self, persons: PersonDictionary) -> None:
        self._families, self._givens = persons.family_readings, persons.given_readings

    def find(self, text: str) -> Iterator[Span]:
        """Spans of family and given name, without an honorific."""
        for match in _PAIR.finditer(text):
            family, given = match.groups()
            if family not in self._families or given not in self._givens:
                continue
            if family not in _FIRMS or _BESIDE.match(text, match.end()):
                greeted = text.startswith(("様", "殿", " 様", "さま"), match.end())
                yield Span(Kind.NAME, match.start(), match.end(), "name.kana", 0.85, greeted)
