"""Archives that libarchive reads: tar (ustar, pax, GNU, v7), cpio, ar, cab, ISO 9660.

In: an archive. Out: its regular files as parts; folders, links and devices are left out.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import cabinet, ends, libarchive_files, rest, rock_ridge, sniff, tar_words
from mailguard.unpack.budget import Budget

NAME = "tar, cpio, ar, cab, ISO 9660"
LIMITATIONS = "Needs libarchive (Debian: libarchive13), else unknown formats; cabinets that are not what their headers say are not opened."

_ISO = "application/x-iso9660-image"
_FORMATS = {
    sniff.TAR: "tar",
    "application/x-cpio": "cpio",
    "application/x-archive": "ar",
    sniff.CAB: "cab",
    _ISO: "iso9660",
}


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed in _FORMATS


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """Every regular file as a part."""
    kind = sniff.sniff(part.data)
    if fault := _fault(part.data, kind):
        yield Problem(part.path, ProblemKind.DAMAGED, fault)
        return
    yield from libarchive_files.opened(part, budget, _FORMATS[kind])
    if kind == sniff.TAR:
        yield from rest.parts(part, tar_words.pieces(part.data), budget)
    yield from rest.parts(part, [ends.behind(part.data, kind)], budget)


def _fault(data: bytes, kind: str) -> str:
    """What is wrong with one that libarchive crashes or hangs on."""
    if kind == sniff.CAB:
        return cabinet.fault(data)
    return "fields without end" if kind == _ISO and rock_ridge.endless(data) else ""
