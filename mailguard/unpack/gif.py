"""The blocks of a GIF (GIF89a, sections 15 to 26), for whoever looks for its end or the words in it.

In: the bytes. Out: extensions and pictures with the place of their data, then the trailer. Nothing is decoded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

TRAILER: Final = 0x3B
EXTENSION: Final = 0x21
_IMAGE = 0x2C
_MOST = 2_000_000  # pieces of data; one has up to 255 bytes, and a file is no longer than 100 MB


@dataclass(frozen=True, slots=True)
class Block:
    """label: what an extension is for, -1 for others. start: of its data. end: behind it, perhaps beyond the file."""

    kind: int
    label: int
    start: int
    end: int


def blocks(data: bytes) -> Iterator[Block]:
    """Up to the first that is none. Raises ValueError where its data is cut into very many pieces."""
    at, left = first(data), _MOST
    while at < len(data):
        kind, label, start = data[at], -1, at + 1
        if kind == EXTENSION and at + 1 < len(data):
            label, start = data[at + 1], at + 2
        elif kind == _IMAGE and at + 10 <= len(data):
            start = at + 11 + _colours(data[at + 9])
        elif kind != TRAILER:
            return
        if kind == TRAILER:
            yield Block(kind, label, start, start)
            return
        at = start
        while at < len(data) and data[at]:
            at += 1 + data[at]
            left -= 1
        if left < 0:
            raise ValueError("a GIF of very many pieces")
        at += 1
        yield Block(kind, label, start, at)


def content(data: bytes, block: Block) -> bytes:
    """The data of a block, its pieces together."""
    pieces, at = [], block.start
    while at < len(data) and data[at]:
        pieces.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(pieces)


def first(data: bytes) -> int:
    """Where the first block is: behind the header and its colours."""
    return 13 + _colours(data[10]) if len(data) > 13 else len(data)


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
