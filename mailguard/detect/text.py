"""Running text: spans become findings by paragraph or file, and names with what stands beside them become persons.

In: a Text, its spans in folded form, the digest of its file. Out: Evidence. A contact belongs to the name, or to the
organisation, that stands before it; a name without any contact stays a name in running text.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailguard import normal
from mailguard.detect.blocks import Line
from mailguard.detect.evidence import Evidence, Values, contacts, name_digests
from mailguard.detect.organisation import names_organisation, names_staff, shared_mailbox
from mailguard.detect.persons import Record, hashes
from mailguard.detect.span import Span
from mailguard.detect.table import tie_form
from mailguard.digest import Digester
from mailguard.model import PEOPLE, Finding, Kind, PartPath, Person

REACH = 6  # lines from a name to a contact that still belongs to it
STAFF = 5  # more people than this in one text are no organisation's contacts, whatever words stand beside them
LIST_LINES = 5  # so many lines of hardly more than a name are a list of names
_NAMES = (Kind.NAME, Kind.NAME_KANA)
_CONTACTS = (Kind.EMAIL, Kind.PHONE, Kind.ADDRESS)
_MOBILE = ("070", "080", "090", "060")


@dataclass(frozen=True, slots=True)
class Hit:
    """A span with its clear text and its line. greeted: 様 or 殿 stands behind the name, spaces apart."""

    span: Span
    value: str
    line: Line
    greeted: bool = False


@dataclass(slots=True)
class Group:
    """A person, or an organisation, or neither, and the contacts that follow."""

    names: list[Hit] = field(default_factory=list)
    contacts: list[Hit] = field(default_factory=list)
    organisation: bool = False
    listed: bool = False
    last: int = 0

    def takes(self, hit: Hit) -> bool:
        """A second e-mail address in another line, or a fourth phone, is somebody else's."""
        if hit.line.number - self.last > REACH:
            return False
        same = [other for other in self.contacts if other.span.kind is hit.span.kind]
        if self.organisation or any(other.line.number == hit.line.number for other in same):
            return bool(self.names) or self.organisation
        return len(same) < (3 if hit.span.kind is Kind.PHONE and self.names else 1)


@dataclass(frozen=True, slots=True)
class TextReader:
    """Makes Evidence of the spans of one text. body: what a reader sees first, not an attachment."""

    digester: Digester
    path: PartPath
    key: bytes
    body: bool

    def evidence(self, lines: Sequence[Line], hits: Sequence[Hit]) -> Evidence:
        """Group the hits, then tell findings, records and persons."""
        groups = list(_groups(lines, hits))
        if sum(group.organisation and self._somebody(group) for group in groups) > STAFF:
            for group in groups:
                group.organisation = False
        addressee = self._addressee(groups)
        counted = [group for group in groups if group is not addressee and not (self.body and group.organisation)]
        people = [person for number, group in enumerate(groups) for person in self._people(number, group, lines)]
        people.sort(key=lambda person: not person.identified)
        return Evidence(
            findings=tuple(self._findings(groups, hits, lines)),
            records=tuple(record for group in counted for record in self._records(group)),
            people=tuple(people[:PEOPLE]),
            crowded=len(people) > PEOPLE,
        )

    def _addressee(self, groups: Sequence[Group]) -> Group | None:
        """The person whom a body greets in its first lines is who it is sent to, not data in it."""
        for group in groups[:2]:
            if self.body and len(group.names) == 1 and group.names[0].greeted and not group.contacts:
                return group
        return None

    def _findings(self, groups: Sequence[Group], hits: Sequence[Hit], lines: Sequence[Line]) -> Iterator[Finding]:
        of_organisation = {id(hit) for group in groups if group.organisation for hit in (*group.names, *group.contacts)}
        sorted_out: dict[tuple[int, Kind, bool], list[Hit]] = defaultdict(list)
        for hit in hits:
            place = hit.line.paragraph if self.body else 0
            sorted_out[place, hit.span.kind, id(hit) in of_organisation].append(hit)
        for (_, kind, organisation), found in sorted_out.items():
            best = max(found, key=lambda hit: hit.span.confidence)
            values = Values(kind, best.span.rule, best.span.confidence, [hit.value for hit in found])
            key = self.key_of(lines, found[0].line)
            yield values.finding(self.digester, self.path, _where(found), key, organisation=organisation)

    def _records(self, group: Group) -> Iterator[Record]:
        ties = hashes((str(hit.span.kind), tie_form(hit.span.kind, hit.value)) for hit in group.contacts)
        if group.names:
            yield Record(hashes(("name", normal.name(hit.value)) for hit in group.names), ties, loose=True)
        elif not group.organisation:
            idents = hashes((str(hit.span.kind), hit.value) for hit in group.contacts if self._somebodys(hit))
            if idents:
                yield Record((), ties, idents[:1], loose=True)

    def _somebody(self, group: Group) -> bool:
        return bool(group.names) or any(self._somebodys(hit) for hit in group.contacts)

    def _somebodys(self, hit: Hit) -> bool:
        """Whether a contact without a name is a person's: a shared mailbox is not, nor a fixed line in a body."""
        if hit.span.kind is Kind.EMAIL:
            return not shared_mailbox(hit.value)
        if hit.span.kind is Kind.PHONE:
            return normal.phone(hit.value).startswith(_MOBILE) or not (self.body or hit.span.rule.endswith("toll_free"))
        return False

    def _people(self, number: int, group: Group, lines: Sequence[Line]) -> Iterator[Person]:
        block = f"{number}"
        tied = contacts(self.digester, ((hit.span.kind, hit.value) for hit in group.contacts))
        if not group.names and self._somebody(group):
            key = self.key_of(lines, group.contacts[0].line)
            yield Person(self.path, block, (), tied, identified=True, organisation=group.organisation, key=key)
        for hit in group.names:
            yield Person(
                self.path,
                block,
                name_digests(self.digester, hit.value),
                tied,
                identified=bool(tied) or group.listed,
                greeted=hit.greeted,
                organisation=group.organisation,
                key=self.key_of(lines, hit.line),
            )

    def key_of(self, lines: Sequence[Line], line: Line) -> bytes:
        """The evidence that a line belongs to: its paragraph in a body, else the whole file."""
        if not self.body:
            return self.key
        text = "\n".join(other.text.strip() for other in lines if other.paragraph == line.paragraph)
        return self.digester.of("paragraph", text)


def _groups(lines: Sequence[Line], hits: Sequence[Hit]) -> Iterator[Group]:
    by_line: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_line[hit.line.number].append(hit)
    listed = _listed(lines, by_line)
    current: Group | None = None
    for line in lines:
        found = by_line.get(line.number, [])
        names = [hit for hit in found if hit.span.kind in _NAMES]
        organisation = names_organisation(line.text)
        if names:
            staff = names_staff(line.text) and current is not None and current.organisation
            current = Group(names, organisation=organisation or staff, listed=line.number in listed, last=line.number)
            yield current
        elif organisation:
            current = Group(organisation=True, last=line.number)
            yield current
        for hit in found:
            if hit.span.kind in _CONTACTS:
                if current is None or not current.takes(hit):
                    current = Group(last=line.number)
                    yield current
                current.contacts.append(hit)
                current.last = line.number


def _listed(lines: Sequence[Line], by_line: dict[int, list[Hit]]) -> set[int]:
    """Numbers of lines in a run of at least `LIST_LINES` lines that hold hardly more than a name."""
    listed: set[int] = set()
    run: list[int] = []
    for line in lines:
        named = sum(len(hit.value) for hit in by_line.get(line.number, ()) if hit.span.kind in _NAMES)
        if named and 2 * named >= len("".join(line.text.split())):
            run.append(line.number)
        elif not line.text.isspace() and line.text:
            run = []
        if len(run) >= LIST_LINES:
            listed.update(run)
    return listed


def _where(hits: Sequence[Hit]) -> str:
    first, last = hits[0].line.number, hits[-1].line.number
    return f"{first}行目" if first == last else f"{first}〜{last}行目"
