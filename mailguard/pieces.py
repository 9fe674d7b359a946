"""A mail cut at its boundary lines, without decoding anything: what is large and repeated gets a name.

In: content. Out: its large bodies with a keyed digest each, and the little that is between them. Scanner and store share
the cut: an attachment that all mails of a mailing carry is hashed once a message, scanned once and stored once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mailguard.digest import Digester

APART = 4_096  # bytes from which a body is kept apart
BOUNDARIES = 10_000  # boundary lines looked at; the rest is one piece
_BLANK = b"\r\n\r\n"
_SMALL = 16_384  # bytes below which setting up arrays costs more than it saves
_BLOCK = 1 << 20  # bytes looked at together; bounds what the search itself takes


@dataclass(frozen=True, slots=True)
class Piece:
    """A large body: from `start` to `end` in the content; `key` is its keyed digest."""

    start: int
    end: int
    key: bytes


@dataclass(frozen=True, slots=True)
class Pieces:
    """`apart` in order, without overlap. clean: no piece contains a line that begins with two hyphens."""

    content: bytes
    apart: tuple[Piece, ...]
    clean: bool

    def runs(self) -> Iterator[tuple[bytes, Piece | None]]:
        """The content in order: (literal bytes, None) and (b"", piece) in turn."""
        at = 0
        for piece in self.apart:
            if piece.start > at:
                yield self.content[at : piece.start], None
            yield b"", piece
            at = piece.end
        if at < len(self.content):
            yield self.content[at:], None

    def skeleton(self, token: Callable[[Piece], bytes]) -> bytes:
        """The content with `token(piece)` in place of each piece."""
        return b"".join(token(piece) if piece else literal for literal, piece in self.runs())

    def data(self, piece: Piece) -> bytes:
        """The bytes of a piece."""
        return self.content[piece.start : piece.end]


def cut(content: bytes, digester: Digester) -> Pieces:
    """Cut `content`: a piece is what follows the header block between two boundary lines (RFC 2046 §5.1.1), when large."""
    lines = _boundary_lines(content)
    view = memoryview(content)
    apart = []
    start = 0
    for end in [*lines[:BOUNDARIES], len(content)]:
        if end - start >= APART:
            blank = content.find(_BLANK, start, end)
            body = blank + len(_BLANK) if blank >= 0 else start
            if end - body >= APART:
                apart.append(Piece(body, end, digester.piece(view[body:end])))
        start = end
    return Pieces(content, tuple(apart), clean=len(lines) <= BOUNDARIES)


def _boundary_lines(content: bytes) -> list[int]:
    """Where lines begin that start with two hyphens; at most one more than BOUNDARIES."""
    return _found_one_by_one(content) if len(content) < _SMALL else _found_in_blocks(content)


def _found_one_by_one(content: bytes) -> list[int]:
    found: list[int] = []
    at = content.find(b"\n--")
    while at >= 0 and len(found) <= BOUNDARIES:
        found.append(at + 1)
        at = content.find(b"\n--", at + 3)
    return found


def _found_in_blocks(content: bytes) -> list[int]:
    octets = np.frombuffer(content, np.uint8)
    found: list[int] = []
    for block in range(0, len(octets), _BLOCK):
        some = octets[block : block + _BLOCK + 2]
        # Hyphens are rare (base64 has none): what stands around them is looked at only there.
        hyphens = np.flatnonzero(some[1:-1] == 45) + 1
        hits = hyphens[(some[hyphens - 1] == 10) & (some[hyphens + 1] == 45)]
        found += (hits[: BOUNDARIES + 1] + block).tolist()
        if len(found) > BOUNDARIES:
            break
    return found
