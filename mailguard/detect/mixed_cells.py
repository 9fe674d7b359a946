"""Columns whose cells say several things at once: labels to stick on envelopes, the cells of a telephone chain (佐藤 03-1234-5678).

In: a column of a table of which no column means anything by itself, and what is scattered in it. Out: whether to read it as text, and the text.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from mailguard.detect.categorical import Categorical
from mailguard.detect.evidence import Values
from mailguard.detect.span import Span
from mailguard.model import Kind

_TELLING = frozenset({Kind.PHONE, Kind.EMAIL, Kind.ADDRESS, Kind.POSTAL_CODE, Kind.NAME})
_LEAST, _SHARE = 2, 0.3  # values, and their share of the cells that are not empty
_CONTACT = re.compile(r"@|[0-9](?:[-.() ]?[0-9]){5}")
_LETTER = re.compile("[A-Za-z\x80-\U0010ffff]")
_COUNT = re.compile(r"[0-9][名人件円個才歳回]$|^-?[0-9]+\.[0-9]+$")
# Cells; those that must name somebody; their share; how sure a full name is.
_ASKED, _SOME, _MOST, _SURE = 40, 3, 0.6, 0.8
_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龥]")
_LONGEST = 100  # characters of a cell, on average: longer ones are prose


def has_contact(value: str) -> bool:
    """Whether something like a phone number or an e-mail address stands in a cell: 佐藤 0258-32-4017."""
    return _CONTACT.search(value) is not None


def is_data(value: str) -> bool:
    """Whether a cell is no title, whatever words stand in it: 0258-32-4017 母, 先着20名, 35.6812."""
    return has_contact(value) or _COUNT.search(value) is not None


def no_names(cells: Sequence[str]) -> bool:
    """Dates or figures under 氏名; a name and a phone in each cell of 氏名・電話."""
    return not any(map(_LETTER.search, cells)) or 2 * sum(map(has_contact, cells)) >= len(cells)


def tells_persons(scattered: Sequence[Values], cells: Categorical) -> bool:
    """Whether contacts stand in so many short cells that the column is a list of somebody."""
    found = sum(len(values.clear) for values in scattered if values.kind in _TELLING)
    if found < _LEAST:
        return False
    filled = [cell for cell in cells if cell]
    return found >= _SHARE * len(filled) and sum(map(len, filled)) <= _LONGEST * len(filled)


def names_persons(find: Callable[[str], Iterable[Span]], cells: Categorical) -> bool:
    """Whether a full name stands among other words in most cells: 営業部 佐藤 花子. find: names in text. Asked of a few cells only."""
    asked = [value for value in cells.voters[:_ASKED] if len(value) <= _LONGEST and _JAPANESE.search(value)]
    if len(asked) < _SOME or len(asked) < _MOST * min(len(cells.voters), _ASKED):
        return False
    starts = list(accumulate((len(value) + 1 for value in asked), initial=0))
    spans = [span for span in find("\n".join(asked)) if span.kind is Kind.NAME and span.confidence >= _SURE]
    named = {bisect_right(starts, span.start) for span in spans}
    return len(named) >= max(_SOME, _MOST * len(asked))


def as_text(cells: Categorical) -> str:
    """A line a cell; blank rows part paragraphs."""
    return "\n".join(cells)
