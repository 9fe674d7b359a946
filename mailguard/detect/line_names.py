"""Names line by line: what stands in one line says nothing about another, so a line is read once as long as it is remembered.

In: folded texts. Out: spans as rules and network find them in the whole text. New lines of a text, or of several, are asked about together:
a question costs the network as much for one short line as for fifty.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from mailguard.detect.memory import Memory
from mailguard.detect.name_context import NameContext
from mailguard.detect.name_judge import NameJudge
from mailguard.detect.span import Span, Taken, moved
from mailguard.detect.tokenizer import Token, Tokenizer

_LINE = re.compile(r"[^\n]+\n?")
_SHORT = 1_000  # characters of a line that is remembered
_LONG = 50_000  # characters of a text that is read as a whole: the judge stops after as many words
_APART = "\n\n"  # between lines that stand in different places: no rule looks over it
MEMORY = 4 << 20  # bytes, about


class LineNames:
    """rules: what they find in a sentence of a text; judge: rules and network together."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        rules: Callable[[str, list[Token]], Iterator[Span]],
        context: NameContext,
        judge: NameJudge,
    ) -> None:
        self._tokenizer, self._rules, self._context, self._judge = tokenizer, rules, context, judge
        self._known: Memory[str, list[Span]] = Memory(MEMORY)

    def ahead(self, texts: Iterable[str]) -> None:
        """Read the lines of texts that will be asked for."""
        self._read([line[0] for text in texts if len(text) <= _LONG for line in _LINE.finditer(text)])

    def find(self, text: str, taken: Taken) -> Iterator[Span]:
        """Spans in order. taken: what other rules found; what is found by the network must not share characters with it."""
        if len(text) > _LONG:
            yield from self._judged(text, taken, [(0, len(text))])
            return
        places = [line.span() for line in _LINE.finditer(text)]
        alike = {start for start, end in places if self._alike(text, start, end, taken)}
        found = self._read([text[start:end] for start, end in places if start in alike])
        for start, end in places:
            if start in alike and end - start <= _SHORT:
                yield from (moved(span, start) for span in found[text[start:end]])
            else:
                yield from self._judged(text, taken, [(start, end)])

    def _alike(self, text: str, start: int, end: int, taken: Taken) -> bool:
        """Whether a line is read here as anywhere else."""
        return taken.clear(start, end) and not self._context.hidden_before(text, start)

    def _read(self, lines: list[str]) -> dict[str, list[Span]]:
        found: dict[str, list[Span]] = {}
        new = []
        for line in dict.fromkeys(lines):
            if len(line) <= _SHORT:
                known = self._known.get(line)
                if known is None:
                    new.append(line)
                else:
                    found[line] = known
        for lot in _lots(new):
            found.update(self._met(lot))
        return found

    def _met(self, lines: list[str]) -> dict[str, list[Span]]:
        places, start = [], 0
        for line in lines:
            places.append((start, start + len(line)))
            start += len(line) + len(_APART)
        spans = self._judged("".join(line + _APART for line in lines), Taken(()), places)
        found: dict[str, list[Span]] = {line: [] for line in lines}
        span = next(spans, None)
        for line, (start, end) in zip(lines, places, strict=True):
            while span is not None and span.start < end:
                found[line].append(moved(span, -start))
                span = next(spans, None)
            self._known.put(line, found[line], 300 + 4 * len(line) + 200 * len(found[line]))
        return found

    def _judged(self, text: str, taken: Taken, places: Iterable[tuple[int, int]]) -> Iterator[Span]:
        free = taken.free
        tokens = chain.from_iterable(self._tokenizer.sentences(text, start, end) for start, end in places)
        sentences = ((sentence, list(filter(free, self._rules(text, sentence)))) for sentence in tokens)
        return filter(free, self._judge.spans(text, sentences))


def _lots(lines: list[str]) -> Iterator[list[str]]:
    """Lines that are asked about together: the judge stops after so many words, and what it did not read must not be remembered."""
    lot: list[str] = []
    size = 0
    for line in lines:
        if size + len(line) > _LONG:
            yield lot
            lot, size = [], 0
        lot.append(line)
        size += len(line) + len(_APART)
    if lot:
        yield lot
