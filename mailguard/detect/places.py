"""Where in a long text a slow search may match: one look at all characters tells, and it is tried nowhere else.

In: a text, such as all values of a column joined. Out: the sort of each character, as bits; the text with what was found there
replaced. An expression that may begin with many characters costs some 100 ns for each of them; looking its sort up costs one.
"""

import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Sorts = NDArray[np.uint16]
Places = NDArray[np.intp]

_BEYOND = 0x10000  # all characters from here on are of one sort


class Alphabet:
    """Sorts of characters: a bit for each group given. What is beyond U+FFFF has the bits of all such characters together."""

    def __init__(self, groups: Mapping[int, str]) -> None:
        self._bits = np.zeros(_BEYOND + 1, np.uint16)
        for bit, characters in groups.items():
            self._bits[[min(ord(char), _BEYOND) for char in characters]] |= bit

    def sorts(self, text: str) -> Sorts:
        """The bits of each character."""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        return self._bits[np.minimum(points, _BEYOND)]


def behind(sorts: Sorts, steps: int, end: int) -> Sorts:
    """For each character the sort of the one so many steps behind it; `end` behind the last."""
    return np.concatenate([sorts[steps:], np.full(min(steps, len(sorts)), end, np.uint16)])


def any_of(sorts: Sorts) -> int:
    """The bits that any character has."""
    return int(np.bitwise_or.reduce(sorts)) if len(sorts) else 0


def substituted(
    pattern: "re.Pattern[str]", replacement: Callable[["re.Match[str]"], str], text: str, places: Places
) -> str:
    """`pattern.sub(replacement, text)` for a pattern that matches nowhere but at these places, in order."""
    pieces: list[str] = []
    done = 0
    for place in places.tolist():
        if place >= done and (match := pattern.match(text, place)):
            pieces += text[done:place], replacement(match)
            done = match.end()
    return "".join([*pieces, text[done:]]) if pieces else text
