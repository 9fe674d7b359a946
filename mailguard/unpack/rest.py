"""Bytes of a file that belong to nothing its reader reads: before it, behind its end, in gaps, comments and fields for other programs.

In: such bytes. Out: a part, opened like any other, where they may hold something; noise too short for a list is left out. Programs that
look for a beginning elsewhere, or people with an editor, read them.
"""

from collections.abc import Iterable, Iterator

from mailguard.model import Part
from mailguard.unpack import sniff
from mailguard.unpack.budget import Budget

NAME = "(rest)"
_LEAST = 24  # bytes: a name and a number
_NOISE = 600  # bytes of nothing readable: a signature, a checksum, padding
_FILL = b"\0 \t\r\n\x1a"


def parts(part: Part, pieces: Iterable[bytes], budget: Budget) -> Iterator[Part]:
    """What is left of a file, one part for each piece that may hold something."""
    for piece in pieces:
        left = bytes(piece).strip(_FILL)
        # Two bytes or four a character: their NULs belong to them.
        wide = b"\0" in left and sniff.sniff(bytes(piece)) == sniff.TEXT
        data = bytes(piece) if wide else left
        if len(data) >= _LEAST and tells(data):
            budget.file(part.depth + 1)
            budget.spend(len(data))
            yield Part((*part.path, NAME), data, depth=part.depth + 1)


def tells(data: bytes) -> bool:
    """Whether bytes are of a known format, read as writing, or are too many for noise."""
    return len(data) > _NOISE or (len(set(data)) > 4 and sniff.sniff(data) != sniff.BINARY)
