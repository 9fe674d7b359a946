"""One message before the judge: who it is for, and what is left when their own and the organisation's own is taken out.

In: envelope, inspection, policy. Out: how each finding and each person stands. Pure; knows digests, never clear text.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cached_property

from mailguard.model import Envelope, Finding, Inspection, Kind, PartPath, Person, attached
from mailguard.policy.senders import staff_domains
from mailguard.policy.thresholds import Scope
from mailguard.policy.whole import Policy

STAFF = 3  # persons named for an organisation in a recipient's own document (担当, 発行者)
CARDS = 5  # address cards of the own staff in one file, known by an e-mail address at an own or the sender's domain
_ON_CARDS = frozenset({Kind.NAME, Kind.NAME_KANA, Kind.EMAIL, Kind.PHONE})  # what staff give to customers
_NAMES = frozenset({Kind.NAME, Kind.NAME_KANA})
_CONTACTS = frozenset({Kind.EMAIL, Kind.PHONE})
_PLACES = frozenset({Kind.ADDRESS, Kind.POSTAL_CODE})  # the office's, or somebody's home


class Standing(StrEnum):
    """Whether a finding counts, or why not; the strings are public."""

    COUNTS = "counts"
    UNSURE = "unsure"
    IGNORED = "ignored"
    OWN = "own"
    PUBLIC = "public"
    RECIPIENT = "recipient"
    MONITORED = "monitored"


class Case:
    """One message before the judge: who it is for, and what is left when their own is taken out.

    recipients: how many its mailing has had until now; None where nobody counts them.
    """

    def __init__(
        self, envelope: Envelope, inspection: Inspection, policy: Policy, recipients: int | None = None
    ) -> None:
        self.inspection, self.policy, self.recipients = inspection, policy, recipients
        self._recipient = self._only(envelope)
        self._envelope = envelope
        at_home = {
            digest
            for finding in inspection.findings
            if finding.domains and policy.domain_digests.issuperset(finding.domains)
            for digest in finding.digests
        }
        # Nothing is copied without need: these lists are long, and most mails ask nothing of them.
        self._own = policy.values | at_home if at_home else policy.values
        self._own_rows: dict[PartPath, frozenset[str]] = {}
        self._names = self._recipients_names()
        self._persons = self._persons_by_path()
        self.mismatches = [finding for path in self._paths() if (finding := self._mismatch(path))]

    @cached_property
    def _published(self) -> frozenset[bytes]:
        """The organisation's own values, and what is on the allow list."""
        return self._own | self.policy.public if self.policy.public else self._own

    @cached_property
    def _senders(self) -> frozenset[bytes]:
        """Domains of the sender's staff."""
        return frozenset(map(self.policy.digester.domain, staff_domains(self._envelope, self.inspection)))

    def _only(self, envelope: Envelope) -> bytes | None:
        """Digest of the one outside recipient; To and Cc stand in where there is no envelope (a file scanned)."""
        if envelope.rcpt_to:
            outside = {self.policy.digester.email(address) for address in self.policy.outside(envelope.rcpt_to)}
        else:
            own = self.policy.domain_digests
            shown = [other for other in self.inspection.addressees if other.recipient]
            outside = {other.address for other in shown if other.domain not in own}
        return outside.pop() if len(outside) == 1 else None

    def _recipients_names(self) -> tuple[tuple[bytes, ...], ...]:
        """How the message itself names its one recipient: display name in To, else greeting in the body."""
        if self._recipient is None:
            return ()
        addressees = self.inspection.addressees
        shown = tuple(other.names for other in addressees if other.address == self._recipient and other.names)
        # To comes from the same record as the address; a greeting that contradicts it belongs to somebody else.
        greeted = [person for person in self.inspection.people if not attached(person.path) and person.greeted]
        return shown or tuple(person.names for person in greeted)

    def _paths(self) -> list[PartPath]:
        """Attachments that speak of persons, and bodies that greet one."""
        people = [person for person in self.inspection.people if attached(person.path) or person.greeted]
        return list(dict.fromkeys(person.path for person in people))

    def _is_recipient(self, person: Person) -> bool:
        """By e-mail address; by name only where no other e-mail address stands beside it."""
        emails = [email for email in person.emails if email not in self._own]
        if self._recipient is None or emails:
            return self._recipient in emails
        return any(_same(person.names, names) for names in self._names)

    def _persons_by_path(self) -> dict[PartPath, list[Person]]:
        """Persons of each part who are not there for an organisation or the own one."""
        persons: dict[PartPath, list[Person]] = {}
        for person in self.inspection.people:
            if not person.organisation and not self._is_own(person):
                persons.setdefault(person.path, []).append(person)
        return persons

    def _is_own(self, person: Person) -> bool:
        """Staff by name; without a name, when every contact is the organisation's own or published."""
        if person.names:
            named = person.names[0] in self._own or self._own_surname(person)
            return named or person.block in self._staff(person.path)
        return bool(person.contacts) and self._published.issuperset(person.contacts)

    def _own_surname(self, person: Person) -> bool:
        """A surname alone is a member of the staff where an own contact and no other stands beside it, or right before it."""
        if person.names[0] not in self.policy.surnames:
            return False
        if person.contacts:
            return self._own.issuperset(person.contacts)
        return person.organisation and person.block.isdecimal() and self._own_before(person)

    def _own_before(self, person: Person) -> bool:
        """Whether the group of lines before a person has contacts, all of them the organisation's own."""
        before = str(int(person.block) - 1)
        found = [f for f in self.inspection.findings if f.path == person.path and before in f.blocks]
        contacts = [f for f in found if f.kind in _CONTACTS]
        return bool(contacts) and all(self._complete(f) and self._own.issuperset(f.digests) for f in contacts)

    def _own_blocks(self, path: PartPath) -> frozenset[str]:
        """The rows or groups of a part that name own staff and nobody else."""
        if path in self.inspection.crowded:
            return frozenset()
        if path not in self._own_rows:
            people = [person for person in self.inspection.people if person.path == path]
            strangers = {person.block for person in people if not (person.names and self._is_own(person))}
            self._own_rows[path] = frozenset(person.block for person in people) - strangers
        return self._own_rows[path]

    def _staff(self, path: PartPath) -> frozenset[str]:
        """The address cards of a file that are of the own staff, and say nothing private; a few only.

        Each has an e-mail address at an own domain; else all that stand in the file are at the sender's, and no home is.
        """
        if not path[-1].lower().endswith(".vcf") or path in self.inspection.crowded:
            return frozenset()
        found = [finding for finding in self.inspection.findings if finding.path == path]
        people = [person for person in self.inspection.people if person.path == path]
        rows = frozenset(person.block for person in people if not self._own.isdisjoint(person.emails))
        if not rows and self._sender_is_theirs(found):
            rows = frozenset(person.block for person in people if person.emails)
        private = any(finding.kind not in _ON_CARDS | _PLACES for finding in found)
        return frozenset() if private or len(rows) > CARDS else rows

    def _sender_is_theirs(self, found: Iterable[Finding]) -> bool:
        """Whether all e-mail addresses of some findings are at the sender's domain, and all street addresses an office's."""
        domains = {domain for finding in found for domain in finding.domains}
        homes = any(finding.kind in _PLACES and not finding.organisation for finding in found)
        return bool(domains) and domains <= self._senders and not homes

    def _recipients_blocks(self, path: PartPath) -> frozenset[str]:
        """The rows or paragraphs of a part that are about the one recipient."""
        if self._recipient is None or path in self.inspection.crowded:
            return frozenset()
        blocks: dict[str, list[Person]] = {}
        for person in self._persons.get(path, []):
            blocks.setdefault(person.block, []).append(person)
        return frozenset(block for block, persons in blocks.items() if self._one_family(persons))

    def _one_family(self, persons: Sequence[Person]) -> bool:
        """Whether the recipient is among these persons, and every other one shares her family name."""
        if not any(self._is_recipient(person) for person in persons):
            return False
        named = [person.names for person in persons if person.names]
        known = [names for names in named if any(_same(names, own) for own in self._names)] or named[:1]
        return all(set(names) & set(known[0]) for names in named)

    def _recipients_own(self, finding: Finding) -> bool:
        """Whether all values stand in the recipient's blocks, or in an organisation's in the recipient's own document."""
        blocks = self._recipients_blocks(finding.path)
        if finding.organisation:
            staff = [p for p in self.inspection.people if p.path == finding.path and p.organisation]
            return bool(blocks) and len(staff) <= STAFF
        return bool(finding.blocks) and blocks.issuperset(finding.blocks)

    def _mismatch(self, path: PartPath) -> Finding | None:
        """A part about exactly one person, or a body that greets one, who is not the one recipient (差し込みのずれ)."""
        persons = [
            person for person in self._persons.get(path, []) if person.names and (attached(path) or person.greeted)
        ]
        distinct = {person.names[0] for person in persons}
        if (
            not self._names
            or len(distinct) != 1
            or any(self._is_recipient(person) for person in self._persons.get(path, []))
        ):
            return None
        named = [f for f in self.inspection.findings if f.path == path and f.kind in {Kind.NAME, Kind.NAME_KANA}]
        if not named:
            return None
        return Finding(
            rule="recipient_mismatch",
            kind=Kind.RECIPIENT_MISMATCH,
            path=path,
            where=named[0].where,
            count=1,
            distinct=1,
            samples=named[0].samples[:1],
            # Wrong for this recipient: an approval of the same file for another one must not cover it.
            key=self.policy.digester.of("mismatch", named[0].key + (self._recipient or b"")),
        )

    @staticmethod
    def _complete(finding: Finding) -> bool:
        """Whether the digests of a finding are all of its values."""
        return len(finding.digests) == finding.distinct and finding.distinct > 0

    def standing(self, finding: Finding, scope: Scope) -> Standing:
        """Whether a finding is sure enough for a scope, and neither the organisation's own nor the recipient's."""
        if finding.confidence < self.policy.limits.sure(scope):
            return Standing.UNSURE
        if finding.kind in scope.ignore:
            return Standing.IGNORED
        if self._complete(finding) and self._own.issuperset(finding.digests):
            return Standing.OWN
        # Of a published contact only the value itself is nobody's: who stands beside it still counts.
        if self._complete(finding) and self._published.issuperset(finding.digests):
            return Standing.PUBLIC
        # Halves and readings of names have digests of their own: whom the row names tells.
        named = finding.kind in _NAMES and self._own_blocks(finding.path).issuperset(finding.blocks)
        if finding.blocks and (named or self._staff(finding.path).issuperset(finding.blocks)):
            return Standing.OWN
        return Standing.RECIPIENT if self._recipients_own(finding) else Standing.COUNTS

    @property
    def one_recipient(self) -> bool:
        """Whether exactly one recipient is outside the organisation."""
        return self._recipient is not None

    def strangers(self, paths: Iterable[PartPath] | None = None) -> list[Person]:
        """Persons of some parts (None: of all) who are neither staff nor the recipient."""
        wanted = self._persons if paths is None else [path for path in paths if path in self._persons]
        return [person for path in wanted for person in self._persons[path] if not self._is_recipient(person)]

    def files(self) -> list[PartPath]:
        """Parts with persons that are no body."""
        return [path for path in self._persons if attached(path)]

    def texts(self) -> list[PartPath]:
        """Bodies and the header block, where they speak of persons."""
        return [path for path in self._persons if not attached(path)]


def distinct(people: Iterable[Person]) -> set[bytes]:
    """Different persons, by name or else by a contact."""
    return {(person.names or person.contacts)[0] for person in people if person.names or person.contacts}


def _same(left: tuple[bytes, ...], right: tuple[bytes, ...]) -> bool:
    """Whether two ways to name somebody agree: equal in full, or one is the other's family name alone."""
    if not left or not right:
        return False
    return left[0] == right[0] or left[0] in right[1:] or right[0] in left[1:]
