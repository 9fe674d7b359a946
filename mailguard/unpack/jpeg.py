"""The segments of a JPEG (ITU T.81 B.1.1), for whoever looks for its size, its end or the words in it.

In: the bytes. Out: markers with the place of what they announce, up to the first byte that is none. Nothing is decoded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BEGIN: Final = 0xD8
END: Final = 0xD9
SCAN: Final = 0xDA
_MOST = 100_000  # segments; pictures have some dozens
_BARE = frozenset({0x00, 0x01, *range(0xD0, 0xD8)})  # without a length; 00 stands for no marker
_FILL = re.compile(rb"\xff+")
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]")  # in a scan FF is followed by 00 or a restart marker (B.1.1.5)


@dataclass(frozen=True, slots=True)
class Segment:
    """start, end: of the bytes behind its length. behind: where the next one begins; a scan has its packed pixels before that."""

    marker: int
    start: int
    end: int
    behind: int


def segments(data: bytes) -> Iterator[Segment]:
    """In their order; the end of the image is one, too. Places may lie beyond the end of the file. Raises ValueError: too many."""
    at, left = 2, _MOST
    while (fill := _FILL.match(data, at)) and fill.end() < len(data):
        at = fill.end() + 1
        segment = _segment(data, data[at - 1], at)
        yield segment
        if segment.marker == END:
            return
        at, left = segment.behind, left - 1
        if left < 0:
            raise ValueError("a JPEG of very many segments")


def _segment(data: bytes, marker: int, at: int) -> Segment:
    if marker in {BEGIN, END}:
        return Segment(marker, at, at, at)
    if marker in _BARE:
        return Segment(marker, at, at, _behind_scan(data, at))
    end = at + max(int.from_bytes(data[at : at + 2], "big"), 2)
    return Segment(marker, at + 2, end, _behind_scan(data, end) if marker == SCAN else end)


def _behind_scan(data: bytes, at: int) -> int:
    found = _MARKER.search(data, at)
    return found.start() if found else len(data)
