"""Running text: groups of hits become findings by paragraph or file, records and persons.

In: the lines and hits of one text, and the digest of its file. Out: Evidence. A name without anything else beside it, and
in no list, stays a name in running text.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailguard import normal
from mailguard.detect import tokenizer
from mailguard.detect.blocks import Line
from mailguard.detect.cells import tie_form
from mailguard.detect.evidence import Evidence, Values, contacts, name_digests
from mailguard.detect.greeting import greeting_line
from mailguard.detect.groups import LIST, Group, Hit, groups_of
from mailguard.detect.name_lists import only_names
from mailguard.detect.named import named, spelt
from mailguard.detect.organisation import shared_mailbox
from mailguard.detect.paragraph_keys import ParagraphKeys
from mailguard.detect.persons import Record, aligned, hashes
from mailguard.digest import Digester
from mailguard.model import PEOPLE, Finding, Kind, PartPath, Person

STAFF = 3  # more people than this in one text are no organisation's contacts, whatever words stand beside them
_MOBILE = ("070", "080", "090", "060")


@dataclass(frozen=True, slots=True)
class TextReader:
    """Makes Evidence of the hits of one text. body: what a reader sees first, not an attachment.

    whole: no line with text in it was left out.
    """

    digester: Digester
    path: PartPath
    key: bytes
    body: bool
    whole: bool = True
    _keys: ParagraphKeys = field(default_factory=ParagraphKeys, init=False, repr=False, compare=False)

    def evidence(self, lines: Sequence[Line], hits: Sequence[Hit]) -> Evidence:
        """Group the hits, then tell findings, records and persons."""
        groups = groups_of(lines, hits)
        anybody = self._is_list(groups)
        if sum(group.organisation and _somebody(group, anybody=anybody) for group in groups) > STAFF:
            for group in groups:
                group.organisation = False
        addressee = self._addressee(lines, groups)
        people = [
            person
            for group in groups
            for person in self._people(group, lines, anybody=anybody, greeted=group is addressee)
        ]
        people.sort(key=lambda person: not (person.identified or person.greeted))
        counted = [group for group in groups if group is not addressee and not (self.body and group.organisation)]
        return Evidence(
            findings=tuple(self._findings(groups, hits, lines)),
            records=tuple(self._counted(lines, counted, anybody=anybody)),
            people=tuple(people[:PEOPLE]),
            crowded=len(people) > PEOPLE,
        )

    def _counted(self, lines: Sequence[Line], groups: Sequence[Group], *, anybody: bool) -> Iterator[Record]:
        """In a file of names and nothing else every line is somebody; elsewhere a name may be somebody known."""
        if not self.body and self.whole and only_names(lines, groups):
            yield from map(_listed, groups)
        else:
            yield from (record for group in groups for record in _records(group, anybody=anybody))

    def key_of(self, lines: Sequence[Line], *of: Line) -> bytes:
        """The evidence that lines belong to: their paragraphs in a body, else the whole file."""
        if not self.body:
            return self.key
        if self._keys.lines is not lines:
            self._keys.begin(lines)
        return self._keys.of(self.digester, tuple(sorted({line.paragraph for line in of})))

    def _is_list(self, groups: Sequence[Group]) -> bool:
        """Whether contacts without names are persons': always in a file, in a body from `LIST` of them on."""
        alone = [group for group in groups if group.contacts and not group.names and not group.organisation]
        return not self.body or len(alone) >= LIST

    def _addressee(self, lines: Sequence[Line], groups: Sequence[Group]) -> Group | None:
        """The person whom a body greets in its first lines is who it is sent to, not data in it."""
        if not self.body:
            return None
        greeted = {hit.line.number: group for group in groups for hit in group.names if hit.greeted}
        number = greeting_line(lines, list(greeted))
        group = greeted.get(number) if number is not None else None
        return group if group and len(group.names) == 1 else None

    def _findings(self, groups: Sequence[Group], hits: Sequence[Hit], lines: Sequence[Line]) -> Iterator[Finding]:
        group_of = {id(hit): group for group in groups for hit in (*group.names, *group.about)}
        sorted_out: dict[tuple[int, Kind, bool], list[Hit]] = defaultdict(list)
        for hit in hits:
            place = hit.line.paragraph if self.body else 0
            sorted_out[place, hit.span.kind, group_of[id(hit)].organisation].append(hit)
        for (_, kind, organisation), found in sorted_out.items():
            best = max(found, key=lambda hit: hit.span.confidence)
            values = Values(kind, best.span.rule, best.span.confidence, [hit.value for hit in found])
            values.blocks = [group_of[id(hit)].block for hit in found]
            key = self.key_of(lines, found[0].line)
            yield values.finding(self.digester, self.path, _where(found), key, organisation=organisation)

    def _people(self, group: Group, lines: Sequence[Line], *, anybody: bool, greeted: bool) -> Iterator[Person]:
        if not _somebody(group, anybody=anybody):
            return
        tied = contacts(self.digester, ((hit.span.kind, hit.value) for hit in group.contacts))
        emails = [hit.value for hit in group.contacts if hit.span.kind is Kind.EMAIL and not shared_mailbox(hit.value)]
        for hit in group.persons or group.contacts[:1]:
            yield Person(
                self.path,
                group.block,
                name_digests(self.digester, hit.value) if group.names else (),
                tied,
                tuple(map(self.digester.email, emails)),
                identified=bool(group.about) or group.listed,
                greeted=greeted,
                organisation=group.organisation,
                key=self.key_of(lines, hit.line),
            )


def _listed(group: Group) -> Record:
    [hit] = group.persons
    one = named(hit.value, "", next((other.value for other in group.names if other is not hit), ""))
    name = hashes([("name", one.form)])
    return Record(
        name,
        (),
        readings=aligned("reading", [one.reading or normal.reading(tokenizer.load().reading(one.form))]),
        families=aligned("name", [one.family]),
        spelt=name if one.reading and spelt(one.form) else (),
    )


def _records(group: Group, *, anybody: bool) -> Iterator[Record]:
    ties = hashes((str(hit.span.kind), tie_form(hit.span.kind, hit.value)) for hit in group.contacts)
    if group.names:
        yield Record(hashes(("name", normal.name(hit.value)) for hit in group.persons), ties, loose=True)
    elif not group.organisation and _somebody(group, anybody=anybody):
        somebody = next(hit for hit in group.contacts if _somebodys(hit, anybody=anybody))
        yield Record((), ties, hashes([(str(somebody.span.kind), somebody.value)]), loose=True)


def _somebody(group: Group, *, anybody: bool) -> bool:
    return bool(group.names) or any(_somebodys(hit, anybody=anybody) for hit in group.contacts)


def _somebodys(hit: Hit, *, anybody: bool) -> bool:
    """Whether a contact without a name is a person's: info@ and toll-free numbers never, a fixed line only in a list."""
    if hit.span.kind is Kind.EMAIL:
        return not shared_mailbox(hit.value)
    if hit.span.kind is Kind.PHONE:
        return normal.phone(hit.value).startswith(_MOBILE) or (anybody and not hit.span.rule.endswith("toll_free"))
    return anybody


def _where(hits: Sequence[Hit]) -> str:
    first, last = hits[0].line.number, hits[-1].line.number
    return f"{first}行目" if first == last else f"{first}〜{last}行目"
