"""Compound files (MS-CFB), in which Office 97 to 2003 keeps its documents: streams by path, and a storage as a file of its own.

In: the bytes. Out: streams, read under the budget. Typed by the streams at the root, never by a name in the mail. A storage inside
(an object that was put into a document) is written out as a compound file again, so that it is opened like any other.
"""

import io
import itertools
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import olefile

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import rest
from mailguard.unpack.budget import Budget

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FAULTS = (OSError, ValueError, IndexError, TypeError, KeyError, struct.error, AttributeError, OverflowError)
Path = tuple[str, ...]

_SECTOR = 512
_CUTOFF = 4096  # shorter streams would have to stand in the mini stream (§2.6.3)
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_PER_SECTOR = _SECTOR // 4
_HEADER_FATS = 109


# Of macros, and what an object says of itself.
_TECHNICAL = frozenset(
    {"project", "projectwm", "projectlk", "\x01compobj", "\x01ole", "\x03objinfo", "current user", "_signatures"}
)
_Item = Part | Text | Table | Problem


class Compound:
    """An open file. Raises one of `FAULTS` when it is broken."""

    def __init__(self, data: bytes, budget: Budget | None = None) -> None:
        self._file = olefile.OleFileIO(io.BytesIO(data))
        self._budget, self._data = budget, data
        self._seen: set[Path] = set()
        self._entries = _streams(self._file.root)
        self.streams: list[Path] = list(self._entries)

    def names(self) -> frozenset[str]:
        """Everything at the root, in lower case."""
        return frozenset(path[0].lower() for path in self.streams)

    def find(self, *path: str) -> bytes | None:
        """A stream by its path, in whatever case; None if there is none."""
        wanted = tuple(name.lower() for name in path)
        for stream in self.streams:
            if tuple(name.lower() for name in stream) == wanted:
                return self.read(stream)
        return None

    def read(self, path: Path) -> bytes:
        """The bytes of a stream."""
        self._seen.add(path)
        entry = self._entries[path]
        data = bytes(self._file._open(entry.isectStart, entry.size).read())  # noqa: SLF001 - by name it looks through all
        if self._budget:
            self._budget.spend(len(data))
        return data

    def unread(self) -> Iterator[bytes]:
        """Streams that nobody asked for, then sectors that belong to no stream, and what is behind them all."""
        for path in self.streams:
            if path not in self._seen and not path[-1].startswith("\x05") and path[-1].lower() not in _TECHNICAL:
                yield self.read(path)
        size, table = self._file.sectorsize, list(self._file.fat)
        whole = (len(self._data) - size) // size
        free = [number for number in range(whole) if number >= len(table) or table[number] == _FREE]
        for _, numbers in itertools.groupby(enumerate(free), key=lambda pair: pair[1] - pair[0]):
            run = [number for _, number in numbers]
            yield self._data[(run[0] + 1) * size : (run[-1] + 2) * size]
        yield self._data[(whole + 1) * size :]

    def storages(self, outside: frozenset[str] = frozenset()) -> Iterator[tuple[Path, bytes]]:
        """The outermost storages that have streams of their own, each as a file; not those named `outside` at the root."""
        found: dict[Path, dict[Path, Path]] = {}
        for stream in sorted(self.streams, key=len):
            if len(stream) > 1 and stream[0].lower() not in outside:
                above = (stream[:end] for end in range(1, len(stream)))
                storage = next((path for path in above if path in found), stream[:-1])
                found.setdefault(storage, {})[stream[len(storage) :]] = stream
        for storage, inner in found.items():
            yield storage, written({name: self.read(path) for name, path in inner.items()})


def _streams(root: Any) -> dict[Path, Any]:
    """What olefile knows of each, in the order of the directory. Raises ValueError where two have one path (§2.6.1)."""
    found: dict[Path, Any] = {}
    left: list[tuple[Path, Any]] = [((), root)]
    while left:
        path, entry = left.pop()
        if entry.entry_type != olefile.STGTY_STREAM:
            left += [((*path, kid.name), kid) for kid in reversed(entry.kids)]
        elif path in found:
            raise ValueError("two streams of one name")
        else:
            found[path] = entry
    return found


def opened(
    part: Part, budget: Budget, read: Callable[[Part, Compound, Budget], Iterator[_Item]], *, beside: bool = False
) -> Iterator[_Item]:
    """What `read` finds in the file, as far as it comes; a Problem where it breaks. beside: what it did not ask for, too."""
    try:
        file = Compound(part.data, budget)
        yield from read(part, file, budget)
        if beside:
            yield from rest.parts(part, file.unread(), budget, noise=True)
    except FAULTS as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)


def root_names(data: bytes) -> frozenset[str]:
    """What stands at the root; nothing where the file cannot be read."""
    try:
        return Compound(data).names()
    except Exception:  # noqa: BLE001 - broken in whatever way
        return frozenset()


def written(streams: Mapping[Path, bytes]) -> bytes:
    """A compound file of version 3. Streams of less than 4 KB are filled up with zeros: all stand in whole sectors."""
    entries = _entries(streams)
    chains = [max(-(-len(data) // _SECTOR), _CUTOFF // _SECTOR) if kind == 2 else 0 for _, kind, data, _, _ in entries]
    directory = -(-len(entries) * 128 // _SECTOR)
    fats = 1
    while fats * _PER_SECTOR < fats + directory + sum(chains):
        fats += 1
    if fats > _HEADER_FATS:
        raise ValueError("too long to be written")  # 7 MB; longer ones need a second table
    table = [_FAT] * fats + _chain(fats, directory)
    starts: list[int] = []
    for length in chains:
        starts.append(len(table) if length else 0)
        table += _chain(len(table), length)
    table += [_FREE] * (fats * _PER_SECTOR - len(table))
    head = struct.pack("<8s16s5H6x9I", MAGIC, b"", 0x3E, 3, 0xFFFE, 9, 6, 0, fats, fats, 0, _CUTOFF, _END, 0, _END, 0)
    head += struct.pack(f"<{_HEADER_FATS}I", *range(fats), *[_FREE] * (_HEADER_FATS - fats))
    body = b"".join(_entry(entry, start) for entry, start in zip(entries, starts, strict=True))
    blocks = [head, struct.pack(f"<{len(table)}I", *table), body.ljust(directory * _SECTOR, b"\0")]
    blocks += [entry[2].ljust(length * _SECTOR, b"\0") for entry, length in zip(entries, chains, strict=True) if length]
    return b"".join(blocks)


_Entry = tuple[str, int, bytes, int, int]  # name, kind (1 storage, 2 stream, 5 root), data, next sibling, first child


def _entries(streams: Mapping[Path, bytes]) -> list[_Entry]:
    """The directory: siblings in their order, each pointing at the next (§2.6.4 asks for the order, not for balance)."""
    found: list[_Entry] = []

    def add(name: str, kind: int, data: bytes, below: Mapping[Path, bytes]) -> int:
        at = len(found)
        found.append((name, kind, data, _FREE, _FREE))
        children: dict[str, dict[Path, bytes]] = {}
        for path, content in below.items():
            children.setdefault(path[0], {})[path[1:]] = content
        ordered = sorted(children.items(), key=lambda pair: (len(pair[0]), pair[0].upper()))
        numbers = [
            add(child, 2, inner[()], {}) if () in inner else add(child, 1, b"", inner) for child, inner in ordered
        ]
        for number, following in itertools.pairwise(numbers):
            found[number] = (*found[number][:3], following, found[number][4])
        found[at] = (name, kind, data, _FREE, numbers[0] if numbers else _FREE)
        return at

    add("Root Entry", 5, b"", streams)
    return found


def _chain(first: int, length: int) -> list[int]:
    return [*range(first + 1, first + length), _END] if length else []


def _entry(entry: _Entry, start: int) -> bytes:
    name, kind, data, following, child = entry
    raw = name[:31].encode("utf-16-le")
    size = max(len(data), _CUTOFF) if kind == 2 else 0
    first = start if kind == 2 else (_END if kind == 5 else 0)
    return struct.pack(
        "<64sHBB3I16sI16sIII", raw, len(raw) + 2, kind, 1, _FREE, following, child, b"", 0, b"", first, size, 0
    )
