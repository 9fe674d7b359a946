"""The model's judgement of a sentence: units that it takes for names, together with what an honorific makes certain.

In: tokens of a sentence and the spans that the rules found. Out: spans. The same sentence always gives the same spans.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from mailguard.detect.name_context import NameContext
from mailguard.detect.name_features import Floats, NameFeatures
from mailguard.detect.name_model import WINDOW, NameModel
from mailguard.detect.name_units import KATAKANA, units
from mailguard.detect.span import Span
from mailguard.detect.tokenizer import PERSONS, Token

_KEPT = 1 << 14  # vectors of units, about 700 bytes each with their key
_BESIDE = WINDOW // 2
_CERTAIN = 0.9  # of a rule: an honorific stands behind the name
_SURE = 0.8
_Unit = tuple[int, int]


def told(tokens: Sequence[Token], unit: _Unit, rules: Sequence[Span]) -> str:
    """What the rules say of a unit: "" or begin or inside, and how sure."""
    start, end = tokens[unit[0]].start, tokens[unit[1] - 1].end
    for span in rules:
        if start < span.end and span.start < end:
            return f"{'B' if span.start >= start else 'I'}{span.confidence}"
    return ""


def _seed(unit: Sequence[Token]) -> bool:
    """Whether a unit is looked at: joined, a name by the tokenizer, or a katakana word that the dictionary does not have."""
    token = unit[0]
    return len(unit) > 1 or token.sort in PERSONS or (not token.known and KATAKANA.fullmatch(token.surface) is not None)


class NameRescoring:
    """Names of a sentence by rules and model together."""

    def __init__(self, model: NameModel, features: NameFeatures, context: NameContext) -> None:
        self._model, self._features, self._context = model, features, context
        self._vectors: dict[tuple[object, ...], tuple[Floats, bool]] = {}
        self._edge = model.vector([0])

    def judge(self, text: str, tokens: Sequence[Token], rules: Sequence[Span]) -> Iterator[Span]:
        """Spans in order, none over another."""
        certain = [span for span in rules if span.confidence >= _CERTAIN]
        done = 0
        for span in sorted([*certain, *self._named(text, tokens, rules, certain)], key=lambda span: span.start):
            if span.start >= done:
                yield span
                done = span.end

    def _named(
        self, text: str, tokens: Sequence[Token], rules: Sequence[Span], certain: Sequence[Span]
    ) -> Iterator[Span]:
        for first, stop, odds in self._runs(tokens, rules):
            span = self._context.span(text, tokens, first, stop)
            if span is None or any(span.start < other.end and other.start < span.end for other in certain):
                continue
            confidence = max(span.confidence, 0.85) if odds >= _SURE else min(span.confidence, 0.6)
            yield Span(span.kind, span.start, span.end, span.rule, confidence, span.greeted)

    def _runs(self, tokens: Sequence[Token], rules: Sequence[Span]) -> Iterator[tuple[int, int, float]]:
        """First token, end and probability of each run of units that are one name."""
        parts = list(units(tokens))
        seeds = [
            place
            for place, unit in enumerate(parts)
            if _seed(tokens[unit[0] : unit[1]]) or (rules and told(tokens, unit, rules))
        ]
        if not seeds:
            return
        vectors, places = self._read(tokens, parts, rules, seeds)
        if not places:
            return
        found = self._model.probabilities(vectors, np.array(places))
        yield from self._joined([parts[place] for place in places], found)

    def _joined(self, parts: Sequence[_Unit], found: Floats) -> Iterator[tuple[int, int, float]]:
        first = stop = -1
        best = 0.0
        for unit, (nothing, begin, inside) in zip(parts, found.tolist(), strict=True):
            if 1 - nothing < self._model.threshold:
                continue
            if unit[0] == stop and inside >= begin:
                stop, best = unit[1], max(best, 1 - nothing)
                continue
            if stop > first:
                yield first, stop, best
            first, stop, best = *unit, 1 - nothing
        if stop > first:
            yield first, stop, best

    def _read(
        self, tokens: Sequence[Token], parts: Sequence[_Unit], rules: Sequence[Span], seeds: Sequence[int]
    ) -> tuple[Floats, list[int]]:
        """Vectors of all units that stand in the window of a seed, and the seeds that can be names."""
        near = {place + beside for place in seeds for beside in range(-_BESIDE, _BESIDE + 1)}
        rows, places = [self._edge] * (len(parts) + 2 * _BESIDE), []
        for place in sorted(near.intersection(range(len(parts)))):
            first, stop = parts[place]
            rule = told(tokens, parts[place], rules) if rules else ""
            rows[place + _BESIDE], candidate = self._vector(tokens[first:stop], rule)
            if candidate and place in seeds:
                places.append(place)
        return np.stack(rows, axis=1), places

    def _vector(self, unit: Sequence[Token], rule: str) -> tuple[Floats, bool]:
        key = (rule, *((token.surface, token.part, token.known) for token in unit))
        kept = self._vectors.get(key)
        if kept is None:
            if len(self._vectors) >= _KEPT:
                self._vectors.clear()
            kept = self._model.vector(self._features.hashes(unit, rule)), self._features.candidate(unit)
            self._vectors[key] = kept
        return kept
