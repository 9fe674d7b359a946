"""Word and PowerPoint files (ECMA-376): all that is written in them, in any of their members.

In: a docx, docm, dotx, pptx, pptm, ppsx … Out: one text (the story or the slides first, then headers, notes, comments, charts,
properties, links), its tables, and every file inside as a part. Nothing is skipped by its name unless it is no text either.
"""

import re
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import package, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.openxml_sweep import Sweep
from mailguard.unpack.package import Package

NAME = "Word, PowerPoint (docx, pptx)"
LIMITATIONS = "Who made or commented it, the small preview picture and fonts are not read."

_NUMBERS = re.compile(r"([0-9]+)")
_FIRST = re.compile(r"(?i)(?:word/document|ppt/slides/slide)[0-9]*\.xml\Z")


def matches(part: Part, sniffed: str) -> bool:
    """By its content types."""
    del part
    return sniffed in {sniff.DOCX, sniff.PPTX}


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The text, the tables, then files inside and problems."""
    return package.opened(part, budget, _contents)


def _contents(part: Part, package: Package, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    sweep = Sweep(package, budget)
    for name, content in package.members():
        sweep.member(name, content)
    if not any(map(_FIRST.match, package.names)) and not sweep.texts:
        yield Problem(part.path, ProblemKind.DAMAGED, "a document without its text")
    texts = [text for _, text in sorted(sweep.texts, key=lambda pair: _order(pair[0]))]
    if texts or not sweep.tables:
        yield Text(part.path, "\f".join(texts))
    for rows in sweep.tables:
        yield Table(part.path, rows)
    yield from sweep.others


def _order(name: str) -> tuple[bool, list[tuple[int, str]]]:
    words = [(int(word), "") if word.isdecimal() else (0, word) for word in _NUMBERS.split(name)]
    return _FIRST.match(name) is None, words
