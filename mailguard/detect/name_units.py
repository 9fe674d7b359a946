"""Units of a sentence that are a name together or not at all: 山田|太郎, ジョン|・|スミス, スティーヴン|・|R|・|コヴィー.

In: tokens of a sentence. Out: half-open ranges of tokens, all tokens covered, in order.
"""

from collections.abc import Iterator, Sequence

import regex

from mailguard.detect.tokenizer import Sort, Token

KATAKANA = regex.compile(r"[ァ-ヴー]+")
JOINTS = frozenset("・==")
_LONGEST = 12  # tokens; a list of words joined by ・ is cut


def units(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Each unit once."""
    index = 0
    while index < len(tokens):
        stop = _words(tokens, index) or _japanese(tokens, index) or index + 1
        yield index, stop
        index = stop


def _words(tokens: Sequence[Token], index: int) -> int:
    """End of katakana words joined by ・; 0 if none begins here."""
    stop = _word(tokens, index)
    if not stop:
        return 0
    end = stop
    while end < len(tokens) and end - index < _LONGEST and tokens[end].surface in JOINTS:
        behind = _word(tokens, end + 1)
        if not behind:
            break
        end = behind
    return end if end > stop or _katakana(tokens, index) else 0


def _word(tokens: Sequence[Token], index: int) -> int:
    """End of a katakana word, whose parts the tokenizer may have cut, or of an initial with its dot."""
    if _katakana(tokens, index):
        stop = index + 1
        while stop - index < _LONGEST and _katakana(tokens, stop):
            stop += 1
        return stop
    if index < len(tokens) and len(surface := tokens[index].surface) == 1 and surface.isascii() and surface.isupper():
        return index + 2 if index + 1 < len(tokens) and tokens[index + 1].surface == "." else index + 1
    return 0


def _katakana(tokens: Sequence[Token], index: int) -> bool:
    return index < len(tokens) and KATAKANA.fullmatch(tokens[index].surface) is not None


def _japanese(tokens: Sequence[Token], index: int) -> int:
    """End of a family name and a given name; 0 if they do not stand here."""
    if tokens[index].sort is not Sort.FAMILY or index + 1 >= len(tokens):
        return 0
    given = tokens[index + 1]
    fits = given.sort in {Sort.GIVEN, Sort.PERSON} and not given.surface.isascii() and not _katakana(tokens, index + 1)
    return index + 2 if fits else 0
