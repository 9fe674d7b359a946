"""LZH archives (LHA, LHarc, LArc, PMarc): the sizes from Lhasa's list, the bytes from one run of it.

In: an LZH file. Out: its files as parts. Names come from libarchive, which keeps them as bytes; Lhasa prints "?" for
what is not ASCII. Without Lhasa, libarchive reads the newer methods (lh5 to lh7).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import ends, libarchive_entries, libarchive_files, rest, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name
from mailguard.unpack.libarchive_entries import BrokenError, MissingError
from mailguard.unpack.member import opened, sliced
from mailguard.unpack.tools import INPUT, ToolError

NAME = "LZH"
LIMITATIONS = "Needs Lhasa (Debian: lhasa) for all methods; with libarchive alone lh5, lh6 and lh7 are read."

_LINE = re.compile(rb"^.{22} +(\d+) +(\d+) +\S+ -(\w{3})- [0-9a-f]{4} .{12} (.*)$")
_FOLDER = b"lhd"  # links too


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    packed: int
    size: int


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed == sniff.LZH


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """Every file as a part, then what is behind the archive."""
    yield from _files(part, budget)
    yield from rest.parts(part, [ends.behind(part.data, sniff.LZH)], budget)


def _files(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    try:
        listed = budget.tools.run("lha", ("v", INPUT), part.data)
        content = budget.tools.run("lha", ("pq2", INPUT), part.data, budget.room)
    except ToolError as error:
        yield from _without(part, budget, error)
        return
    members = list(_members(listed, _names(part.data)))
    at = 0
    for number, member in enumerate(members):
        chunks = sliced(content[at : at + member.size])
        yield from opened(part, member.name or f"#{number}", chunks, member.packed, budget)
        at += member.size
    if at != len(content):
        yield Problem(part.path, ProblemKind.DAMAGED, "its files are not as long as they claim")


def _without(part: Part, budget: Budget, error: ToolError) -> Iterator[Part | Problem]:
    """What libarchive makes of it; whatever it gives, the archive was not read by the better engine."""
    if error.kind is not ProblemKind.UNKNOWN_FORMAT:
        yield Problem(part.path, error.kind, error.detail)
    yield from libarchive_files.opened(part, budget, "lha")


def _members(listed: bytes, names: list[str]) -> Iterator[_Member]:
    lines = [line for line in map(_LINE.match, listed.splitlines()) if line and line[3] != _FOLDER]
    known = names if len(names) == len(lines) else []
    for number, line in enumerate(lines):
        said = line[4].decode("ascii", "replace")
        yield _Member(known[number] if known else clean_name(said), int(line[1]), int(line[2]))


def _names(data: bytes) -> list[str]:
    names = []
    try:
        names += [entry.name for entry in libarchive_entries.entries(data, "lha")]
    except (MissingError, BrokenError):
        return []
    return names
