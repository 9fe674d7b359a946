"""Passages that were met before: of the bodies of a mailing only the greeting is read.

In: original text. Out: its passages, each read once as long as it is remembered.
"""

from mailguard.detect.blocks import grids_of, lines_of
from mailguard.detect.finder import Finder
from mailguard.detect.folding import fold
from mailguard.detect.memory import Memory
from mailguard.detect.organisation import names_organisation
from mailguard.detect.passages import Passage, cut


class KnownPassages:
    """memory: bytes, about."""

    def __init__(self, finder: Finder, memory: int) -> None:
        self._finder = finder
        self._known: Memory[str, Passage] = Memory(memory)
        self._last: tuple[str, list[Passage]] = "", []

    def of(self, text: str) -> list[Passage]:
        """All of a text: a body is asked for its evidence, then for its skeleton."""
        if self._last[0] is not text:
            pieces = cut(text)
            new = {piece: fold(piece).text for piece in pieces if self._known.get(piece) is None}
            self._finder.ahead(new.values())
            self._last = text, [self._known.get(piece) or self._read(piece, new.get(piece)) for piece in pieces]
        return self._last[1]

    def one(self, piece: str) -> Passage:
        """A text that is one passage."""
        return self._known.get(piece) or self._read(piece, None)

    def _read(self, piece: str, folded: str | None) -> Passage:
        """folded: the piece, if it is folded already."""
        folded = fold(piece).text if folded is None else folded
        lines = lines_of(folded)
        hits = self._finder.hits(folded, lines)
        lines = lines if lines[-1].text or len(lines) == 1 else lines[:-1]
        passage = Passage(
            folded,
            lines,
            hits,
            telling=bool(hits) or any(names_organisation(line.text) for line in lines),
            grid=bool(grids_of(lines)),
            greets=any(hit.greeted for hit in hits),
        )
        return self._known.put(piece, passage, 16 * len(piece) + 500 * (len(lines) + len(hits)))
