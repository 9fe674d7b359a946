"""Property lists of Apple's systems, binary or XML.

In: a plist. Out: tables of its records, text, and data as parts.
"""

import plistlib
import xml.parsers.expat
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.records import Records

NAME = "Property lists (plist)"
LIMITATIONS = "Objects of an archive (NSKeyedArchiver) are read without their names."

_FAULTS = (
    ValueError,
    OverflowError,
    RecursionError,
    TypeError,
    AttributeError,
    IndexError,
    KeyError,
    xml.parsers.expat.ExpatError,
)


def matches(part: Part, sniffed: str) -> bool:
    """By its first bytes, or its document type."""
    return sniffed == sniff.PLIST or (sniffed in {sniff.TEXT, sniff.HTML} and b"<plist" in part.data[:1024])


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Text, then tables, then data."""
    records = Records()
    try:
        records.add(plistlib.loads(part.data))
    except _FAULTS as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
        return
    yield from records.items(part, budget)
