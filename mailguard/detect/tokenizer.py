"""SudachiPy (mode C, core dictionary) with the few parts of speech that names need. One per process.

In: one sentence. Out: tokens with a sort. Chunks are sentences: twice as fast as long texts, and never near Sudachi's length limit.
"""

from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache, partial
from operator import attrgetter
from typing import NamedTuple

import regex
import sudachipy

_LONGEST = 300  # characters at once
_WORDS = 20_000  # that are remembered, about 0.5 KB each
_SENTENCE = regex.compile(r"[^\n。!?\f]{1,300}+[\n。!?\f]?")


# Names that no token is marked for: before an honorific, beside ・, behind a family name of one character.
_WORTH = regex.compile(
    r"[様氏殿君・=＝]|さん|さま|ちゃん|くん|先生|教授|監督|選手|社長|大統領|[\p{Han}] [\p{Han}]|(?<!\p{Han})\p{Han}{3}(?!\p{Han})"
)


class Sort(IntEnum):
    """What a token can do in a name."""

    OTHER = 0
    FAMILY = 1
    GIVEN = 2
    PERSON = 3
    PLACE = 4
    PROPER = 5
    NOUN = 6
    SUFFIX = 7
    PREFIX = 8
    SYMBOL = 9
    SPACE = 10
    PARTICLE = 11
    NUMERAL = 12
    VERB = 13


PERSONS = frozenset({Sort.FAMILY, Sort.GIVEN, Sort.PERSON})


_ONE_WAY = regex.compile(
    r"(?:[\p{Han}々、。]|[ぁ-んァ-ヴ]ー?+(?!ー))+|[0-9 :;/.,()「」・]"
)  # no capitals, no lengthened vowels
_NAMELIKE = regex.compile(r"[\p{Han}ァ-ヴ]")


class Script(IntEnum):
    """How a token joins its neighbours: foreign names are katakana joined by ・ or Latin words joined by blanks."""

    OTHER = 0
    KATAKANA = 1
    INITIAL = 2
    JOINT = 3
    LATIN = 4
    BLANK = 5


_SCRIPTS = (
    (regex.compile("[ァ-ヴー]+"), Script.KATAKANA),
    (regex.compile("[A-Z]"), Script.INITIAL),
    (regex.compile("[・==]"), Script.JOINT),
    (regex.compile(r"\p{Latin}[\p{Latin}.'’-]*+"), Script.LATIN),
    (regex.compile(" "), Script.BLANK),
)


def _script(surface: str) -> Script:
    first = surface[:1]
    if "ぁ" <= first <= "ゟ" or "一" <= first <= "鿿":  # most words
        return Script.OTHER
    return next((script for form, script in _SCRIPTS if form.fullmatch(surface)), Script.OTHER)


class Word:
    """What Sudachi reads in a surface, made once for all places where it stands.

    pos: six parts of speech; base, normal: dictionary and normalised form; known: whether the dictionary has it.
    likely: whether a sentence with it is worth reading.
    """

    __slots__ = ("base", "known", "likely", "normal", "pos", "script", "sort", "surface")

    def __init__(self, morpheme: sudachipy.Morpheme, pos: tuple[str, ...]) -> None:
        self.surface: str = morpheme.surface()
        self.pos = pos
        self.base: str = morpheme.dictionary_form()
        self.normal: str = morpheme.normalized_form()
        self.known: bool = not morpheme.is_oov()
        self.sort = _sort(self.pos)
        self.script = _script(self.surface)
        self.likely = self.sort in PERSONS or (not self.known and _NAMELIKE.search(self.surface) is not None)

    @property
    def common(self) -> bool:
        """A common noun of the dictionary: デザイナー."""
        return self.known and self.sort is Sort.NOUN


_LIKELY, _SORT, _KNOWN = attrgetter("likely"), attrgetter("sort"), attrgetter("known")


class Token(NamedTuple):
    """Half-open, in the text given to `sentences`. known: whether the dictionary has it."""

    surface: str
    start: int
    end: int
    sort: Sort
    known: bool
    word: Word


_token = partial(tuple.__new__, Token)  # the constructor of a NamedTuple takes three times as long


def _sort(pos: tuple[str, ...]) -> Sort:
    if pos[0] == "名詞":
        return _noun(pos)
    first = {
        "接尾辞": Sort.SUFFIX, "接頭辞": Sort.PREFIX, "補助記号": Sort.SYMBOL, "記号": Sort.SYMBOL, "空白": Sort.SPACE,
        "助詞": Sort.PARTICLE, "動詞": Sort.VERB, "代名詞": Sort.OTHER,
    }  # fmt: skip
    return first.get(pos[0], Sort.OTHER)


def _noun(pos: tuple[str, ...]) -> Sort:
    if pos[1] == "数詞":
        return Sort.NUMERAL
    if pos[1] != "固有名詞":
        return Sort.NOUN
    if pos[2] == "人名":
        return {"姓": Sort.FAMILY, "名": Sort.GIVEN}.get(pos[3], Sort.PERSON)
    return Sort.PLACE if pos[2] == "地名" else Sort.PROPER


class Tokenizer:
    """Tokens of a text, sentence by sentence."""

    def __init__(self) -> None:
        self._dictionary = sudachipy.Dictionary(dict="core")
        self._tokenizer = self._dictionary.tokenizer(sudachipy.SplitMode.C)
        self._words: dict[tuple[int, str] | int, Word] = {}
        self._speeches: dict[int, tuple[str, ...]] = {}
        self._homographs: dict[frozenset[int], frozenset[tuple[str, ...]]] = {}

    def sentences(self, text: str, start: int = 0, end: int | None = None) -> Iterator[list[Token]]:
        """Tokens of each sentence that could hold a name; the others are dropped before tokens are made of them."""
        for match in _SENTENCE.finditer(text, start, len(text) if end is None else end):
            tokens = self._tokens(match[0], match.start(), anything=False)
            if tokens:
                yield tokens

    def pieces(self, text: str) -> Iterator[list[Token]]:
        """Tokens of every sentence."""
        for match in _SENTENCE.finditer(text):
            yield self._tokens(match[0], match.start(), anything=True)

    def tokens(self, sentence: str) -> list[Token]:
        """Tokens of at most 300 characters."""
        return self._tokens(sentence[:_LONGEST], 0, anything=True)

    def reading(self, text: str) -> str:
        """The most likely reading of at most 300 characters, in katakana."""
        return "".join(morpheme.reading_form() for morpheme in self._tokenizer.tokenize(clean(text[:_LONGEST])))

    def homographs(self, surface: str) -> frozenset[tuple[str, ...]]:
        """Parts of speech of all that the dictionary has under a surface."""
        found = self._dictionary.lookup(clean(surface))
        numbers = frozenset([morpheme.part_of_speech_id() for morpheme in found])
        known = self._homographs.get(numbers)
        if known is None:
            known = self._homographs[numbers] = frozenset(map(self._speech, found))
        return known

    def _speech(self, morpheme: sudachipy.Morpheme) -> tuple[str, ...]:
        """Six parts of speech, one object for all words that have them."""
        number = morpheme.part_of_speech_id()
        pos = self._speeches.get(number)
        if pos is None:
            pos = self._speeches[number] = tuple(morpheme.part_of_speech())
        return pos

    def _tokens(self, sentence: str, offset: int, *, anything: bool) -> list[Token]:
        if not anything and sentence.isascii() and len(sentence) < _LONGEST and "=" not in sentence:
            return []  # names in Latin letters are found by themselves; = may join initials
        morphemes = list(self._tokenizer.tokenize(clean(sentence)))
        known = self._words.get
        words = [known(morpheme.word_id()) or self._word(morpheme) for morpheme in morphemes]
        if not (anything or any(map(_LIKELY, words)) or _WORTH.search(sentence)):
            return []
        ends = [morpheme.end() for morpheme in morphemes]
        begins = [0, *ends[:-1]]
        surfaces = [sentence[begin:end] for begin, end in zip(begins, ends, strict=True)]
        if offset:
            begins, ends = [offset + begin for begin in begins], [offset + end for end in ends]
        return list(map(_token, zip(surfaces, begins, ends, map(_SORT, words), map(_KNOWN, words), words, strict=True)))

    def _word(self, morpheme: sudachipy.Morpheme) -> Word:
        """One met for the first time, or written in one of many ways, or in no dictionary: there the number is its part of speech."""
        number, surface = morpheme.word_id(), morpheme.surface()
        word = self._words.get((number, surface))
        if word is None:
            key = number if _ONE_WAY.fullmatch(surface) and not morpheme.is_oov() else (number, surface)
            if len(self._words) >= _WORDS:
                self._words.clear()
            word = self._words[key] = Word(morpheme, self._speech(morpheme))
        return word


_SURROGATE = regex.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Lone surrogates, which no encoder takes, become another character of the same length."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


@lru_cache(maxsize=1)
def load() -> Tokenizer:
    """The one of this process: 0.3 s and 75 MB, shared after a fork."""
    return Tokenizer()
