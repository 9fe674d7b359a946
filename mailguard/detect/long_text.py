"""Where in a long text a slow search may find something: lines that a cheap search of the whole text has found.

In: a folded text, such as the cells of a column with line feeds between. Out: stretches of whole lines. Nothing that is looked for
crosses a line feed.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

LONG = 2_000  # characters from which the cheap search is worth its call
_VERY_LONG = 50_000  # characters from which it is worth a look which there are
_STRETCH = 1 << 20  # characters that are looked through at a time
_OWN_CASE = re.compile("[ſKıİ]")  # equal to s, k and i without regard to case, but not in lower case


@lru_cache(maxsize=1)  # all detectors read the same text, one after another
def lowered(text: str) -> str | None:
    """The text in lower case, its places unchanged; None where that is not what a search without regard to case compares."""
    if text.isascii():
        return text.lower()
    found = text.lower()
    return None if _OWN_CASE.search(text) or len(found) != len(text) else found


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Whether any of the words stands in a text. Of a very long one its characters are known first, which rule out most words."""
    if len(text) < _VERY_LONG:
        return any(word in text for word in words)
    known = _characters(text)
    return any(known.issuperset(word) and word in text for word in words)


@lru_cache(maxsize=1)
def _characters(text: str) -> frozenset[str]:
    found = np.zeros(sys.maxunicode + 1, bool)
    for start in range(0, len(text), _STRETCH):
        found[np.frombuffer(text[start : start + _STRETCH].encode("utf-32-le", "surrogatepass"), np.uint32)] = True
    return frozenset(map(chr, np.flatnonzero(found).tolist()))


def lines(anchor: "re.Pattern[str]", text: str) -> Iterator[tuple[int, int]]:
    """Where the lines in which the anchor matches begin and end, in order."""
    match, done = anchor.search(text), 0
    while match is not None:
        start = text.rfind("\n", done, match.start()) + 1 or done
        end = text.find("\n", match.start())
        if end < 0:
            end = len(text)
        yield start, end
        done = min(end + 1, len(text))
        match = anchor.search(text, done) if done < len(text) else None


def stretches(anchor: "re.Pattern[str]", text: str, before: int, after: int) -> Iterator[tuple[int, int]]:
    """The same with the lines that so many characters to each side lie in; what overlaps is one."""
    start = end = -1
    for first, last in lines(anchor, text):
        begin = text.rfind("\n", 0, max(0, first - before)) + 1 if first > before else 0
        stop = text.find("\n", min(len(text), last + after))
        if end < 0:
            start = begin
        elif begin > end:
            yield start, end
            start = begin
        end = len(text) if stop < 0 else stop
    if end >= 0:
        yield start, end
