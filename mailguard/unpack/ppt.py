"""PowerPoint 97 to 2003 presentations (MS-PPT).

In: a ppt, pps or pot. Out: one text of all slides, notes, comments, headers and links, also of slides that a later save replaced;
objects and pictures inside as parts. Read here, not by catppt: that leaves out the objects inside.
"""

import struct
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import compound, field_code, ole_parts, sniff, streams
from mailguard.unpack.budget import Budget
from mailguard.unpack.member import collect

NAME = "PowerPoint 97-2003 (ppt)"
LIMITATIONS = "Tables are read as text; who made or commented it and macros are not read."

_RECORD = struct.Struct("<HHI")  # version and instance, type, size (§2.3.1)
_CHARS, _BYTES, _STRING, _OBJECT, _COMMENT = 0x0FA0, 0x0FA8, 0x0FBA, 0x1011, 0x2EE0
_CONTAINER = 0xF
_SIZE = 4  # bytes before a compressed object, which say how long it is (§2.10.34)


def matches(part: Part, sniffed: str) -> bool:
    """By its stream `PowerPoint Document`."""
    del part
    return sniffed == sniff.PPT


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The text, then files inside."""
    return ole_parts.opened(part, budget, _contents)


def _contents(part: Part, file: compound.Compound, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    stream = file.find("PowerPoint Document") or b""
    lines, objects = _read(stream)
    text = "\n".join([*dict.fromkeys(lines), ole_parts.properties(part.data)]).strip()
    budget.text(len(text))
    yield Text(part.path, text)
    if not stream:
        yield Problem(part.path, ProblemKind.DAMAGED, "a presentation without its slides")
    for number, (packed, data) in enumerate(objects, 1):
        path = (*part.path, f"object {number}")
        content, fault = (
            collect(streams.one(streams.Inflate(streams.ZLIB), data[_SIZE:]), len(data), budget)
            if packed
            else (data, "")
        )
        if fault:
            yield Problem(path, ProblemKind.DAMAGED, fault)
            continue
        budget.file(part.depth + 1)
        yield Part(path, content, depth=part.depth + 1)
    yield from ole_parts.inside(part, file, (file.find("Pictures") or b"",), budget)


def _read(stream: bytes) -> tuple[list[str], list[tuple[bool, bytes]]]:
    """Lines of text, and (whether it is compressed, bytes) of each object."""
    lines: list[str] = []
    objects: list[tuple[bool, bytes]] = []
    comment_end = at = 0
    while at + _RECORD.size <= len(stream):
        head, kind, size = _RECORD.unpack_from(stream, at)
        at += _RECORD.size
        if head & 0xF == _CONTAINER:
            comment_end = at + size if kind == _COMMENT else comment_end
            continue
        data = stream[at : at + size]
        instance = head >> 4
        if kind == _BYTES:
            lines += _lines(data.decode("latin-1"))
        elif kind == _CHARS or (kind == _STRING and (at >= comment_end or instance == 1)):
            lines += _lines(data.decode("utf-16-le", "replace"))
        elif kind == _OBJECT:
            objects.append((bool(instance), data))
        at += size
    return lines, objects


def _lines(text: str) -> list[str]:
    if text.startswith("___PPT"):
        return []
    return [
        field_code.address(line) for line in text.replace("\x0b", "\r").replace("\0", "").split("\r") if line.strip()
    ]
