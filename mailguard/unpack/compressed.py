"""One compressed file without a container: gzip, bzip2, xz, lzma, zstd, lz4, lzip, compress.

In: such a file. Out: what is in it, under its name without the ending: all streams that follow each other in the file.
"""

import re
import struct
from collections.abc import Iterator

from mailguard.model import UNNAMED, Part, Problem, ProblemKind
from mailguard.unpack import charset, libarchive_entries, sniff, streams
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name
from mailguard.unpack.libarchive_entries import BrokenError, MissingError
from mailguard.unpack.member import collect

NAME = "gzip, bzip2, xz, lzma, zstd, lz4, lzip, compress"
LIMITATIONS = "Needs libarchive (Debian: libarchive13) for zstd, lz4, lzip and compress; else they are unknown formats."

_FILTERS = {
    "application/zstd": "zstd",
    "application/x-lz4": "lz4",
    "application/x-lzip": "lzip",
    "application/x-compress": "compress",
}
_ENDING = re.compile(r"\.(?:gz|bz2|xz|lzma|zst|lz4|lz|z)$", re.IGNORECASE)
_TAR_ENDING = re.compile(r"\.(?:tgz|tbz2?|txz|tlz|tzst|taz)$", re.IGNORECASE)
_GZIP_EXTRA, _GZIP_NAME = 4, 8  # RFC 1952 §2.3.1


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
    yield Part(path, data, depth=part.depth + 1, other_names=_original(part.data))


def _content(part: Part, budget: Budget) -> tuple[bytes, str]:
    kind = sniff.sniff(part.data)
    if kind in streams.STREAMS:
        return collect(streams.read(part.data, kind), len(part.data), budget)
    for entry in libarchive_entries.entries(part.data, "raw", _FILTERS[kind]):
        return collect(entry.chunks, len(part.data), budget, (BrokenError,))
    return b"", ""


def _name(name: str) -> str:
    return _TAR_ENDING.sub(".tar", _ENDING.sub("", name)) or UNNAMED


def _original(data: bytes) -> tuple[str, ...]:
    """The name that gzip keeps in the file itself."""
    if not data.startswith(b"\x1f\x8b") or not data[3:4] or not data[3] & _GZIP_NAME:
        return ()
    at = 10
    if data[3] & _GZIP_EXTRA:
        at += 2 + (struct.unpack_from("<H", data, at)[0] if len(data) >= at + 2 else 0)
    raw = data[at : at + 1_000].split(b"\0", 1)[0]
    return (clean_name(charset.decode(raw, "cp932")),) if raw else ()
