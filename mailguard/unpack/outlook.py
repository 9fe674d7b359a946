"""Mails, contacts and appointments that Outlook saved as files, .msg (MS-OXMSG).

In: a compound file of streams for properties. Out: what is written in it, recipients included, its bodies and attachments as
parts; a message inside is read in its place.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.model import Part, PartPath, Problem, Table, Text
from mailguard.unpack import compound, mapi, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name

NAME = "Outlook files (msg)"
LIMITATIONS = "Properties that are neither text nor content are not read; attachments that only refer to a file, and encrypted mail, are problems."

_STREAM = re.compile(r"__substg1\.0_([0-9a-f]{4})([0-9a-f]{4})(?:-[0-9a-f]{8})?", re.IGNORECASE)
_PROPERTIES = "__properties_version1.0"
_RECIPIENT, _ATTACHMENT, _EMBEDDED = "__recip_version1.0_", "__attach_version1.0_", "__substg1.0_3701000d"
_HEADS = (32, 24, 8)  # bytes before the entries: of a file, of a message inside, of an attachment (§2.4.1)
_TEXTS = frozenset({mapi.STRING8, mapi.STRING})


def matches(part: Part, sniffed: str) -> bool:
    """By the streams at its root."""
    del part
    return sniffed == sniff.OUTLOOK


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The message and the messages inside it."""
    return compound.opened(part, budget, _contents)


def _contents(part: Part, file: compound.Compound, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    root = _Storage()
    for path in file.streams:
        root.add(path, path)
    yield from _message(part, file, root, budget, ())


@dataclass(slots=True)
class _Storage:
    """A folder of the file: streams by name with their whole path, and folders."""

    streams: dict[str, compound.Path] = field(default_factory=dict)
    storages: dict[str, "_Storage"] = field(default_factory=dict)

    def add(self, below: compound.Path, path: compound.Path) -> None:
        if len(below) == 1:
            self.streams[below[0]] = path
        else:
            self.storages.setdefault(below[0], _Storage()).add(below[1:], path)


def _message(
    part: Part, file: compound.Compound, storage: _Storage, budget: Budget, within: PartPath
) -> Iterator[Part | Text | Problem]:
    if within:
        budget.file(part.depth + len(within))
    declared = _code_page(file, storage, _HEADS[bool(within)])
    message = mapi.Message(_properties(file, storage, declared))
    inner: list[tuple[str, _Storage]] = []
    for name, child in storage.storages.items():
        low = name.lower()
        if low.startswith(_RECIPIENT):
            message.recipients.append(_properties(file, child, declared))
        elif low.startswith(_ATTACHMENT):
            found = _properties(file, child, declared)
            embedded = next((below for key, below in child.storages.items() if key.lower() == _EMBEDDED), None)
            if embedded is None:
                message.attachments.append(found)
            elif any(key.lower() == _PROPERTIES for key in embedded.streams):
                title = mapi.first(found, 0x3001, 0x3707)
                inner.append((title if isinstance(title, str) else "", embedded))
            else:
                found.append((mapi.DATA, compound.written(_relative(file, embedded))))
                message.attachments.append(found)
    yield from mapi.contents(part, message, budget, within)
    for title, child in inner:
        yield from _message(part, file, child, budget, (*within, clean_name(title) or mapi.EMBEDDED))


def _relative(file: compound.Compound, storage: _Storage, below: compound.Path = ()) -> dict[compound.Path, bytes]:
    """An object of another program: its streams by their path inside it."""
    found = {(*below, name): file.read(path) for name, path in storage.streams.items()}
    for name, child in storage.storages.items():
        found |= _relative(file, child, (*below, name))
    return found


def _properties(file: compound.Compound, storage: _Storage, declared: str) -> mapi.Properties:
    found: mapi.Properties = []
    for name, path in storage.streams.items():
        match = _STREAM.fullmatch(name)
        if match is None:
            continue
        key, kind = int(match[1], 16), int(match[2], 16)
        single = kind & ~mapi.MULTIPLE
        if kind & mapi.MULTIPLE and "-" not in name and single in _TEXTS:
            continue  # the lengths of the values
        data = file.read(path)
        found.append((key, mapi.text(data, kind, declared) if single in _TEXTS else data))
    return found


def _code_page(file: compound.Compound, storage: _Storage, head: int) -> str:
    """The charset of the 8-bit strings."""
    path = next((path for name, path in storage.streams.items() if name.lower() == _PROPERTIES), None)
    if path is None:
        return ""
    data = file.read(path)[head:]
    found = {
        name: value for kind, name, value in struct.iter_unpack("<HH4xI4x", data[: len(data) // 16 * 16]) if kind == 3
    }
    return mapi.code_page(found.get(mapi.MESSAGE_CODE_PAGE) or found.get(mapi.INTERNET_CODE_PAGE) or 0)
