"""Passages: a text cut at blank lines where what stands before and behind cannot tell anything about each other.

In: the original text; lines and hits of each passage by itself. Out: those lines of the whole text, with those hits, that
make a difference to its evidence. The mails of a mailing differ by a greeting: all their other passages are known.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.detect.blocks import Line
from mailguard.detect.greeting import FIRST_LINES
from mailguard.detect.groups import Hit

# Behind the cut stands what folds to no space, joins nothing to its left and is seen: else blank lines, paragraphs and
# folding could reach over it. No tab before it: a line of tabs may belong to a pasted table.
_CUT = re.compile(
    "\n[ \r\u3000]*\n(?=[!-~\u2010-\u2015\u2460-\u27bf\u3001-\u3035\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fff\uff01-\uff5e"
    "\U0001f300-\U0001faff])"
)
_OPENING = 200  # characters of a greeting, at most


@dataclass(slots=True)
class Passage:
    """One passage, its lines numbered from 1. telling: it has hits, or a line that names an organisation; grid: it looks like a table.

    greets: a name with 様 ends a line. names: fields of a form that hold a name, None until somebody asks.
    """

    text: str
    lines: Sequence[Line]
    hits: Sequence[Hit]
    telling: bool
    grid: bool
    greets: bool = False
    names: int | None = None
    skeleton: str | None = None
    _moved: tuple[int, int, list[Line], list[Hit]] | None = None

    def at(self, number: int, paragraph: int) -> tuple[Sequence[Line], Sequence[Hit]]:
        """Lines and hits behind so many lines and paragraphs; their offsets stay those of the passage."""
        if not number:
            return self.lines, self.hits
        if self._moved is None or self._moved[:2] != (number, paragraph):
            lines = [_moved(line, number, paragraph) for line in self.lines]
            hits = [Hit(hit.span, hit.value, lines[hit.line.number - 1], hit.greeted) for hit in self.hits]
            self._moved = number, paragraph, lines, hits
        return self._moved[2], self._moved[3]


def _moved(line: Line, number: int, paragraph: int) -> Line:
    return Line(line.number + number, line.start, line.end, line.paragraph + paragraph, line.text)


def cut(text: str) -> list[str]:
    """The passages of an original text; joined they are the text."""
    pieces, start = [], 0
    for match in _CUT.finditer(text):
        pieces.append(text[start : match.end()])
        start = match.end()
    pieces.append(text[start:])
    return pieces


def opening(text: str) -> int:
    """Where the second passage begins; 0 where the first is long, or the only one."""
    match = _CUT.search(text, 0, _OPENING)
    return match.end() if match else 0


def joined(passages: Sequence[Passage]) -> tuple[list[Line], list[Hit]]:
    """Lines and hits of the whole text, without passages that say nothing and that no greeting needs."""
    lines: list[Line] = []
    hits: list[Hit] = []
    greeting = max((index for index, passage in enumerate(passages) if passage.greets), default=0)
    number = paragraph = filled = 0
    for index, passage in enumerate(passages):
        # Whether a line greets depends on how many filled lines stand above it.
        if passage.telling or (index < greeting and filled < FIRST_LINES):
            own, found = passage.at(number, paragraph)
            # The blank line above opens the paragraph that the passage goes on with.
            if number and (not lines or lines[-1].number != number):
                lines.append(Line(number, 0, 0, paragraph, ""))
            lines += own
            hits += found
            filled += sum(1 for line in own if line.text.strip())
        last = passage.lines[-1]
        number, paragraph = number + last.number, paragraph + last.paragraph
    return lines, hits
