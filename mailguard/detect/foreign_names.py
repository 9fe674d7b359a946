"""Foreign names in running text: katakana words joined by ・, マリア・デ・ソウザ, ジョージ・W・ブッシュ.

In: tokens of a sentence. Out: where a name ends that begins at a token.
"""

from collections.abc import Sequence

import regex

from mailguard.detect.tokenizer import PERSONS, Sort, Token

JOINTS = frozenset("・=")
_KATAKANA = regex.compile(r"[ァ-ヴー]+")
_PARTS = 7  # of a name
# They say nothing of whether a name is a person's.
_PARTICLE = regex.compile("ド|デ|デル|ラ|ル|ヴァン|ファン|フォン|ダ|ディ|ドゥ|ビン|イブン|アル|エル|ラス|ロス|テル")


class ForeignNames:
    """things: katakana words that end no name of a person."""

    def __init__(self, things: frozenset[str]) -> None:
        self._things = things

    def end(self, tokens: Sequence[Token], index: int) -> int:
        """End of joined words that read like a person: names and unknown words, at last no common noun; 0 if none begins here."""
        parts = [index]
        stop = index
        while len(parts) < _PARTS and _joined(tokens, stop):
            stop += 2
            while _continued(tokens, stop):
                stop += 1
            parts.append(stop)
        if stop == index:
            return 0
        return stop + 1 if self._person([tokens[part] for part in parts]) else 0

    def _person(self, parts: Sequence[Token]) -> bool:
        inner = [part for part in parts if not _PARTICLE.fullmatch(part.surface)]
        if not inner or all(len(part.surface) == 1 for part in parts):
            return False
        score = sum(2 if part.sort in PERSONS else (1 if not part.known else -1) for part in inner)
        last, first = inner[-1], inner[0]
        if last.surface in self._things:
            return False
        if last.sort is Sort.NOUN and last.known and first.sort not in PERSONS:
            score -= 2
        if first.sort is Sort.PLACE:
            score -= 2
        return score > 0


def _joined(tokens: Sequence[Token], stop: int) -> bool:
    if stop + 2 >= len(tokens) or tokens[stop + 1].surface not in JOINTS:
        return False
    return _part(tokens[stop].surface) and _part(tokens[stop + 2].surface)


def _continued(tokens: Sequence[Token], stop: int) -> bool:
    """コート|ランド: one word in two tokens."""
    return stop + 1 < len(tokens) and _KATAKANA.fullmatch(tokens[stop + 1].surface) is not None


def _part(surface: str) -> bool:
    """Katakana or an initial."""
    return _KATAKANA.fullmatch(surface) is not None or (len(surface) == 1 and surface.isascii() and surface.isupper())
