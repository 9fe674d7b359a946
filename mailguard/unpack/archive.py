"""Archives that libarchive reads: tar (ustar, pax, GNU, v7), cpio, ar, cab, ISO 9660.

In: an archive. Out: its regular files as parts; folders, links and devices are left out.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import libarchive_entries, sniff
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.libarchive_entries import BrokenError, Entry, MissingError
from mailguard.unpack.member import collect

NAME = "tar, cpio, ar, cab, ISO 9660"
LIMITATIONS = "Needs libarchive (Debian: libarchive13); without it they are unknown formats."

_FORMATS = {
    sniff.TAR: "tar",
    "application/x-cpio": "cpio",
    "application/x-archive": "ar",
    sniff.CAB: "cab",
    "application/x-iso9660-image": "iso9660",
}


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed in _FORMATS


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """Every regular file as a part."""
    yield from opened(part, budget, _FORMATS[sniff.sniff(part.data)])


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
