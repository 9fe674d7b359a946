"""7z archives, by py7zr: copy, LZMA, LZMA2, PPMd, bzip2, deflate, zstd, brotli, BCJ; AES-256 with a password.

In: a 7z file. Out: its files as parts. Where even the names are encrypted, the archive is one Problem. What py7zr does
not read (BCJ2, ARM64), libarchive may.
"""

import io
import lzma
import re
import struct
import zlib
from collections.abc import Iterator
from itertools import chain

import py7zr
from py7zr.exceptions import ArchiveError, CrcError, PasswordRequired
from py7zr.io import Py7zIO, WriterFactory

from mailguard.model import Part, PartPath, Problem, ProblemKind
from mailguard.unpack import ends, libarchive_files, rest, sniff
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.header import clean_name
from mailguard.unpack.member import OUTSIDE, leads_outside

NAME = "7z"
LIMITATIONS = "Volumes, and encrypted files without their password, are problems."

_FAULTS = (ArchiveError, lzma.LZMAError, zlib.error, struct.error, OSError, EOFError, ValueError, KeyError, IndexError,
           TypeError, AttributeError, AssertionError, NotImplementedError)  # fmt: skip

_PPMD = re.compile("PPMd", re.IGNORECASE)


class _Sink(Py7zIO):
    """Where py7zr writes one file: counted as it comes. Once over a limit it keeps nothing, and raises."""

    def __init__(self, packed: int, budget: Budget) -> None:
        self._out, self._packed, self._budget = io.BytesIO(), packed, budget
        self.limit: LimitError | None = None

    def write(self, data: bytes | bytearray) -> int:
        """Raises LimitError."""
        try:
            self._budget.spend(len(data))
            self._budget.member(self._out.tell() + len(data), self._packed)
        except LimitError as limit:
            self.limit = limit
            raise
        return self._out.write(data)

    def read(self, size: int | None = None) -> bytes:
        """What was written."""
        return self._out.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As in a file."""
        return self._out.seek(offset, whence)

    def flush(self) -> None:
        """Nothing is kept back."""

    def size(self) -> int:
        """Bytes written."""
        return len(self._out.getbuffer())

    def content(self) -> bytes:
        """All of it."""
        return self._out.getvalue()


class _Sinks(WriterFactory):
    """One for each file, in the order in which they are unpacked."""

    def __init__(self, packed: int, budget: Budget) -> None:
        self._packed, self._budget = packed, budget
        self.made: list[tuple[str, _Sink]] = []

    def create(self, filename: str) -> Py7zIO:
        """A new one."""
        sink = _Sink(self._packed, self._budget)
        self.made.append((filename, sink))
        return sink


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed == sniff.SEVEN_ZIP


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """Every file as a part, then what is behind the archive."""
    yield from _files(part, budget)
    yield from rest.parts(part, [ends.behind(part.data, sniff.SEVEN_ZIP)], budget)


def _files(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """Without a password, then with each."""
    names: list[str] = []
    for password in chain((None,), budget.secrets.tries()):
        sinks = _Sinks(len(part.data), budget)
        try:
            with py7zr.SevenZipFile(io.BytesIO(part.data), password=password) as packed:
                if not packed.needs_password() and any(map(_PPMD.search, packed.archiveinfo().method_names)):
                    raise NotImplementedError  # pyppmd starts a thread, which a scanner worker may not
                names = [file.filename for file in packed.list() if not file.is_directory] or names
                packed.extractall(factory=sinks)
        except PasswordRequired:
            continue
        except _FAULTS as error:
            if password is not None:  # a wrong one looks like damage
                continue
            if limit := next((sink.limit for _, sink in sinks.made if sink.limit), None):
                raise limit from None
            yield from _damaged(part, budget, sinks, error)
            return
        budget.secrets.fits(part.path)
        for name, sink in sinks.made:
            yield from _file(part, name, sink, budget)
        return
    yield from _closed(part, names)


def _file(part: Part, name: str, sink: _Sink, budget: Budget) -> Iterator[Part | Problem]:
    budget.file(part.depth + 1)
    if leads_outside(name):
        yield Problem(_path(part, name), ProblemKind.AMBIGUOUS, OUTSIDE)
    yield Part(_path(part, name), sink.content(), depth=part.depth + 1)


def _damaged(part: Part, budget: Budget, sinks: _Sinks, error: Exception) -> Iterator[Part | Problem]:
    """What the other engine makes of it; where it fails too, what there was until the fault."""
    others = list(libarchive_files.opened(part, budget, "7zip"))
    if isinstance(error, CrcError) or not others:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
    paths = {item.path for item in others}
    yield from others
    for name, sink in sinks.made:
        if _path(part, name) not in paths:
            yield from _file(part, name, sink, budget)


def _closed(part: Part, names: list[str]) -> Iterator[Problem]:
    for name in names:
        yield Problem(_path(part, name), ProblemKind.ENCRYPTED, "a password is needed")
    if not names:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed to see the files")


def _path(part: Part, name: str) -> PartPath:
    return (*part.path, clean_name(name) or "#")
