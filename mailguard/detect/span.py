"""What a detector hands out: a stretch of text that is of a kind. Never the text itself."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

from mailguard.model import Kind


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open, in code points of the text given to `find`. greeted: 様 or 殿 stands right behind a name."""

    kind: Kind
    start: int
    end: int
    rule: str
    confidence: float
    greeted: bool = False


def moved(span: Span, offset: int) -> Span:
    """The same, so many characters further on."""
    return replace(span, start=span.start + offset, end=span.end + offset)


class Taken:
    """The characters of spans: a list of ten thousand names is looked through in steps of two."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans, key=lambda span: span.start)
        self._starts = [span.start for span in ordered]
        self._reach = list(accumulate((span.end for span in ordered), max))

    def free(self, span: Span) -> bool:
        """Whether a span shares no character with any of them."""
        return self.clear(span.start, span.end)

    def clear(self, start: int, end: int) -> bool:
        """Whether a stretch shares no character with any of them."""
        before = bisect_left(self._starts, end)
        return not before or self._reach[before - 1] <= start
