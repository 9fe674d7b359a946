"""Who a value in running text belongs to: the name or the organisation that stands before it.

In: lines and hits. Out: groups; every hit is in one. A group takes no more values of a kind than one person has.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import regex

from mailguard.detect.blocks import Line
from mailguard.detect.organisation import names_organisation, names_staff
from mailguard.detect.span import Span
from mailguard.model import Kind

REACH = 6  # lines from a name to a value that still belongs to it
_KANA = regex.compile(r"[ぁ-ゖァ-ヺー ]++")
_BETWEEN = regex.compile(r"[ ]{0,3}(?:様|さん|氏)?[ ]{0,3}[(\[<【〔「/]?[ ]{0,3}")
LIST = 5  # so many names in a row, hardly anything else around them, are a list
SHORT = 25  # characters of a line in a list of names
NAMES = (Kind.NAME, Kind.NAME_KANA)
CONTACTS = (Kind.EMAIL, Kind.PHONE, Kind.ADDRESS)
_SEVERAL = {Kind.EMAIL: 2, Kind.PHONE: 4, Kind.ADDRESS: 2, Kind.POSTAL_CODE: 2}  # of one person; of other kinds one


@dataclass(frozen=True, slots=True)
class Hit:
    """A span with its clear text and its line. greeted: 様 or 殿 ends the line right behind the name."""

    span: Span
    value: str
    line: Line
    greeted: bool = False


@dataclass(slots=True)
class Group:
    """A person, or an organisation, or nobody known, and what stands there about them."""

    number: int
    names: list[Hit] = field(default_factory=list)
    about: list[Hit] = field(default_factory=list)
    organisation: bool = False
    listed: bool = False
    last: int = 0

    @property
    def block(self) -> str:
        """How findings and persons name this group."""
        return str(self.number)

    @property
    def persons(self) -> list[Hit]:
        """The names without those that only say how another one is read: 佐藤 花子(サトウ ハナコ)."""
        ordered = sorted(self.names, key=lambda hit: hit.span.start)
        readings: set[int] = set()
        for first, second in pairwise(ordered):  # what stands between a name and its reading leaves no room for a third
            readings.update(id(hit) for hit, other in ((first, second), (second, first)) if _reads(hit, other))
        return [hit for hit in self.names if id(hit) not in readings]

    @property
    def contacts(self) -> list[Hit]:
        """What ties a household."""
        return [hit for hit in self.about if hit.span.kind in CONTACTS]

    def takes(self, hit: Hit) -> bool:
        """Whether a value is still of this group: near enough, and not one more than people have."""
        if hit.line.number - self.last > REACH:
            return False
        if len(self.names) > 3 and hit.line.number != self.names[-1].line.number:
            return False  # below a line of many names a contact is of none of them
        same = sum(other.span.kind is hit.span.kind for other in self.about)
        several = _SEVERAL.get(hit.span.kind, 1) if self.names or self.organisation else 1
        return same < several * max(1, len(self.names))


def _reads(hit: Hit, other: Hit) -> bool:
    """Whether a name in kana stands right behind, or in brackets right before, the same line's name in kanji."""
    if hit is other or hit.line.number != other.line.number:
        return False
    if not _KANA.fullmatch(hit.value) or _KANA.fullmatch(other.value):
        return False
    first, second = (other, hit) if other.span.start < hit.span.start else (hit, other)
    between = hit.line.text[first.span.end - hit.line.start : second.span.start - hit.line.start]
    return _BETWEEN.fullmatch(between) is not None


def groups_of(lines: Sequence[Line], hits: Sequence[Hit]) -> list[Group]:
    """Every hit in a group: behind the name or the organisation that stands before it, else on its own."""
    by_line: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_line[hit.line.number].append(hit)
    listed = _listed(lines, by_line)
    groups: list[Group] = []

    def opened(line: Line, *, organisation: bool = False, names: Sequence[Hit] = ()) -> Group:
        groups.append(Group(len(groups), list(names), organisation=organisation, last=line.number))
        return groups[-1]

    for line in lines:
        found = by_line.get(line.number, [])
        names = [hit for hit in found if hit.span.kind in NAMES]
        organisation = names_organisation(line.text)
        if names:
            staff = bool(groups) and groups[-1].organisation and names_staff(line.text)
            opened(line, organisation=organisation or staff, names=names).listed = line.number in listed
        elif organisation:
            opened(line, organisation=True)
        for hit in found:
            if hit.span.kind not in NAMES:
                group = groups[-1] if groups and groups[-1].takes(hit) else opened(line)
                group.about.append(hit)
                group.last = line.number
    return groups


def _listed(lines: Sequence[Line], by_line: Mapping[int, Sequence[Hit]]) -> set[int]:
    """Numbers of the lines that are a list of names: one long line, or short lines most of which are a name."""
    listed: set[int] = set()
    paragraphs: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if line.text.strip():
            paragraphs[line.paragraph].append(line)
    for paragraph in paragraphs.values():
        named = {line.number for line in paragraph if _mostly_names(line, by_line)}
        short = [line for line in paragraph if len(line.text.strip()) <= SHORT]
        if len(short) >= LIST and 2 * sum(line.number in named for line in short) >= len(short):
            listed.update(line.number for line in short)
        listed.update(number for number in named if len(by_line[number]) >= LIST)
    return listed


def _mostly_names(line: Line, by_line: Mapping[int, Sequence[Hit]]) -> bool:
    names = [hit.value for hit in by_line.get(line.number, ()) if hit.span.kind in NAMES]
    least = 0.4 if len(names) >= LIST else 0.5  # among many names some are not known
    return bool(names) and sum(map(len, names)) >= least * len("".join(line.text.split()))
