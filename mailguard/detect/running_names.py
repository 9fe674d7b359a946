"""Names in running text: runs of Sudachi's person tokens, dictionary pairs, honorifics, ・ names and romaji.

In: folded text. Out: spans of names without honorific. What stands behind decides most: 松本市, 小倉駅 and 山田商店 are no persons.
"""

from collections.abc import Iterator, Mapping, Sequence

import regex

from mailguard.detect.person_dictionary import PersonDictionary, romanised
from mailguard.detect.span import Span
from mailguard.detect.tokenizer import PERSONS, Sort, Token, Tokenizer
from mailguard.model import Kind

_CANDIDATE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[A-Za-z]{2,} [A-Za-z]{2,}")
_KANJI = regex.compile(r"[\p{Han}々ヶ]+")
_KATAKANA = regex.compile(r"[ァ-ヴー]+")
_KANA = regex.compile(r"[ぁ-んァ-ヴー]+")
_MASK = regex.compile(r"[〇○●◯*×✕_■□△▲]")
_LATIN = regex.compile(r"(?<![A-Za-z@.])[A-Z][A-Za-z'-]{1,15}+,? [A-Z][A-Za-z'-]{1,15}+(?![A-Za-z@])")
_JOINTS = frozenset("・= =")
_LONGEST = 40


class RunningNames:
    """Names in text."""

    def __init__(self, words: Mapping[str, tuple[str, ...]], persons: PersonDictionary, tokenizer: Tokenizer) -> None:
        self._persons = persons
        self._tokenizer = tokenizer
        self._honorific = frozenset(words.get("honorific", ()))
        self._not_name = frozenset(words.get("not_name", ()))
        behind = words.get("not_person_after", ())
        self._behind = frozenset(behind)
        self._behind_long = tuple(word for word in behind if len(word) > 1)

    def find(self, text: str) -> Iterator[Span]:
        """Spans in order."""
        if _CANDIDATE.search(text) is None:
            return
        if text.isascii():
            yield from self._latin(text)
            return
        for tokens in self._tokenizer.sentences(text):
            yield from self._sentence(text, tokens)
        yield from self._latin(text)

    def _sentence(self, text: str, tokens: list[Token]) -> Iterator[Span]:
        index = 0
        while index < len(tokens):
            stop = self._run(tokens, index)
            if stop == index:
                stop = self._by_honorific(tokens, index)
            if stop > index:
                span = self._judged(text, tokens, index, stop)
                if span is not None:
                    yield span
                index = stop
            else:
                index += 1

    def _run(self, tokens: Sequence[Token], index: int) -> int:
        """End of a run of person tokens that begins here; `index` if none does."""
        if tokens[index].sort not in PERSONS and not self._opens(tokens, index):
            return index
        stop = index + 1
        while stop < len(tokens) and tokens[stop].end - tokens[index].start <= _LONGEST:
            token = tokens[stop]
            if token.sort in PERSONS or self._continues(tokens, index, stop):
                stop += 1
            elif self._joint(tokens, stop):
                stop += 2
            else:
                break
        return stop

    def _opens(self, tokens: Sequence[Token], index: int) -> bool:
        """An unknown family name in front of a given name, an unknown katakana word in front of ・ and a name."""
        token = tokens[index]
        if index + 1 >= len(tokens):
            return False
        behind = tokens[index + 1]
        if token.surface in self._persons.common and behind.surface in self._persons.given:
            return True
        katakana = _KATAKANA.fullmatch(token.surface) is not None and token.sort in {Sort.NOUN, Sort.PROPER, Sort.PLACE}
        if not katakana or behind.surface not in _JOINTS or index + 2 >= len(tokens):
            return False
        return tokens[index + 2].sort in PERSONS

    def _continues(self, tokens: Sequence[Token], index: int, stop: int) -> bool:
        """A given name that the tokenizer took for a word: 佐藤|空, 田中|ゆう|たろう."""
        token, before = tokens[stop], tokens[stop - 1]
        if before.sort is not Sort.FAMILY or stop - index > 1 or token.sort in {Sort.SUFFIX, Sort.PARTICLE, Sort.SYMBOL}:
            return False
        return len(token.surface) > 1 and token.surface in self._persons.given and not self._compound(tokens, stop)

    def _compound(self, tokens: Sequence[Token], stop: int) -> bool:
        return stop + 1 < len(tokens) and tokens[stop + 1].sort in {Sort.NOUN, Sort.SUFFIX} and tokens[stop + 1].surface not in self._honorific

    def _joint(self, tokens: Sequence[Token], stop: int) -> bool:
        """ジョン・スミス and 佐藤 花子: a joint and another name, or a katakana word behind ・."""
        if stop + 1 >= len(tokens):
            return False
        joint, behind, before = tokens[stop], tokens[stop + 1], tokens[stop - 1]
        if joint.sort is Sort.SPACE:
            return before.sort is not Sort.GIVEN and len(joint.surface) == 1 and self._half(behind)
        if joint.surface not in _JOINTS or not _KATAKANA.fullmatch(before.surface):
            return False
        return _KATAKANA.fullmatch(behind.surface) is not None or (behind.surface.isascii() and behind.surface.isupper())

    def _half(self, token: Token) -> bool:
        return token.sort in {Sort.GIVEN, Sort.PERSON} or token.surface in self._persons.given

    def _by_honorific(self, tokens: Sequence[Token], index: int) -> int:
        """End of one to three words that stand right before さん or 様 and are a known name together."""
        text = ""
        for stop in range(index + 1, min(index + 4, len(tokens)) + 1):
            text += tokens[stop - 1].surface
            if len(text) > 10 or tokens[stop - 1].sort in {Sort.PARTICLE, Sort.SYMBOL} and not _KANA.fullmatch(text):
                return index
            if stop < len(tokens) and tokens[stop].surface in self._honorific and self._named(text):
                return stop
        return index

    def _named(self, text: str) -> bool:
        if text in self._not_name or _MASK.search(text):
            return False
        return self._persons.split(text) > 0 or self._persons.is_family(text) or (len(text) > 1 and self._persons.is_given(text))

    def _judged(self, text: str, tokens: Sequence[Token], index: int, stop: int) -> Span | None:
        run = tokens[index:stop]
        start, end = run[0].start, run[-1].end
        name = text[start:end]
        behind = tokens[stop].surface if stop < len(tokens) else ""
        honoured = behind in self._honorific
        if name in self._not_name or self._masked(text, start, end) or self._thing(text, tokens, index, stop):
            return None
        if len(name) == 1 and not honoured:
            return None
        confidence = self._confidence(run, name, honoured=honoured)
        return Span(Kind.NAME, start, end, "name.text", confidence, behind in {"様", "殿", "さま"})

    def _confidence(self, run: Sequence[Token], name: str, *, honoured: bool) -> float:
        if honoured:
            return 0.9
        if len(run) > 1 or self._persons.split(name):
            return 0.85
        return 0.6

    def _masked(self, text: str, start: int, end: int) -> bool:
        return _MASK.search(text, max(0, start - 1), min(len(text), end + 1)) is not None

    def _thing(self, text: str, tokens: Sequence[Token], index: int, stop: int) -> bool:
        """A company, place or thing by what stands around."""
        end = tokens[stop - 1].end
        if stop < len(tokens) and tokens[stop].surface in self._honorific:
            return False
        if stop < len(tokens) and tokens[stop].surface in self._behind:
            return True
        if text.startswith(self._behind_long, end):
            return True
        return text[max(0, tokens[index].start - 4) : tokens[index].start].endswith(("株式会社", "(株)", "(有)", "有限会社"))

    def _latin(self, text: str) -> Iterator[Span]:
        for match in _LATIN.finditer(text):
            first, second = (romanised(word.strip(",")) for word in match[0].split())
            persons = self._persons
            families = first in persons.family_romaji, second in persons.family_romaji
            givens = first in persons.given_romaji, second in persons.given_romaji
            if (families[0] and givens[1]) or (givens[0] and families[1]):
                greeted = text.startswith(("様", "殿", " 様", "さま"), match.end())
                yield Span(Kind.NAME, *match.span(), "name.romaji", 0.85, greeted)
