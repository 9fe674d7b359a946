"""What groups of an RTF for programs hold as hexadecimal figures: the theme (a ZIP), data of add-ins (a compound file), maps of colours.

In: the bytes of such groups. Out: what is in them beside what Word writes there itself: words of the theme, members that are no
part of one, streams and text with Japanese or numbers in them.
"""

from collections.abc import Iterable, Iterator

from mailguard.model import Part, Problem, Table, Text
from mailguard.unpack import charset, compound, rest, sniff, writing
from mailguard.unpack.budget import Budget
from mailguard.unpack.openxml_sweep import Sweep
from mailguard.unpack.package import FAULTS, Package

_THEME = b"officedocument.theme+xml"
_TYPES = "[Content_Types].xml"


def items(part: Part, found: Iterable[bytes], budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """One group after the other."""
    for data in found:
        if data.startswith(b"PK") and (theme := _theme(part, data, budget)):
            yield from theme
        elif (at := data.find(compound.MAGIC)) >= 0:
            yield from _streams(part, data[at:], budget)
            yield from rest.parts(part, filter(_tells, [data[:at]]), budget, noise=True)
        else:
            yield from rest.parts(part, filter(_tells, [data]), budget, noise=True)


def _theme(part: Part, data: bytes, budget: Budget) -> list[Part | Text | Table | Problem]:
    """Read like the theme of a docx; [] for another ZIP, or one that cannot be read."""
    try:
        package = Package(Part(part.path, data, depth=part.depth), budget)
        members = list(package.members())
    except FAULTS:
        return []
    if not any(name == _TYPES and isinstance(content, bytes) and _THEME in content for name, content in members):
        return []
    sweep = Sweep(package, budget)
    for name, content in members:
        sweep.member(name, content)
    text = "\f".join(text for _, text in sweep.texts)
    return [Text(part.path, text), *(Table(part.path, rows) for rows in sweep.tables), *sweep.others]


def _streams(part: Part, data: bytes, budget: Budget) -> Iterator[Part]:
    try:
        pieces = list(compound.Compound(data, budget).unread())
    except compound.FAULTS:
        pieces = [data]
    yield from rest.parts(part, filter(_tells, pieces), budget, noise=True)


def _tells(data: bytes) -> bool:
    """Writing only with Japanese or numbers: Word keeps lists of sources and colours as XML."""
    if sniff.sniff(data) not in sniff.READABLE:
        return True
    text = charset.decode(data)
    return not text.isascii() or writing.number(text)
