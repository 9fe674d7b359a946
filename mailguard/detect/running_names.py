"""Names in running text: runs of Sudachi's person tokens, dictionary pairs, honorifics and romaji.

In: folded text. Out: spans of names without honorific. `name_context` judges each by what stands around it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import regex

from mailguard.detect.foreign_names import JOINTS, ForeignNames
from mailguard.detect.kana_pairs import KanaPairs
from mailguard.detect.line_names import LineNames
from mailguard.detect.name_context import NameContext, inflected
from mailguard.detect.name_judge import NameJudge
from mailguard.detect.name_model.network import NameNetwork
from mailguard.detect.person_dictionary import PersonDictionary, romanised
from mailguard.detect.span import Span, Taken
from mailguard.detect.tokenizer import PERSONS, Sort, Token, Tokenizer
from mailguard.model import Kind

_CANDIDATE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_KANJI = regex.compile(r"[\p{Han}々]{1,2}")
_KATAKANA = regex.compile(r"[ァ-ヴー]+")
_KANA = regex.compile(r"[ぁ-んァ-ヴー]+")
_LATIN = regex.compile(r"(?<![A-Za-z@.])[A-Z][A-Za-z'-]{1,15}+,? [A-Z][A-Za-z'-]{1,15}+(?![A-Za-z@])")
_RARE_FAMILY = regex.compile(r"[\p{Han}々]{1,2}[ヶケが]?[\p{Han}](?<![市区町村県郡府都駅店島州国])")
_HIRAGANA = regex.compile(r"[ぁ-んー]+")
_LONGEST = 40
_REST = 3  # tokens of a given name in hiragana behind its first
_OPENERS = frozenset({Sort.PLACE, Sort.NOUN, Sort.PROPER})
_GIVEN = frozenset({Sort.GIVEN, Sort.PERSON})
_HONOURED = 4  # words before an honorific that may be a name together
_STOPS_GIVEN = frozenset({Sort.SUFFIX, Sort.PARTICLE, Sort.SYMBOL, Sort.SPACE, Sort.NUMERAL})


class RunningNames:
    """Names in text. network: None where it is trained, the rules alone."""

    def __init__(
        self,
        words: Mapping[str, tuple[str, ...]],
        persons: PersonDictionary,
        tokenizer: Tokenizer,
        network: NameNetwork | None,
    ) -> None:
        self._persons = persons
        self._tokenizer = tokenizer
        self._context = NameContext(words, persons)
        judge = None if network is None else NameJudge(self._context, network)
        self._lines = None if judge is None else LineNames(tokenizer, self.by_rules, self._context, judge)
        self._pairs = KanaPairs(persons)
        self._foreign = ForeignNames(frozenset(words.get("katakana_thing", ())))
        self._one_character = frozenset(words.get("one_character_family", ()))

    def ahead(self, texts: Iterable[str]) -> None:
        """Read texts that will be asked for, all at once."""
        if self._lines is not None:
            self._lines.ahead(text for text in texts if _CANDIDATE.search(text) is not None)

    def find(self, text: str) -> Iterator[Span]:
        """Spans in order of their start, by sort of evidence."""
        latin = list(self._latin(text))
        if _CANDIDATE.search(text) is not None:
            pairs = list(self._pairs.find(text))
            yield from pairs
            taken = Taken([*pairs, *latin])
            if self._lines is None:
                sentences = self._tokenizer.sentences(text)
                yield from (span for tokens in sentences for span in filter(taken.free, self.by_rules(text, tokens)))
            else:
                yield from self._lines.find(text, taken)
        yield from latin

    def by_rules(self, text: str, tokens: list[Token]) -> Iterator[Span]:
        """What rules find in a sentence."""
        surfaces = [token[0] for token in tokens]
        honoured = self._honoured(surfaces)
        done = 0
        for index in self._openings(tokens, surfaces, honoured):
            if index < done:
                continue
            stop = self._run(tokens, index) or self._foreign.end(tokens, index)
            if stop > index:
                span = self._context.judge(text, tokens, index, stop)
            else:
                stop = (self._by_honorific(tokens, index) if index in honoured else 0) or (
                    self._chinese(tokens, index) if surfaces[index] in self._one_character else 0
                )
                span = self._context.span(text, tokens, index, stop) if stop > index else None
            if span is not None:
                yield span
            done = stop

    def _honoured(self, surfaces: Sequence[str]) -> AbstractSet[int]:
        """Places of words that an honorific follows close by."""
        if not self._context.any_honorific(frozenset(surfaces)):
            return frozenset()
        places = [place for place, surface in enumerate(surfaces) if self._context.honours(surface)]
        return {place - before for place in places for before in range(1, _HONOURED + 1)}

    def _openings(self, tokens: Sequence[Token], surfaces: Sequence[str], honoured: AbstractSet[int]) -> Iterator[int]:
        """Places of words that a name may begin with, in order. Most words are particles, verbs and marks."""
        families, one_character = self._persons.family, self._one_character
        behind = [token[3] for token in tokens[1:]] + [Sort.OTHER]
        joined = [surface in JOINTS for surface in surfaces[1:]] + [False]
        for place, token in enumerate(tokens):
            surface, sort = token[0], token[3]
            if (
                sort in PERSONS
                or joined[place]
                or surface in one_character
                or (sort in _OPENERS and (behind[place] in _GIVEN or surface in families))
                or place in honoured
            ):
                yield place

    def _run(self, tokens: Sequence[Token], index: int) -> int:
        """End of a run of Japanese person tokens that begins here; 0 if none does."""
        first = tokens[index]
        if first.sort not in PERSONS and not (first.sort in _OPENERS and self._opens(tokens, index)):
            return 0
        katakana = (
            _KATAKANA.fullmatch(first.surface) and index + 1 < len(tokens) and tokens[index + 1].surface in JOINTS
        )
        if katakana or first.surface.isascii():
            return 0
        stop = index + 1
        while stop < len(tokens) and tokens[stop].end - first.start <= _LONGEST:
            if (tokens[stop].sort in PERSONS and not tokens[stop].surface.isascii()) or self._given(
                tokens, index, stop
            ):
                stop += 1
            elif (further := self._longer_given(tokens, stop)) > stop:
                stop = further
            elif tokens[stop].sort is Sort.SPACE and stop == index + 1 and self._spaced_given(tokens, stop):
                stop += 2
            else:
                break
        return stop

    def _opens(self, tokens: Sequence[Token], index: int) -> bool:
        """A family name taken for a place or word, in front of a given name: 千葉|真一, 赤峰|ゆら."""
        if index + 1 >= len(tokens):
            return False
        first, behind = tokens[index], tokens[index + 1]
        place = behind.sort in _GIVEN and len(behind.surface) > 1
        if first.surface not in self._persons.family:
            return place and first.sort is Sort.PLACE and _RARE_FAMILY.fullmatch(first.surface) is not None
        if first.sort is Sort.NOUN:
            return place and len(first.surface) > 1
        return place or (
            behind.surface in self._persons.given and len(behind.surface) > 1 and not self._compound(tokens, index + 1)
        )

    def _given(self, tokens: Sequence[Token], index: int, stop: int) -> bool:
        """A given name that the tokenizer took for a word: 佐藤|空, 楊|秀麗."""
        token, before = tokens[stop], tokens[stop - 1]
        if (
            stop - index > 1
            or before.sort is not Sort.FAMILY
            or token.sort in _STOPS_GIVEN
            or self._compound(tokens, stop)
        ):
            return False
        rare = _KANJI.fullmatch(token.surface) is not None and not token.known
        if len(token.surface) == 1:
            return (
                token.surface in self._persons.given
                and token.sort is Sort.NOUN
                and self._context.ends_name(tokens, stop + 1)
            )
        return rare or self._persons.is_given(token.surface)

    def _longer_given(self, tokens: Sequence[Token], stop: int) -> int:
        """End of a given name in hiragana of which the tokenizer took the rest for a word: 田中|ゆう|たろう; 0 if there is none."""
        text = tokens[stop - 1].surface
        found = 0
        if tokens[stop - 1].sort is not Sort.GIVEN or not _HIRAGANA.fullmatch(text):
            return 0
        for place in range(stop, min(stop + _REST, len(tokens))):
            token = tokens[place]
            behind = token.sort is Sort.PARTICLE or self._context.honours(token.surface)
            if behind or not _HIRAGANA.fullmatch(token.surface):
                break
            text += token.surface
            if self._persons.is_given(text):
                found = place + 1
        return found

    def _compound(self, tokens: Sequence[Token], stop: int) -> bool:
        behind = tokens[stop + 1] if stop + 1 < len(tokens) else None
        if behind is None or self._context.honours(behind.surface):
            return False
        return behind.sort in {Sort.NOUN, Sort.SUFFIX}

    def _spaced_given(self, tokens: Sequence[Token], stop: int) -> bool:
        """佐藤 花子: one space, and a given name behind it."""
        if stop + 1 >= len(tokens) or len(tokens[stop].surface) != 1 or tokens[stop - 1].sort is Sort.GIVEN:
            return False
        behind = tokens[stop + 1]
        if _KATAKANA.fullmatch(tokens[stop - 1].surface) is not None and not _KATAKANA.fullmatch(behind.surface):
            return False
        if behind.sort in _GIVEN or self._persons.is_given(behind.surface):
            return True
        chinese = tokens[stop - 1].surface in self._one_character and _KANJI.fullmatch(behind.surface) is not None
        return chinese and behind.sort is Sort.FAMILY and behind.surface not in self._persons.family  # 王 小明

    def _by_honorific(self, tokens: Sequence[Token], index: int) -> int:
        """End of one to three words right before さん or 様 that are a known name together, or a katakana word."""
        text = ""
        if inflected(tokens, index):
            return 0
        for stop in range(index + 1, min(index + _HONOURED, len(tokens)) + 1):
            token = tokens[stop - 1]
            text += token.surface
            if len(text) > 10 or (token.sort in {Sort.PARTICLE, Sort.SYMBOL} and not _KANA.fullmatch(text)):
                return 0
            if stop < len(tokens) and self._context.honours(tokens[stop].surface) and self._named(text, token):
                return stop
        return 0

    def _named(self, text: str, last: Token) -> bool:
        if self._context.no_name(text):
            return False
        if _KATAKANA.fullmatch(text) and not last.known and len(text) > 2:
            return True
        known = self._persons
        return known.split(text) > 0 or known.is_family(text) or (len(text) > 1 and known.is_given(text))

    def _chinese(self, tokens: Sequence[Token], index: int) -> int:
        """林|文|察, 韓|丙|起: a one-character family name and one or two characters, then a particle or title."""
        if self._glued(tokens, index):
            return 0
        text, stop = "", index + 1
        while (
            stop < len(tokens)
            and len(text) < 2
            and _KANJI.fullmatch(tokens[stop].surface)
            and self._loose(tokens[stop])
        ):
            text += tokens[stop].surface
            stop += 1
        if not 1 <= len(text) <= 2 or all(
            token.known and len(token.surface) == 2 for token in tokens[index + 1 : stop]
        ):
            return 0
        return stop if self._context.ends_name(tokens, stop) and len(text) == 2 else 0

    def _loose(self, token: Token) -> bool:
        return token.sort not in {Sort.PARTICLE, Sort.NUMERAL, Sort.VERB}

    def _glued(self, tokens: Sequence[Token], index: int) -> bool:
        before = tokens[index - 1] if index else None
        return before is not None and before.sort in {Sort.NUMERAL, Sort.PREFIX, Sort.PLACE}

    def _latin(self, text: str) -> Iterator[Span]:
        for match in _LATIN.finditer(text):
            first, second = (romanised(word.strip(",")) for word in match[0].split())
            persons = self._persons
            families = first in persons.family_romaji, second in persons.family_romaji
            givens = first in persons.given_romaji, second in persons.given_romaji
            if (families[0] and givens[1]) or (givens[0] and families[1]):
                greeted = text.startswith(("様", "殿", " 様", "さま"), match.end())
                yield Span(Kind.NAME, match.start(), match.end(), "name.romaji", 0.85, greeted)
