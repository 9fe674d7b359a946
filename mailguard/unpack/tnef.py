"""Mail of Outlook and Exchange in one file, winmail.dat (MS-OXTNEF).

In: the file. Out: what is written in it, its bodies and attachments as parts; a message inside is such a file again. Read here:
tnefparse drops properties that it cannot read without a word, and counts for ever where a count is wrong.
"""

import struct
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import mapi, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.tnef_properties import Reader

NAME = "Outlook mail in one file (winmail.dat, TNEF)"
LIMITATIONS = "Pictures of attachments (metafiles), and properties that are neither text nor content, are not read."

_HEAD = 6
_MESSAGE, _ATTACHMENT = 1, 2
_CODE_PAGE, _START, _PROPERTIES, _RECIPIENTS, _ATTACHMENT_PROPERTIES = 0x9007, 0x9002, 0x9003, 0x9004, 0x9005
_DATA, _TITLE, _TRANSPORT_NAME = 0x800F, 0x8010, 0x9001
_TRIPLES, _STRING, _TEXT = 0, 1, 2  # types of attributes that carry writing
_OF_ATTACHMENT = frozenset({_START, _DATA, _TITLE, _TRANSPORT_NAME, _ATTACHMENT_PROPERTIES})
_MACHINES = frozenset({0x8008, 0x8009, 0x800A, 0x800B, 0x9008})  # classes and ids
_AS_PROPERTY = {_TITLE: 0x3704, _TRANSPORT_NAME: 0x3704, 0x8004: 0x0037, 0x800C: 0x1000}


def matches(part: Part, sniffed: str) -> bool:
    """By its first bytes."""
    del part
    return sniffed == sniff.TNEF


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The message, and that it is damaged."""
    message = mapi.Message()
    damage = _read(part.data, message)
    yield from mapi.contents(part, message, budget)
    if damage:
        yield Problem(part.path, ProblemKind.DAMAGED, damage)


def _read(data: bytes, message: mapi.Message) -> str:
    """Every attribute into the message; what is wrong with the file, "" if nothing."""
    declared, at, damage = "", _HEAD, ""
    while at + 9 <= len(data):
        level, name, kind, length = struct.unpack_from("<BHHI", data, at)
        value = data[at + 9 : at + 9 + length]
        if level not in {_MESSAGE, _ATTACHMENT} or len(value) < length:
            return "cut off, or followed by something else"
        at += 9 + length + 2
        try:
            if name == _CODE_PAGE:
                declared = mapi.code_page(struct.unpack_from("<I", value)[0])
            else:
                _attribute(name, kind, value, message, declared)
        except (ValueError, struct.error):
            damage = "properties that cannot be read"
    return damage or ("cut off, or followed by something else" if data[at:].strip(b"\0\r\n") else "")


def _attribute(name: int, kind: int, value: bytes, message: mapi.Message, declared: str) -> None:
    if name in _OF_ATTACHMENT:
        _attached(name, value, message, declared)
    elif name == _PROPERTIES:
        Reader(value, declared).properties(message.properties)
    elif name == _RECIPIENTS:
        Reader(value, declared).rows(message.recipients)
    elif kind in {_TRIPLES, _STRING, _TEXT} and name not in _MACHINES:
        _writing(name, value[8:] if kind == _TRIPLES else value, message, declared)


def _attached(name: int, value: bytes, message: mapi.Message, declared: str) -> None:
    if name == _START or not message.attachments:
        message.attachments.append([])
    found = message.attachments[-1]
    if name == _ATTACHMENT_PROPERTIES:
        Reader(value, declared).properties(found)
    elif name == _DATA:
        found.append((mapi.DATA, value))
    elif name != _START:
        found.append((_AS_PROPERTY[name], mapi.text(value, mapi.STRING8, declared)))


def _writing(name: int, value: bytes, message: mapi.Message, declared: str) -> None:
    told = " ".join(filter(None, mapi.text(value, mapi.STRING8, declared).split("\0")))
    message.properties.append((_AS_PROPERTY.get(name, 0), told))
