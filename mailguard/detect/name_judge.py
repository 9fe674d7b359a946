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
from mailguard.detect.name_model.units import units
from mailguard.detect.namesakes import Called, evened
from mailguard.detect.span import Span
from mailguard.detect.tokenizer import Script, Sort, Token

Sentence = tuple[list[Token], list[Span]]
Floats = NDArray[np.float32]

_MOST = 50_000  # tokens of one text, some 250 KB, that the network is asked about; behind them rules alone
_TOGETHER = 2_000  # tokens that the network is asked about at once
_SURE, _PAIR = 0.88, 0.8  # confidence of names with an honorific, and of two known halves
_REFUSED, _REFUSED_PAIR = 0.5, 0.4  # below it a doubtful name of the rules goes, and one of two known halves
_SEEN = 0.6  # from which the network's own name counts
_UNLIKELY = 0.02  # below it a word is not looked at
_AGAIN = 0.05  # from which a name counts that the line has called a person's, too
_LATIN = 0.5  # from which a name in Latin letters counts
_LETTER = regex.compile(r"[\p{Han}\p{Hiragana}ァ-ヴー]")
# Encoded lines look like Latin names: two capitalised words at least, and a Japanese letter next to them.
_CAPITALS = regex.compile(r"\p{Lu}[\p{Latin}.'’-]*+(?: \p{Lu}[\p{Latin}.'’-]*+)+")
_JOINTS = frozenset("・=-")
_LATIN_SCRIPTS = frozenset({Script.LATIN, Script.INITIAL})


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
        called = Called(self._context.family_of)
        size = read = 0
        for sentence in sentences:
            read += len(sentence[0])
            if read > _MOST:
                yield from self._asked(text, waiting, called)
                waiting = []
                yield from sentence[1]
                continue
            waiting.append(sentence)
            size += len(sentence[0])
            if size >= _TOGETHER:
                yield from self._asked(text, waiting, called)
                waiting, size = [], 0
        yield from self._asked(text, waiting, called)

    def _asked(self, text: str, sentences: list[Sentence], called: Called) -> Iterator[Span]:
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
            if place not in likely:
                yield from found
                continue
            called.enter(text, tokens[0].start)
            yield from self._judged(text, tokens, likely[place], found, called)

    def _judged(
        self, text: str, tokens: Sequence[Token], likely: Floats, found: Sequence[Span], called: Called
    ) -> Iterator[Span]:
        places = np.flatnonzero(likely > _UNLIKELY).tolist()
        likely = evened(tokens, likely, places)
        kept = [span for span in found if _stays(tokens, likely, span)]
        if places:
            for search in (self._seen(text, tokens, likely), self._latin(text, tokens, likely, places)):
                kept += [span for span in search if not _meets(span, kept)]
        called.names += [text[span.start : span.end] for span in kept]
        if places:
            again = self._again(text, tokens, [place for place in places if likely[place] > _AGAIN], called)
            kept += [span for span in again if not _meets(span, kept)]
        yield from sorted(kept, key=lambda span: span.start)

    def _again(self, text: str, tokens: Sequence[Token], places: Sequence[int], called: Called) -> Iterator[Span]:
        """Family names alone that stand in this line as part of a person's full name: マロー behind エドワード・R・マロー."""
        for place in places:
            if called.has(tokens[place].surface) and not _joined(tokens, place):
                span = self._context.unless_thing(text, tokens, place, place + 1)
                if span is not None:
                    yield span

    def _latin(self, text: str, tokens: Sequence[Token], likely: Floats, places: Sequence[int]) -> Iterator[Span]:
        """Robert Vishnyの研究: the words of a Latin name are one."""
        if not any(tokens[place].word.script in _LATIN_SCRIPTS for place in places):
            return
        for index, stop in units([token.word for token in tokens]):
            start, end = tokens[index].start, tokens[stop - 1].end
            if (
                tokens[index].word.script in _LATIN_SCRIPTS
                and likely[index:stop].mean() > _LATIN
                and _CAPITALS.fullmatch(text, start, end)
                and (_LETTER.match(text, end) or _LETTER.match(text, max(0, start - 1), start))
            ):
                span = self._context.unless_thing(text, tokens, index, stop)
                if span is not None:
                    yield span

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
        """One character that is no family name, a piece of a longer word (of 35 such finds 20 were no names); ド・ン・マ・イ, A・B・C."""
        if stop - index == 1:
            surface = tokens[index].surface
            return len(surface) == 1 and not self._context.is_family(surface)
        return single_letters(tokens[index:stop])


def single_letters(tokens: Sequence[Token]) -> bool:
    """Letters joined by ・, and no word."""
    return any(token.word.script is Script.JOINT for token in tokens) and all(
        len(token.surface) == 1 for token in tokens
    )


def _meets(span: Span, others: Sequence[Span]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def _joined(tokens: Sequence[Token], place: int) -> bool:
    around = (tokens[beside].surface for beside in (place - 1, place + 1) if 0 <= beside < len(tokens))
    return not _JOINTS.isdisjoint(around)


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
