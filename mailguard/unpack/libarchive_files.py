"""The files of an archive as parts, for every handler that has libarchive read its format.

In: an archive and its format. Out: its regular files; what cannot be read to its end is a Problem.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import libarchive_entries
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.libarchive_entries import BrokenError, Entry, MissingError
from mailguard.unpack.member import collect


def opened(part: Part, budget: Budget, form: str) -> Iterator[Part | Problem]:
    """The files of an archive of this format, as libarchive calls it."""
    try:
        for number, entry in enumerate(libarchive_entries.entries(part.data, form)):
            yield from _file(part, entry, number, budget)
    except MissingError:
        yield Problem(part.path, ProblemKind.UNKNOWN_FORMAT, "libarchive is not installed")
    except BrokenError:
        yield Problem(part.path, ProblemKind.DAMAGED, "the archive cannot be read to its end")


def _file(part: Part, entry: Entry, number: int, budget: Budget) -> Iterator[Part | Problem]:
    path = (*part.path, entry.name or f"#{number}")
    try:
        budget.file(part.depth + 1)
        data, fault = collect(entry.chunks, len(part.data), budget, (BrokenError,))
    except LimitError as limit:
        if limit.everything:
            raise
        yield Problem(path, limit.kind, limit.detail)
        return
    if fault:
        yield Problem(path, ProblemKind.DAMAGED, "the file cannot be read to its end")
    yield Part(path, data, depth=part.depth + 1)
