"""Writing of which every letter stands apart: with a blank behind it, on a line of its own (as RFC 3676 lets mails do), in its own cell.

In: a text, or a table. Out: the same letters together, if that makes telephone numbers of them; a heading with wide letters makes none.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest

from mailguard.unpack import writing

_RUN = re.compile(r"\S([ \u3000]?\r?\n|[ \u3000])(?:.\1){10,}.?", re.DOTALL)
# Each begins with a sign that is quick to look for.
_SIGNS = (
    re.compile(r" \S \S \S \S "),
    re.compile("\u3000\\S\u3000\\S\u3000\\S"),
    re.compile(r"\n.[ \u3000]?\r?\n.[ \u3000]?\r?\n."),
)
_MOST = 1_000
_NUMBERS = 3  # in a table: figures in a row of columns make one by chance
_SAMPLE = 100  # rows that tell whether a table is one of letters
_OTHERS = 10  # one cell of so many may be longer


def texts(text: str) -> Iterator[str]:
    """All such letters, stretch by stretch on lines of their own."""
    if not any(sign.search(text) for sign in _SIGNS):
        return
    found = (match[0][:: 1 + len(match[1])] for match in islice(_RUN.finditer(text), _MOST))
    joined = "\n".join(found)
    if writing.number(joined):
        yield joined


def cells(rows: Sequence[Sequence[str]]) -> str:
    """A table of single letters read across or down, whatever has more numbers in it; "" for any other table."""
    if not _single(islice(rows, _SAMPLE)):
        return ""
    across = "\n".join(" ".join("".join(cell or " " for cell in row).split()) for row in rows)
    down = "\n".join("".join(cell or " " for cell in column) for column in zip_longest(*rows, fillvalue=""))
    return max((across, down), key=_numbers) if max(_numbers(across), _numbers(down)) >= _NUMBERS else ""


def _single(rows: Iterator[Sequence[str]]) -> bool:
    lengths = [len(cell.strip()) for row in rows for cell in row if cell.strip()]
    return bool(lengths) and sum(length > 1 for length in lengths) * _OTHERS <= len(lengths)


def _numbers(text: str) -> int:
    return len(set(writing.numbers(text)))
