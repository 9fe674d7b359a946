"""Every way in which one of the own staff may be written: 佐藤 花子, サトウハナコ, さとうはなこ, SATO Hanako, Hanako Satoh.

In: an entry of `own.names`: a name, with a blank between surname and given name, and its reading in brackets: 佐藤 花子（サトウ ハナコ）.
Out: digests of the whole name in every writing that follows from the entry, and of the surname alone. Readings are not guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from mailguard import normal
from mailguard.digest import Digester
from mailguard.model import Kind

_ENTRY = re.compile(r"(.+?)\s*[(\[【<]\s*(.+?)\s*[)\]】>]\s*")
_KANA = re.compile(r"[ぁ-ゖァ-ヶー]+")
_LATIN = re.compile(r"[A-Za-z'.-]+")
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_DOUBLED = re.compile("ッ(?=[ァ-ヶ])")
_GLIDE = re.compile("(?:(?<=sh)|(?<=ch)|(?<=j))iy(?=[auo])|(?<=[kgnhbpmr])i(?=y[auo])")
_TWICE = re.compile("<(c?)(.)")
_LONG = (("ou", "o"), ("oo", "o"), ("uu", "u"))


@dataclass(frozen=True, slots=True)
class OwnName:
    """whole: digests of the full name; alone: of the surname in each writing, where the entry parts it."""

    whole: frozenset[bytes]
    alone: frozenset[bytes]

    @classmethod
    def of(cls, entry: str, digester: Digester) -> "OwnName":
        """Read an entry."""
        folded = normal.fold(entry).strip()
        match = _ENTRY.fullmatch(folded)
        written = [match[1], match[2]] if match else [folded]
        whole, alone = set[str](), set[str]()
        for text in written:
            halves = text.split()
            whole.update(_writings(halves))
            if len(halves) == 2:
                alone.update(_writings(halves[:1]))
        names = frozenset(digester.name(text) for text in whole)
        kana = frozenset(digester.of(str(Kind.NAME_KANA), normal.kana(text)) for text in whole)
        return cls(names | kana, frozenset(digester.name(text) for text in alone))


def _writings(halves: list[str]) -> Iterator[str]:
    """What is written in kana is written in both sorts of kana and in Latin letters too, these in both orders."""
    yield "".join(halves)
    if all(map(_KANA.fullmatch, halves)):
        katakana = [normal.kana(half) for half in halves]
        yield "".join(katakana)
        yield "".join(katakana).translate(_HIRAGANA)
        yield from _ordered([_spellings(half) for half in katakana])
    elif all(map(_LATIN.fullmatch, halves)):
        yield from _ordered([{half} for half in halves])


def _ordered(halves: list[set[str]]) -> Iterator[str]:
    for spelt in product(*halves):
        yield "".join(spelt)
        yield "".join(reversed(spelt))


def _spellings(katakana: str) -> set[str]:
    """Hepburn, with the long vowels as people write them: satou, sato, satoh, satō."""
    latin = _DOUBLED.sub("<", katakana).translate(normal.ROMAJI)
    latin = _TWICE.sub(lambda match: "tc" if match[1] else match[2] * 2, _GLIDE.sub("", latin))
    spelt = {latin}
    for short in ("{0}", "{0}h", "{1}"):
        text = latin
        for long, vowel in _LONG:
            text = text.replace(long, short.format(vowel, {"o": "ō", "u": "ū"}[vowel]))
        spelt.add(text)
    return spelt | {re.sub("n(?=[bmp])", "m", text) for text in spelt}
