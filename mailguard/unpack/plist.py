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
        value = plistlib.loads(part.data)
        budget.spend_cells(_count(value, {}))
        records.add(value)
    except _FAULTS as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
        return
    yield from records.items(part, budget)


def _count(value: object, known: dict[int, int]) -> int:
    """Values in it, each as often as it is pointed at: few bytes of a binary list may stand for billions. known: of lists, by id."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_count(item, known) for item in inner)
    return known[id(value)]
