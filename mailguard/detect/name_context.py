"""Whether a run of name tokens is a person, by what stands around it. 松本市, 小倉駅, 山田商店 and 小沢艦隊 are none.

In: tokens of a sentence and a run of them. Out: a span, or None. Masked names (山〇〇郎, ●●様) are never found.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import regex

from mailguard.detect.namesakes import family_of
from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.span import Span
from mailguard.detect.stand_ins import nobody
from mailguard.detect.tokenizer import PERSONS, Sort, Token
from mailguard.model import Kind

_MASK = regex.compile(r"[〇○◯●◎*×✕✖_■□△▲]")
# What stands in place of a half: several signs, one blank before them at most; one alone may be a bullet, a footnote, a "versus".
_BEFORE = regex.compile(r"(?:[〇○◯●◎*×✕_■□△▲※?]{2}|[Xx]{2}) ?$")
_BEHIND = regex.compile(r" ?(?:[〇○◯●◎*×✕_■□△▲※?]{2}|[Xx]{2})")
_REACH = 3
_TE = frozenset("てで")
_KATAKANA = regex.compile(r"[ァ-ヴー・==]+")
_GREETING = frozenset({"様", "殿", "さま"})
_EVENTS = ("の乱", "の変", "の戦い", "の役", "の定理", "の法則", "の原理", "の方程式")
_COMPANY = ("株式会社", "(株)", "(有)", "有限会社", "合同会社")
_QUOTES = {"「": "」", "『": "』", '"': '"', "“": "”", "〈": "〉", "《": "》"}
_NOUNS = frozenset({Sort.NOUN, Sort.PLACE, Sort.PROPER, Sort.SUFFIX, Sort.NUMERAL})


class NameContext:
    """The judge. Word lists come from rules/name.toml."""

    def __init__(self, words: Mapping[str, tuple[str, ...]], persons: PersonDictionary) -> None:
        self._persons = persons
        self._honorific = frozenset(words.get("honorific", ()))
        self._titles = self._honorific | frozenset(words.get("title", ()))
        self._not_name = frozenset(words.get("not_name", ()))
        self._brands = frozenset(words.get("brand", ()))
        behind = words.get("not_person_after", ())
        self._behind = frozenset(behind)
        self._behind_long = (*(word for word in behind if len(word) > 1), *_EVENTS)

    def honours(self, surface: str) -> bool:
        """Whether a token is an honorific."""
        return surface in self._honorific

    def any_honorific(self, surfaces: AbstractSet[str]) -> bool:
        """Whether a sentence has one at all."""
        return not self._honorific.isdisjoint(surfaces)

    def is_family(self, surface: str) -> bool:
        """Whether the dictionary has it as a family name."""
        return surface in self._persons.family

    def family_of(self, name: str) -> str | None:
        """The part of a full name that may stand alone for it."""
        return family_of(name, self._persons)

    def no_name(self, text: str) -> bool:
        """Words that look like names: お客, 担当者; and masked ones."""
        return text in self._not_name or nobody(text) or _MASK.search(text) is not None

    def ends_name(self, tokens: Sequence[Token], stop: int) -> bool:
        """Whether a name may end here: a particle, mark, title or the end of the sentence follows."""
        if stop >= len(tokens):
            return True
        behind = tokens[stop]
        return behind.surface in self._titles or behind.sort in {Sort.PARTICLE, Sort.SYMBOL}

    def judge(self, text: str, tokens: Sequence[Token], index: int, stop: int) -> Span | None:
        """A run of name tokens, unless what stands around says otherwise."""
        if self._is_honoured(tokens, stop):
            return self.span(text, tokens, index, stop)
        name = text[tokens[index].start : tokens[stop - 1].end]
        if len(name) == 1 or self._thing(text, tokens, index, stop):
            return None
        single = stop - index == 1 and not self._persons.split(name)
        if single and self._doubtful(tokens, index, stop):
            return None
        return self.span(text, tokens, index, stop)

    def unless_thing(self, text: str, tokens: Sequence[Token], index: int, stop: int) -> Span | None:
        """What the network calls a name, unless it is a company, a place or a thing for sure."""
        if not self._is_honoured(tokens, stop) and self._thing(text, tokens, index, stop):
            return None
        return self.span(text, tokens, index, stop)

    def span(self, text: str, tokens: Sequence[Token], index: int, stop: int) -> Span | None:
        """The span of tokens index to stop, if it is not masked."""
        start, end = tokens[index].start, tokens[stop - 1].end
        if self.no_name(text[start:end]) or self._hidden(text, start, end):
            return None
        behind = tokens[stop].surface if stop < len(tokens) else ""
        if behind in self._honorific:
            confidence = 0.9
        else:
            confidence = 0.85 if stop - index > 1 or self._persons.split(text[start:end]) else 0.6
        return Span(Kind.NAME, start, end, "name.text", confidence, behind in _GREETING)

    def hidden_before(self, text: str, start: int) -> bool:
        """Whether signs that stand for half a name end right before a place, or before the line that begins there."""
        return _BEFORE.search(text, max(0, start - _REACH), start) is not None

    def _hidden(self, text: str, start: int, end: int) -> bool:
        """Whether signs next to a name stand for the rest of it: 山田＊＊, 〇太郎, 林〇. A full name is no rest."""
        name = text[start:end]
        family, _, given = name.partition(" ")
        cut = len(family) if given else self._persons.split(name)
        if cut > 1 and len(name.replace(" ", "")) - cut > 1:
            return False
        if _BEHIND.match(text, end) or self.hidden_before(text, start):
            return True
        if _MASK.match(text, end):
            return True
        return _MASK.match(text, max(0, start - 1), start) is not None and name not in self._persons.common

    def _is_honoured(self, tokens: Sequence[Token], stop: int) -> bool:
        return stop < len(tokens) and tokens[stop].surface in self._titles

    def _thing(self, text: str, tokens: Sequence[Token], index: int, stop: int) -> bool:
        """A company, place, event or thing, whatever the name."""
        start, end = tokens[index].start, tokens[stop - 1].end
        if text[start:end] in self._brands:
            return True
        if stop < len(tokens) and (tokens[stop].surface in self._behind or text.startswith(self._behind_long, end)):
            return True
        return text[max(0, start - 4) : start].endswith(_COMPANY)

    def _doubtful(self, tokens: Sequence[Token], index: int, stop: int) -> bool:
        """A single family, given or katakana name, within a compound or alone in quotation marks."""
        before = tokens[index - 1] if index else None
        behind = tokens[stop] if stop < len(tokens) else None
        if behind is not None and behind.sort in _NOUNS and not self._numbered(tokens, stop):
            return True
        if before is not None and self._compound_before(before, tokens[index]):
            return True
        return before is not None and behind is not None and _QUOTES.get(before.surface) == behind.surface

    def _numbered(self, tokens: Sequence[Token], stop: int) -> bool:
        """A figure of a ruler's name: ルイ15世."""
        return tokens[stop].sort is Sort.NUMERAL and stop + 1 < len(tokens) and tokens[stop + 1].surface == "世"

    def _compound_before(self, before: Token, token: Token) -> bool:
        if before.sort in {Sort.PLACE, Sort.PREFIX}:
            return True
        if _KATAKANA.fullmatch(token.surface) is None or token.sort not in PERSONS:
            return False
        return before.surface.isascii() or (
            before.sort in {Sort.NOUN, Sort.PROPER} and _KATAKANA.fullmatch(before.surface) is not None
        )


def inflected(tokens: Sequence[Token], index: int) -> bool:
    """The て behind a verb and what follows it are no name: 参加し|て|い|た|議員, 成長し|て|いく|様."""
    if index == 0:
        return False
    before, first = tokens[index - 1], tokens[index]
    if first.surface in _TE:
        return before.sort is Sort.VERB
    return before.surface in _TE and before.word.pos[1] == "接続助詞" and first.word.pos[0] in {"動詞", "助動詞"}
