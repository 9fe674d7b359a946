"""What a detector hands out: a stretch of text that is of a kind. Never the text itself."""

from dataclasses import dataclass, replace

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
