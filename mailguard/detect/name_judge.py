"""Rules and the network together: the network sees what rules found, refuses doubtful names and adds its own.

In: sentences of tokens with the spans that rules found in each. Out: spans. A name with an honorific is the rules' own: the network was
trained on encyclopedic prose, letters and lists are theirs.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np
import regex
from numpy.typing import NDArray

from mailguard.detect.name_context import NameContext
from mailguard.detect.name_model.network import NameNetwork
from mailguard.detect.span import Span
from mailguard.detect.tokenizer import Sort, Token

Sentence = tuple[list[Token], list[Span]]
Floats = NDArray[np.float32]

_MOST = 50_000  # tokens of one text, some 250 KB, that the network is asked about; behind them rules alone
_TOGETHER = 2_000  # tokens that the network is asked about at once
_SURE, _PAIR = 0.88, 0.8  # confidence of names with an honorific, and of two known halves
_REFUSED, _REFUSED_PAIR = 0.4, 0.2  # below it a doubtful name of the rules goes, and one of two known halves
_SEEN = 0.7  # from which the network's own name counts
_LETTER = regex.compile(r"[\p{Han}\p{Hiragana}ァ-ヴー]")  # Latin names are the rules' own: encoded lines look like them


def mark(token: Token, spans: Sequence[Span]) -> int:
    """What rules said of a token, for the network: 0 nothing, 1 to 3 a name by confidence, 4 to 6 by another rule than that of running text."""
    for span in spans:
        if token.start < span.end and span.start < token.end:
            sure = 3 if span.confidence >= _SURE else 2 if span.confidence >= _PAIR else 1
            return sure if span.rule == "name.text" else sure + 3
    return 0


class NameJudge:
    """context: refuses masked names; network: packaged."""

    def __init__(self, context: NameContext, network: NameNetwork) -> None:
        self._context, self._network = context, network

    def spans(self, text: str, sentences: Iterable[Sentence]) -> Iterator[Span]:
        """Of all sentences, in order."""
        waiting: list[Sentence] = []
        size = read = 0
        for sentence in sentences:
            read += len(sentence[0])
            if read > _MOST:
                yield from self._asked(text, waiting)
                waiting = []
                yield from sentence[1]
                continue
            waiting.append(sentence)
            size += len(sentence[0])
            if size >= _TOGETHER:
                yield from self._asked(text, waiting)
                waiting, size = [], 0
        yield from self._asked(text, waiting)

    def _asked(self, text: str, sentences: list[Sentence]) -> Iterator[Span]:
        """Sentences where nothing may be a name never meet the network: most of a letter."""
        if not sentences:
            return
        words = [[token.word for token in tokens] for tokens, _ in sentences]
        rows = self._network.rows([word for sentence in words for word in sentence])
        ends = list(accumulate(map(len, words)))
        may = np.concatenate(([0], np.cumsum(self._network.may(rows))))[[0, *ends]].tolist()
        asked = [
            place
            for place, (_, found) in enumerate(sentences)
            if may[place] < may[place + 1] or any(span.confidence < _SURE for span in found)
        ]
        begins = [0, *ends]
        probabilities = self._network.probabilities(
            [words[place] for place in asked],
            [_marks(*sentences[place]) for place in asked],
            [rows[begins[place] : ends[place]] for place in asked],
        )
        likely = dict(zip(asked, probabilities, strict=True))
        for place, (tokens, found) in enumerate(sentences):
            if place in likely:
                yield from self._judged(text, tokens, likely[place], found)
            else:
                yield from found

    def _judged(self, text: str, tokens: Sequence[Token], likely: Floats, found: Sequence[Span]) -> Iterator[Span]:
        kept = [span for span in found if _stays(tokens, likely, span)]
        for span in self._seen(text, tokens, likely):
            if not any(span.start < other.end and other.start < span.end for other in kept):
                kept.append(span)
        yield from sorted(kept, key=lambda span: span.start)

    def _seen(self, text: str, tokens: Sequence[Token], likely: Floats) -> Iterator[Span]:
        places = np.flatnonzero(likely > _SEEN).tolist()
        while places:
            index = stop = places[0]
            while places and places[0] == stop:
                stop += 1
                del places[0]
            index, stop = _trimmed(tokens, index, stop)
            if index < stop and not _listed(tokens, index, stop) and not self._scrap(tokens, index, stop):
                span = self._context.unless_thing(text, tokens, index, stop)
                if span is not None:
                    yield span

    def _scrap(self, tokens: Sequence[Token], index: int, stop: int) -> bool:
        """One character that is no family name: a piece of a longer word. Of 35 such finds 20 were no names."""
        surface = tokens[index].surface
        return stop - index == 1 and len(surface) == 1 and not self._context.is_family(surface)


def _marks(tokens: Sequence[Token], found: Sequence[Span]) -> list[int]:
    return [mark(token, found) for token in tokens] if found else [0] * len(tokens)


def _listed(tokens: Sequence[Token], index: int, stop: int) -> bool:
    """Beside a blank: a heading, a list, a product and its model. The network has read sentences only."""
    around = (tokens[place].sort for place in (index - 1, stop) if 0 <= place < len(tokens))
    return Sort.SPACE in around


def _trimmed(tokens: Sequence[Token], index: int, stop: int) -> tuple[int, int]:
    """Without joints, marks and blanks at the ends."""
    while index < stop and not _LETTER.search(tokens[stop - 1].surface):
        stop -= 1
    while index < stop and not _LETTER.search(tokens[index].surface):
        index += 1
    return index, stop


def _stays(tokens: Sequence[Token], likely: Floats, span: Span) -> bool:
    """Whether the network lets a name of the rules stand: an honorific is evidence enough."""
    if span.confidence >= _SURE:
        return True
    inside = [place for place, token in enumerate(tokens) if token.start < span.end and span.start < token.end]
    return float(likely[inside].max(initial=0)) > (_REFUSED_PAIR if span.confidence >= _PAIR else _REFUSED)
