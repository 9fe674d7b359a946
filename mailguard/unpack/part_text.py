"""The text of a part that is text, for every handler whose format is lines of it.

In: a part. Out: its text within the limit, and the Problem of one in no known charset, which is read all the same.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import charset
from mailguard.unpack.budget import Budget


def decoded(part: Part, budget: Budget) -> str:
    """Raises LimitError."""
    text = charset.decode(part.data, part.charset)
    budget.text(len(text))
    return text


def faults(part: Part, text: str) -> Iterator[Problem]:
    """Nothing where it reads like writing."""
    if charset.unreadable(text) > charset.UNREADABLE:
        yield Problem(part.path, ProblemKind.UNKNOWN_FORMAT, "text in no known charset")
