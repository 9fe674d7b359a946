"""Programs that carry an archive: self-extracting ZIP, 7z, RAR, LZH and cab files.

In: a program of Windows or DOS. Out: the archive in it as a part; every other program is an unknown format, because
nobody looks for data in its code.
"""

import re
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import sniff
from mailguard.unpack.budget import Budget

NAME = "Self-extracting archives"
LIMITATIONS = "Only when the archive is at least half of the file, or follows a stub of at most 1 MB."

_ARCHIVE = re.compile(
    rb"PK\x03\x04(?=[\x0a-\x3f]\0)|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|MSCF\0\0\0\0|..(?=-(?:lh[0-7d]|lz[s45]|pm[0-2])-)",
    re.DOTALL,
)
_STUB_BYTES = 1_000_000


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed == sniff.PROGRAM


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """The archive, under the name of the program without its ending."""
    for found in _ARCHIVE.finditer(part.data):
        archive = part.data[found.start() :]
        if sniff.sniff(archive) in sniff.ARCHIVES and found.start() <= max(_STUB_BYTES, len(archive)):
            budget.file(part.depth + 1)
            yield Part((*part.path, part.path[-1].removesuffix(".exe")), archive, depth=part.depth + 1)
            return
    yield Problem(part.path, ProblemKind.UNKNOWN_FORMAT, "a program")
