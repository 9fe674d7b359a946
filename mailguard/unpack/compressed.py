"""One compressed file without a container: gzip, zlib, bzip2, xz, lzma, zstd, lz4, lzip, compress.

In: such a file. Out: what is in it, under its name without the ending: all streams that follow each other in the file.
"""

import re
import struct
from collections.abc import Iterator

from mailguard.model import UNNAMED, Part, Problem, ProblemKind
from mailguard.unpack import charset, ends, libarchive_entries, rest, sniff, streams
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name
from mailguard.unpack.libarchive_entries import BrokenError, MissingError
from mailguard.unpack.member import collect

NAME = "gzip, zlib, bzip2, xz, lzma, zstd, lz4, lzip, compress"
LIMITATIONS = "Needs libarchive (Debian: libarchive13) for zstd, lz4, lzip and compress; else they are unknown formats."

_FILTERS = {
    "application/zstd": "zstd",
    "application/x-lz4": "lz4",
    "application/x-lzip": "lzip",
    "application/x-compress": "compress",
}
_ENDING = re.compile(r"\.(?:gz|bz2|xz|lzma|zst|lz4|lz|z)$", re.IGNORECASE)
_TAR_ENDING = re.compile(r"\.(?:tgz|tbz2?|txz|tlz|tzst|taz)$", re.IGNORECASE)
_GZIP_EXTRA, _GZIP_NAME, _GZIP_COMMENT = 4, 8, 16  # RFC 1952 §2.3.1
_GZIP_LONGEST = 100_000
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18.{4}", re.DOTALL)
_MOST_SKIPPABLE = 100


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed in _FILTERS or sniffed in streams.STREAMS


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """The one file in it."""
    budget.file(part.depth + 1)
    try:
        data, fault = _content(part, budget)
    except MissingError:
        yield Problem(part.path, ProblemKind.UNKNOWN_FORMAT, "libarchive is not installed")
        return
    except BrokenError:
        data, fault = b"", "broken"
    path = (*part.path, _name(part.path[-1]))
    if fault:
        yield Problem(path, ProblemKind.DAMAGED, "the file cannot be read to its end")
    names, fields = _gzip_head(part.data)
    yield Part(path, data, depth=part.depth + 1, other_names=names)
    yield from rest.parts(part, [*fields, *_skipped(part.data), ends.behind(part.data, sniff.sniff(part.data))], budget)


def _content(part: Part, budget: Budget) -> tuple[bytes, str]:
    kind = sniff.sniff(part.data)
    if kind in streams.STREAMS:
        return collect(streams.read(part.data, kind), len(part.data), budget)
    for entry in libarchive_entries.entries(part.data, "raw", _FILTERS[kind]):
        return collect(entry.chunks, len(part.data), budget, (BrokenError,))
    return b"", ""


def _name(name: str) -> str:
    return _TAR_ENDING.sub(".tar", _ENDING.sub("", name)) or UNNAMED


def _gzip_head(data: bytes) -> tuple[tuple[str, ...], list[bytes]]:
    """The name that gzip keeps in the file itself; fields and comments that it skips (RFC 1952 §2.3.1)."""
    if not data.startswith(b"\x1f\x8b") or not data[3:4]:
        return (), []
    flags, at = data[3], 10
    fields: list[bytes] = []
    names: list[bytes] = []
    if flags & _GZIP_EXTRA and len(data) >= at + 2:
        size = struct.unpack_from("<H", data, at)[0]
        fields.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    for flag, kept in ((_GZIP_NAME, names), (_GZIP_COMMENT, fields)):
        if flags & flag:
            end = data.find(b"\0", at, at + _GZIP_LONGEST)
            kept.append(data[at : end if end >= 0 else at + _GZIP_LONGEST])
            at += len(kept[-1]) + 1
    return tuple(clean_name(charset.decode(raw, "cp932")) for raw in names if raw), fields


def _skipped(data: bytes) -> Iterator[bytes]:
    """Frames of zstd and lz4 that their readers pass over (RFC 8878 §3.1.2)."""
    for mark in list(_SKIPPABLE.finditer(data))[:_MOST_SKIPPABLE]:
        size = struct.unpack_from("<I", data, mark.start() + 4)[0]
        if mark.end() + size <= len(data):
            yield data[mark.end() : mark.end() + size]
