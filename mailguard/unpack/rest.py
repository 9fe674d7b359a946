"""Bytes of a file that belong to nothing its reader reads: before it, behind its end, in gaps, comments and fields for other programs.

In: such bytes. Out: a part, opened like any other, where they may hold something; noise too short for a list is left out. Programs that
look for a beginning elsewhere, or people with an editor, read them.
"""

from collections.abc import Iterable, Iterator

from mailguard.model import Part
from mailguard.unpack import charset, sniff
from mailguard.unpack.budget import Budget

NAME = "(rest)"
_LEAST = 24  # bytes: a name and a number
_NOISE = 600  # bytes of nothing readable: a signature, a checksum, padding
_FILL = b"\0 \t\r\n\x1a"


def parts(part: Part, pieces: Iterable[bytes], budget: Budget, *, noise: bool = False) -> Iterator[Part]:
    """What is left of a file, one part for each piece that may hold something. noise: bytes of no meaning may be there, however many."""
    for piece in dict.fromkeys(map(bytes, pieces)):
        data = _stripped(piece)
        if len(data) < _LEAST:
            continue
        budget.spend(len(data))  # looked at, kept or not
        if (len(data) > _NOISE and not noise) or tells(data):
            budget.file(part.depth + 1)
            yield Part((*part.path, NAME), data, depth=part.depth + 1)


def _stripped(piece: bytes) -> bytes:
    """Without what fills it up; of UTF-16 the NULs belong to its characters."""
    data = piece.strip(_FILL)
    if data.startswith(b"PK"):
        return piece.lstrip(_FILL)  # a ZIP ends with NULs
    if b"\0" in data:
        wide = piece.rstrip(b"\0")
        wide += bytes(len(wide) % 2)
        return wide if sniff.sniff(wide) == sniff.TEXT else data
    return data


def tells(data: bytes) -> bool:
    """Whether bytes are of a known format, or read as writing."""
    kind = sniff.sniff(data) if len(set(data[:1_000])) > 4 else sniff.BINARY
    if kind not in sniff.READABLE:
        return kind not in {sniff.BINARY, sniff.EMPTY}
    return charset.unreadable(charset.decode(data)) <= charset.UNREADABLE
