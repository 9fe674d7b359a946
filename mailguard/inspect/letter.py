"""A mail on its way to a scanner worker: its skeleton, and of its large pieces only what the worker lacks.

In: a mail cut into pieces. Out: the same mail with a token in place of each piece, and back again. A token cannot stand in
a mail that has one: it holds NUL, and a mail with NUL outside its pieces is sent as it is. Nothing here reads MIME.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from mailguard.model import ProblemKind
from mailguard.pieces import Piece, Pieces

# The spaces do not survive where a reader strips what it finds: such a token is no longer whole, and is not taken for a leaf.
_TOKEN = re.compile(rb" \x00(\d{1,5}) ")
_BLANK = b"\r\n\r\n"


class Need(Exception):  # noqa: N818 - no error: the worker asks for bytes that it was not given
    """The worker lacks the bytes of a piece."""


class Given(msgspec.Struct, frozen=True, array_like=True):
    """What a leaf was found to hold, under its scan key: from one worker through the parent to the others."""

    pieces: tuple[int, ...]
    scan_key: bytes
    packed: bytes


class Unread(msgspec.Struct, frozen=True, array_like=True):
    """A piece that must not be opened again, why, and how large it is."""

    piece: int
    kind: ProblemKind
    size: int


class Letter(msgspec.Struct, frozen=True, array_like=True):
    """size: bytes of the whole mail. keys, data: of its pieces in order; data is None where it is not sent.

    unread: pieces that must not be opened. beginning: of long tables the first rows are enough when something is found there.
    secrets: passwords that other mails of the sender told, sealed (`sealing.py`).
    """

    skeleton: bytes
    size: int
    keys: tuple[bytes, ...] = ()
    data: tuple[bytes | None, ...] = ()
    given: tuple[Given, ...] = ()
    unread: tuple[Unread, ...] = ()
    beginning: bool = False
    secrets: tuple[bytes, ...] = ()

    @classmethod
    def plain(cls, content: bytes) -> "Letter":
        """A mail as it is."""
        return cls(content, len(content))

    def tokens(self, raw: bytes) -> tuple[int, ...]:
        """The pieces within a stretch of the skeleton, in order."""
        if not self.keys or b"\0" not in raw:
            return ()
        return tuple(int(number) for number in _TOKEN.findall(raw))

    def covered(self, raws: Sequence[bytes]) -> bool:
        """Whether the pieces stand in these stretches, each in one, whole."""
        return [number for raw in raws for number in self.tokens(raw)] == list(range(len(self.keys)))

    def named(self, raw: bytes) -> bytes:
        """A stretch with the key of each piece in place of its bytes: what it is known by."""
        return _TOKEN.sub(lambda match: b"\0" + self.keys[int(match[1])], raw)

    def restored(self, raw: bytes) -> bytes:
        """A stretch as it stands in the mail; raises Need."""
        return _TOKEN.sub(lambda match: self._bytes(int(match[1])), raw) if self.keys else raw

    def whole(self) -> "Letter":
        """The mail as it is; raises Need."""
        whole = self.restored(self.skeleton)
        return Letter(whole, len(whole), secrets=self.secrets)

    def _bytes(self, number: int) -> bytes:
        data = self.data[number]
        if data is None:
            raise Need
        return data[: len(data) - len(_line_end(data))]


class Parcel:
    """A mail as the parent sends it: the skeleton once, and each piece only to a worker that lacks it. beginning, secrets: see `Letter`."""

    def __init__(self, pieces: Pieces, *, beginning: bool = False, secrets: Sequence[bytes] = ()) -> None:
        self.beginning, self.secrets = beginning, tuple(secrets)
        self.content = content = pieces.content
        self.apart = [piece for piece in pieces.apart if _is_body(content, piece)]
        self.skeleton = b"".join(self._runs(self.apart)) if self.apart else content
        if not pieces.clean or (self.apart and self.skeleton.count(b"\0") != len(self.apart)):
            self.apart, self.skeleton = [], content
        self.keys = tuple(piece.key for piece in self.apart)
        # Identical pieces wait for each other: those of which the beginning is enough not for those read to their end.
        self.readings = self.keys if beginning else tuple(key + b" whole" for key in self.keys)

    def _runs(self, apart: Sequence[Piece]) -> Iterator[bytes]:
        at = 0
        for number, piece in enumerate(apart):
            yield self.content[at : piece.start]
            # The line end before a boundary line belongs to the delimiter (RFC 2046 §5.1.1): it stays where it is.
            yield b" \0%d %b" % (number, _line_end(self.content[piece.end - 2 : piece.end]))
            at = piece.end
        yield self.content[at:]

    def size(self, number: int) -> int:
        """Bytes of one piece."""
        return self.apart[number].end - self.apart[number].start

    def letter(
        self,
        sent: Callable[[int], bool],
        given: Sequence[Given] = (),
        unread: Sequence[Unread] = (),
    ) -> Letter:
        """What goes to one worker."""
        data = tuple(
            self.content[piece.start : piece.end] if sent(number) else None for number, piece in enumerate(self.apart)
        )
        size = len(self.content)
        return Letter(self.skeleton, size, self.keys, data, tuple(given), tuple(unread), self.beginning, self.secrets)


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a worker says about a letter. inspection: None when it lacks bytes.

    fresh: what took it time to find out. loose: pieces that it will not know again.
    """

    inspection: Any
    fresh: tuple[Given, ...] = ()
    loose: tuple[int, ...] = ()


def _is_body(content: bytes, piece: Piece) -> bool:
    """Whether a piece follows a blank line; where there is none between two boundary lines, it is the first of them."""
    return content.startswith(_BLANK, max(piece.start - 4, 0)) and not content.startswith(b"--", piece.start)


def _line_end(data: bytes) -> bytes:
    if data.endswith(b"\r\n"):
        return b"\r\n"
    return b"\n" if data.endswith(b"\n") else b""
