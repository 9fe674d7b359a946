"""SudachiPy (mode C, core dictionary) with the few parts of speech that names need. One per process.

In: one sentence. Out: tokens with a sort. Chunks are sentences: twice as fast as long texts, and never near Sudachi's length limit.
"""

from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import regex
import sudachipy

_LONGEST = 300  # characters at once
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


class Token(NamedTuple):
    """Half-open, in the text given to `sentences`. known: whether the dictionary has it."""

    surface: str
    start: int
    end: int
    sort: Sort
    known: bool


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
        dictionary = sudachipy.Dictionary(dict="core")
        self._tokenizer = dictionary.tokenizer(sudachipy.SplitMode.C)
        self._sorts: dict[int, Sort] = {}

    def sentences(self, text: str) -> Iterator[list[Token]]:
        """Tokens of each sentence that could hold a name; the others are dropped before tokens are made of them."""
        for match in _SENTENCE.finditer(text):
            tokens = self._tokens(match[0], match.start(), anything=_WORTH.search(match[0]) is not None)
            if tokens:
                yield tokens

    def tokens(self, sentence: str) -> list[Token]:
        """Tokens of at most 300 characters."""
        return self._tokens(sentence[:_LONGEST], 0, anything=True)

    def reading(self, text: str) -> str:
        """The most likely reading of at most 300 characters, in katakana."""
        return "".join(morpheme.reading_form() for morpheme in self._tokenizer.tokenize(clean(text[:_LONGEST])))

    def _tokens(self, sentence: str, offset: int, *, anything: bool) -> list[Token]:
        morphemes = list(self._tokenizer.tokenize(clean(sentence)))
        sorts = [self._sorts.get(morpheme.part_of_speech_id()) for morpheme in morphemes]
        if None in sorts:
            sorts = [self._learnt(morpheme) for morpheme in morphemes]
        if not anything and PERSONS.isdisjoint(sorts):
            return []
        found = []
        for morpheme, sort in zip(morphemes, sorts, strict=True):
            begin, end = morpheme.begin(), morpheme.end()
            found.append(
                Token(sentence[begin:end], offset + begin, offset + end, sort or Sort.OTHER, not morpheme.is_oov())
            )
        return found

    def _learnt(self, morpheme: sudachipy.Morpheme) -> Sort:
        number = morpheme.part_of_speech_id()
        if number not in self._sorts:
            self._sorts[number] = _sort(tuple(morpheme.part_of_speech()))
        return self._sorts[number]


_SURROGATE = regex.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Lone surrogates, which no encoder takes, become another character of the same length."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


@lru_cache(maxsize=1)
def load() -> Tokenizer:
    """The one of this process: 0.3 s and 75 MB, shared after a fork."""
    return Tokenizer()
