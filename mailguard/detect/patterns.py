"""Rule-file patterns at work: spans of one kind by regular expressions, checks and words near by.

In: folded text. Out: spans of at least confidence 0.5, left to right per pattern. The time is linear: every repeat in the rules is bounded.
"""

import re
from collections.abc import Callable, Iterator

import regex

from mailguard.detect.checks import CHECKS
from mailguard.detect.long_text import LONG, holds_any, lines, lowered
from mailguard.detect.ruleset import KindRules, Pattern
from mailguard.detect.span import Span
from mailguard.model import Kind

SURE_ENOUGH = 0.5
BEFORE, AFTER = 24, 8  # where a word of context may stand


class Patterns:
    """All patterns of one kind. needs: what a text must hold for any of them to match; spares the slower search."""

    def __init__(self, rules: KindRules, needs: str = "[0-9]") -> None:
        self.kind: Kind = rules.kind
        self._patterns = rules.patterns
        self._needs = re.compile(needs)
        self._anchored = all(pattern.anchor for pattern in rules.patterns)

    def find(self, text: str) -> Iterator[Span]:
        """Spans, without those that lie inside a better one of the same kind."""
        if not (self._anchored and len(text) > LONG) and self._needs.search(text) is None:
            return
        spans = sorted((span for pattern in self._patterns for span in self._of(pattern, text)), key=_best_first)
        end = -1
        for span in spans:
            if span.start >= end:
                yield span
                end = span.end

    def _of(self, pattern: Pattern, text: str) -> Iterator[Span]:
        for match in _matches(pattern, text):
            confidence = believe(pattern, text, *match.span())
            if confidence >= SURE_ENOUGH:
                start, end = match.span("value") if "value" in pattern.regex.groupindex else match.span()
                yield Span(self.kind, start, end, pattern.id, confidence)


def _matches(pattern: Pattern, text: str) -> "Iterator[regex.Match[str]]":
    """All matches. A long text is searched only in the lines in which there may be one."""
    searched = lowered(text) if len(text) > LONG else None
    if searched is None or pattern.anchor is None:
        yield from pattern.regex.finditer(text)
    elif _worded(pattern, searched):
        for start, end in lines(pattern.anchor, searched):
            yield from pattern.regex.finditer(text, start, end)


def _worded(pattern: Pattern, lower: str) -> bool:
    return all(not words or holds_any(lower, words) for words in (pattern.literals, pattern.words))


def possible(pattern: Pattern, text: str) -> bool:
    """Whether the words and the anchor of a pattern allow a match in a text."""
    lower = lowered(text)
    return lower is None or pattern.anchor is None or (_worded(pattern, lower) and bool(pattern.anchor.search(lower)))


def _best_first(span: Span) -> tuple[int, int, float]:
    return span.start, -span.end, -span.confidence


def believe(pattern: Pattern, text: str, start: int, end: int) -> float:
    """How sure a match is, by its check and by what stands near it; 0 is no hit."""
    near = pattern.context is not None and _near(pattern, text, start, end)
    if pattern.require_context and not near:
        return 0.0
    check: Callable[[str], bool] | None = CHECKS.get(pattern.check)
    if check is not None and not check(text[start:end]):
        if pattern.unchecked == 0.0:
            return 0.0
        return max(pattern.unchecked, 0.6) if near else pattern.unchecked
    return max(pattern.confidence, pattern.in_context) if near else pattern.confidence


def _near(pattern: Pattern, text: str, start: int, end: int) -> bool:
    assert pattern.context is not None
    return pattern.context.search(text, max(0, start - BEFORE), min(len(text), end + AFTER)) is not None
