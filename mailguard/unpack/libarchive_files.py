"""The files of an archive as parts, for every handler that has libarchive read its format.

In: an archive and its format. Out: its regular files; what cannot be read to its end is a Problem.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import libarchive_entries, member
from mailguard.unpack.budget import Budget
from mailguard.unpack.libarchive_entries import BrokenError, MissingError


def opened(part: Part, budget: Budget, form: str) -> Iterator[Part | Problem]:
    """The files of an archive of this format, as libarchive calls it."""
    try:
        for number, entry in enumerate(libarchive_entries.entries(part.data, form)):
            name = entry.name or f"#{number}"
            yield from member.opened(part, name, entry.chunks, len(part.data), budget, (BrokenError,))
    except MissingError:
        yield Problem(part.path, ProblemKind.UNKNOWN_FORMAT, "libarchive is not installed")
    except BrokenError:
        yield Problem(part.path, ProblemKind.DAMAGED, "the archive cannot be read to its end")
