"""Archives that libarchive reads: tar (ustar, pax, GNU, v7), cpio, ar, cab, ISO 9660.

In: an archive. Out: its regular files as parts; folders, links and devices are left out.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem
from mailguard.unpack import libarchive_files, sniff
from mailguard.unpack.budget import Budget

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
    yield from libarchive_files.opened(part, budget, _FORMATS[sniff.sniff(part.data)])
