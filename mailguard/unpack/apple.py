"""What a Mac keeps beside or around a file: AppleDouble (`__MACOSX/._name` in a ZIP, multipart/appledouble) and AppleSingle (RFC 1740).

In: the file. Out: its content as a part, its name and comment, and what is written in its attributes and resources.
"""

import re
import struct
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import charset, rest, sniff
from mailguard.unpack.budget import Budget

NAME = "Files of a Mac (AppleDouble, AppleSingle)"
LIMITATIONS = "Of resources and attributes only what is writing is read; above 64 KB of them, a problem."

_CONTENT, _NAME, _COMMENT = 1, 3, 4
_MACHINES = frozenset({5, 6, 7, 8, 10, 11, 12, 14, 15})  # icons, dates, flags
_MOST = 65_536
_WRITING = re.compile(rb"[^\0-\x1f\x7f]{4,}")


def matches(part: Part, sniffed: str) -> bool:
    """By its first bytes."""
    del part
    return sniffed == sniff.APPLE


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """What is written in all entries, the content as it is."""
    data = part.data
    count = int.from_bytes(data[24:26], "big")
    entries = list(struct.iter_unpack(">III", data[26 : 26 + 12 * count][: (len(data) - 26) // 12 * 12]))
    told: list[str] = []
    if not entries or any(at + length > len(data) for _, at, length in entries):
        yield Problem(part.path, ProblemKind.DAMAGED, "cut off")
    for kind, at, length in entries:
        value = data[at : at + length]
        budget.spend(len(value))
        if kind == _CONTENT and value:
            budget.file(part.depth + 1)
            yield Part((*part.path, part.path[-1]), value, depth=part.depth + 1)
        elif kind in {_NAME, _COMMENT}:
            told.append(charset.decode(value))
        elif kind not in _MACHINES:
            if len(value) > _MOST:
                yield Problem(part.path, ProblemKind.NOT_READ, f"resources of more than {_MOST} bytes")
            told += [charset.decode(run) for run in _WRITING.findall(value[:_MOST])]
    yield Text(part.path, "\n".join(told))
    ends = [at + length for _, at, length in entries if at + length <= len(data)]
    yield from rest.parts(part, [data[max(ends, default=len(data)) :]], budget)
