"""What stands where in folded text: spans of all kinds, and hits that know their line and whom it greets.

In: folded text. Out: spans, the surer and longer one first where two would share characters; hits in order. A paragraph
met before is known: the bodies of one mailing differ by a greeting.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from mailguard.detect.blocks import Line
from mailguard.detect.greeting import greets, literal_name
from mailguard.detect.groups import Hit
from mailguard.detect.kinds import Detectors
from mailguard.detect.mailing import RULE as GREETING
from mailguard.detect.mailing import lone
from mailguard.detect.memory import Memory
from mailguard.detect.span import Span, moved
from mailguard.model import Kind

_BLANK_LINES = re.compile(r"\n[ \t\r\u3000]*\n\s*")
_FIGURE = re.compile("[0-9]")
_TOGETHER = {frozenset({Kind.POSTAL_CODE, Kind.ADDRESS})}  # kinds that may share characters


class Finder:
    """All kinds together. memory: bytes for paragraphs met before, about."""

    def __init__(self, detectors: Detectors, memory: int) -> None:
        self._paragraphs: Memory[str, list[Span]] = Memory(memory)
        self._all, self._figureless, self._name = detectors.all, detectors.figureless, detectors.name
        self._nameless = tuple(detector for detector in detectors.figureless if detector.kind is not Kind.NAME)

    def spans(self, text: str) -> list[Span]:
        """Spans of all kinds in order."""
        spans: list[Span] = []
        for start, end in _paragraphs(text):
            paragraph = text[start:end]
            found = self._paragraphs.get(paragraph)
            if found is None:
                found = self._paragraph(paragraph)
                self._paragraphs.put(paragraph, found, 300 + 4 * len(paragraph) + 200 * len(found))
            spans += [moved(span, start) for span in found] if start else found
        return spans

    def ahead(self, texts: Iterable[str]) -> None:
        """Look for names in texts that will be asked for, all at once."""
        paragraphs = (text[start:end] for text in texts for start, end in _paragraphs(text))
        self._name.ahead([paragraph for paragraph in paragraphs if self._paragraphs.get(paragraph) is None])

    def hits(self, text: str, lines: Sequence[Line]) -> list[Hit]:
        """The same with their lines; of a line that is a greeting only whom it greets."""
        span = lone(lines)
        # Of 「X 様」 alone no other names count: only whether it is something else too must be looked up.
        if span and not any(True for detector in self._nameless for _ in detector.find(text)):
            return [Hit(span, text[span.start : span.end], lines[0], greeted=True)]
        return self.all_hits(text, lines)

    def all_hits(self, text: str, lines: Sequence[Line]) -> list[Hit]:
        """The same without the short way for a greeting."""
        starts = [line.start for line in lines]
        hits = []
        for span in self.spans(text):
            line = lines[bisect_right(starts, span.start) - 1]
            greeted = span.kind is Kind.NAME and greets(line, span.end)
            hits.append(Hit(span, text[span.start : span.end], line, greeted))
        literal = {line.number: stretch for line in lines if (stretch := literal_name(line))}
        # 「南 麗子 様」 alone in a line names her, whatever part of it the dictionaries know.
        hits = [hit for hit in hits if hit.span.kind is not Kind.NAME or hit.line.number not in literal]
        for line in lines:
            if line.number in literal:
                span = Span(Kind.NAME, *literal[line.number], GREETING, 0.85)
                hits.append(Hit(span, text[span.start : span.end], line, greeted=True))
        return sorted(hits, key=lambda hit: hit.span.start)

    def _paragraph(self, text: str) -> list[Span]:
        detectors = self._all if _FIGURE.search(text) else self._figureless
        spans = [span for detector in detectors for span in detector.find(text)]
        if len(spans) < 2:
            return spans
        spans.sort(key=lambda span: (-span.confidence, span.start - span.end, span.start))
        kept: list[Span] = []
        owner: dict[int, Kind] = {}
        for span in spans:
            others = {owner[position] for position in range(span.start, span.end) if position in owner}
            if all(frozenset({other, span.kind}) in _TOGETHER for other in others):
                kept.append(span)
                owner.update(dict.fromkeys(range(span.start, span.end), span.kind))
        return sorted(kept, key=lambda span: span.start)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Where paragraphs begin and end, without the blank lines between them."""
    start = 0
    for match in _BLANK_LINES.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)
