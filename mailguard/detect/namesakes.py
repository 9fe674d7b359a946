"""The same name again: what a line has called a person's full name says that its family name alone is that person.

In: tokens of a sentence and how likely each is part of a name, or the text of a name. Out: the same, with what other places tell.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import regex
from numpy.typing import NDArray

from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.tokenizer import Token

Floats = NDArray[np.float32]

_JOINT = regex.compile("[・=＝]")
_SHORTEST = 2  # characters of a family name that is looked for again
_EDGE = 1e-6  # keeps logits finite


class Called:
    """names: of the persons whom a line has named, not asked for yet. Another line, as another cell of a table, is judged anew.

    family_of: as below.
    """

    def __init__(self, family_of: Callable[[str], str | None]) -> None:
        self._family_of = family_of
        self.names: list[str] = []
        self._families: set[str | None] = set()
        self._end = 0

    def enter(self, text: str, start: int) -> None:
        """A sentence that begins here is judged next."""
        if start >= self._end:
            self.names, self._families = [], set()
            self._end = text.find("\n", start) + 1 or len(text)

    def has(self, family: str) -> bool:
        """Whether one of them has this family name."""
        self._families.update(map(self._family_of, self.names))
        self.names = []
        return family in self._families


def evened(tokens: Sequence[Token], likely: Floats, places: Sequence[int]) -> Floats:
    """Words written alike in one sentence are one thing: each is as likely as all of them together (the mean of their logits).

    places: of the words that are compared.
    """
    surfaces = [tokens[place].surface for place in places]
    if len(set(surfaces)) == len(surfaces):
        return likely
    even = likely.copy()
    for surface, count in Counter(surfaces).items():
        if count > 1 and len(surface) >= _SHORTEST:
            alike = [place for place, other in zip(places, surfaces, strict=True) if other == surface]
            some = np.clip(likely[alike].astype(np.float64), _EDGE, 1 - _EDGE)
            even[alike] = 1 / (1 + np.exp(-np.log(some / (1 - some)).mean()))
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
