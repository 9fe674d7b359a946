"""The same name again: what a line has called a person's full name says that its family name alone is that person.

In: tokens of a sentence and how likely each is part of a name, or the text of a name. Out: the same, with what other places tell.
"""

from collections.abc import Sequence

import numpy as np
import regex
from numpy.typing import NDArray

from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.tokenizer import Token

Floats = NDArray[np.float32]

_JOINT = regex.compile("[・=＝]")
_SHORTEST = 2  # characters of a family name that is looked for again
_UNLIKELY = 0.02  # below it a word is not compared with its like
_EDGE = 1e-6  # keeps logits finite


class Called:
    """families: of the persons whom a line has named so far. Another line, as another cell of a table, is judged anew."""

    def __init__(self) -> None:
        self.families: set[str] = set()
        self._end = 0

    def enter(self, text: str, start: int) -> None:
        """A sentence that begins here is judged next."""
        if start >= self._end:
            self.families.clear()
            self._end = text.find("\n", start) + 1 or len(text)


def evened(tokens: Sequence[Token], likely: Floats) -> Floats:
    """Words written alike in one sentence are one thing: each is as likely as all of them together (the mean of their logits)."""
    places: dict[str, list[int]] = {}
    for place in np.flatnonzero(likely > _UNLIKELY).tolist():
        surface = tokens[place].surface
        if len(surface) >= _SHORTEST:
            places.setdefault(surface, []).append(place)
    alike = [found for found in places.values() if len(found) > 1]
    if not alike:
        return likely
    even = likely.copy()
    for found in alike:
        some = np.clip(likely[found].astype(np.float64), _EDGE, 1 - _EDGE)
        even[found] = 1 / (1 + np.exp(-np.log(some / (1 - some)).mean()))
    return even


def family_of(name: str, persons: PersonDictionary) -> str | None:
    """スミス of ジョン・スミス, 田中 of 田中一郎; None where a name has no part that may stand alone."""
    parts = _JOINT.split(name)
    if len(parts) > 1:
        found = parts[-1]
    elif " " in name:
        found = "" if name.isascii() else name.partition(" ")[0]
    else:
        cut = persons.split(name)
        found = name[:cut] if cut < len(name) else ""
    return found if len(found) >= _SHORTEST else None
