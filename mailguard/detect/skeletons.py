"""What all messages of a mailing share: subjects and bodies without what is one person's.

In: a subject or a body. Out: its skeleton; of a subject also the mask that people see.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from mailguard.detect.blocks import lines_of
from mailguard.detect.finder import Finder
from mailguard.detect.folding import fold
from mailguard.detect.groups import Hit
from mailguard.detect.known_passages import KnownPassages
from mailguard.detect.mask import mask
from mailguard.detect.memory import Memory
from mailguard.detect.passages import opening

_SHORT = 1000  # characters of a subject that is remembered
_LINK = re.compile(r"(https?://[^/\s\"'<>]*)[^\s\"'<>]*")


class Skeletons:
    """memory: bytes for bodies met before, about."""

    def __init__(self, finder: Finder, passages: KnownPassages, memory: int) -> None:
        self._finder, self._passages = finder, passages
        self._known: Memory[str, str] = Memory(memory)
        self._subjects = lru_cache(256)(self._subject)

    def subject(self, subject: str) -> tuple[str, str]:
        """(masked for the page, skeleton in which digits and names are equal for a whole mailing)."""
        return self._subjects(subject) if len(subject) <= _SHORT else self._subject(subject)

    def _subject(self, subject: str) -> tuple[str, str]:
        text = fold(subject).text
        masked, skeleton = list(text), ["0" if char.isdecimal() else char for char in text]
        for span in self._finder.spans(text):
            masked[span.start : span.end] = mask(span.kind, text[span.start : span.end])
            skeleton[span.start : span.end] = [""] * (span.end - span.start)
        return "".join(masked), " ".join("".join(skeleton).casefold().split())

    def body(self, text: str) -> str:
        """A body without names, contacts and what links carry."""
        start = opening(text)
        if not start:
            return self._by_passages(text)
        rest = self._known.get(text[start:])
        if rest is None:
            rest = self._known.put(text[start:], self._by_passages(text[start:]), 300 + 8 * len(text))
        return " ".join(filter(None, (self._by_passages(text[:start]), rest)))

    def _by_passages(self, text: str) -> str:
        pieces = []
        for passage in self._passages.of(text):
            if passage.skeleton is None:
                linked = "http" in passage.text
                passage.skeleton = self.whole(passage.text) if linked else _without(passage.text, passage.hits)
            if passage.skeleton:
                pieces.append(passage.skeleton)
        return " ".join(pieces)

    def whole(self, folded: str) -> str:
        """The same without passages, of a folded text."""
        folded = _LINK.sub(r"\1", folded)
        return _without(folded, self._finder.hits(folded, lines_of(folded)))


def _without(folded: str, hits: Sequence[Hit]) -> str:
    """What is left of a text without its hits, its spaces made one."""
    pieces, end = [], 0
    for hit in hits:
        pieces.append(folded[end : hit.span.start])
        end = max(end, hit.span.end)
    return " ".join("".join([*pieces, folded[end:]]).split())
