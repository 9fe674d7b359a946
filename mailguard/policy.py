"""From inspection to verdict: what holds a message. Pure; knows digests, never clear text of the content.

In: envelope, inspection, policy. Out: a Verdict whose reasons are stable codes and whose evidence names the leaves and
paragraphs that hold. What is the recipient's own or the organisation's own (allowed) is subtracted; nothing else is.
"""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mailguard import normal
from mailguard.config import Own
from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.model import (
    HEADERS,
    Action,
    Envelope,
    Finding,
    Inspection,
    Kind,
    PartPath,
    Person,
    SourceMode,
    Verdict,
    attached,
)

STAFF = 3  # persons named for an organisation in a recipient's own document (担当, 発行者)


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """rules/policy.toml."""

    body_persons: int  # so many distinct persons with another identifier, or in a list, hold a body
    body_names: int  # so many distinct names in running text hold a body
    visible_addresses: int  # more distinct outside addresses than this in To and Cc hold a message
    confidence: float  # findings below it do not count
    high_risk: frozenset[Kind]  # kinds of which one holds, wherever it stands


def thresholds(path: Path) -> Thresholds:
    """Read a policy file; raises ConfigError."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Thresholds)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}. Correct it, or take the shipped rules/policy.toml.") from None


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds, and digests of what is the organisation's own."""

    limits: Thresholds
    digester: Digester
    domains: frozenset[str] = frozenset()
    values: frozenset[bytes] = frozenset()
    domain_digests: frozenset[bytes] = field(default=frozenset(), repr=False)

    @classmethod
    def build(cls, limits: Thresholds, own: Own, digester: Digester) -> "Policy":
        """Digest the organisation's own contact details."""
        values = [digester.phone(phone) for phone in own.phones]
        values += [digester.address(address) for address in own.addresses]
        values += [digester.name(name) for name in own.names]
        domains = frozenset(normal.domain(domain) for domain in own.domains)
        return cls(limits, digester, domains, frozenset(values), frozenset(map(digester.domain, domains)))

    def outside(self, recipients: Iterable[str]) -> list[str]:
        """Distinct recipients that are not in the organisation's own domains."""
        distinct = dict.fromkeys(normal.email(address) for address in recipients)
        return [address for address in distinct if normal.domain(address.rpartition("@")[2]) not in self.domains]


def judge(
    envelope: Envelope, inspection: Inspection, policy: Policy, mode: SourceMode = SourceMode.FINDINGS
) -> Verdict:
    """The machine's word on one message."""
    case = _Case(envelope, inspection, policy)
    reasons: dict[str, set[bytes]] = {}
    for code, key in case.reasons(mode):
        reasons.setdefault(code, set()).add(key)
    if not reasons:
        return Verdict(Action.PASS)
    evidence = tuple(sorted(set().union(*reasons.values())))
    return Verdict(Action.HOLD, tuple(reasons), evidence, tuple(case.mismatches))


def content_key(source_id: str, subject_key: bytes, evidence: Collection[bytes], digester: Digester) -> bytes:
    """What one decision covers: source, subject skeleton and the digests of what holds."""
    return digester.of("hold", b"\0".join([source_id.encode(), subject_key, *sorted(evidence)]))


class _Case:
    """One message before the judge: who it is for, and what is left when their own is taken out."""

    def __init__(self, envelope: Envelope, inspection: Inspection, policy: Policy) -> None:
        self._inspection, self._policy = inspection, policy
        self._recipient = self._only(envelope)
        self._own = policy.values | {
            digest
            for finding in inspection.findings
            if finding.domains and policy.domain_digests.issuperset(finding.domains)
            for digest in finding.digests
        }
        self._names = self._recipients_names()
        self._persons = self._persons_by_path()
        self._strangers = self._strangers_in_body()
        self.mismatches = [finding for path in self._paths() if (finding := self._mismatch(path))]

    def reasons(self, mode: SourceMode) -> Iterator[tuple[str, bytes]]:
        """(code, key of evidence), the gravest first."""
        yield from (("recipient_mismatch", finding.key) for finding in self.mismatches)
        yield from self._attachment_findings()
        yield from self._body()
        yield from self._visible_addresses()
        yield from ((f"problem_{problem.kind}", problem.key) for problem in self._inspection.problems)
        yield from self._mode(mode)

    def _only(self, envelope: Envelope) -> bytes | None:
        """Digest of the one outside recipient; To and Cc stand in where there is no envelope (a file scanned)."""
        if envelope.rcpt_to:
            outside = {self._policy.digester.email(address) for address in self._policy.outside(envelope.rcpt_to)}
        else:
            own = self._policy.domain_digests
            shown = [other for other in self._inspection.addressees if other.recipient]
            outside = {other.address for other in shown if other.domain not in own}
        return outside.pop() if len(outside) == 1 else None

    def _recipients_names(self) -> tuple[tuple[bytes, ...], ...]:
        """How the message itself names its one recipient: display name in To, else greeting in the body."""
        if self._recipient is None:
            return ()
        addressees = self._inspection.addressees
        shown = tuple(other.names for other in addressees if other.address == self._recipient and other.names)
        # To comes from the same record as the address; a greeting that contradicts it belongs to somebody else.
        greeted = [person for person in self._inspection.people if not attached(person.path) and person.greeted]
        return shown or tuple(person.names for person in greeted)

    def _paths(self) -> list[PartPath]:
        """Attachments that speak of persons, and bodies that greet one."""
        people = [person for person in self._inspection.people if attached(person.path) or person.greeted]
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
        for person in self._inspection.people:
            if not person.organisation and not self._is_own(person):
                persons.setdefault(person.path, []).append(person)
        return persons

    def _is_own(self, person: Person) -> bool:
        """Staff by name; without a name, when every contact is the organisation's own."""
        if person.names:
            return person.names[0] in self._own
        return bool(person.contacts) and self._own.issuperset(person.contacts)

    def _recipients_blocks(self, path: PartPath) -> frozenset[str]:
        """The rows or paragraphs of a part that are about the one recipient."""
        if self._recipient is None or path in self._inspection.crowded:
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
            staff = [p for p in self._inspection.people if p.path == finding.path and p.organisation]
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
        named = [f for f in self._inspection.findings if f.path == path and f.kind in {Kind.NAME, Kind.NAME_KANA}]
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
            key=self._policy.digester.of("mismatch", named[0].key + (self._recipient or b"")),
        )

    def _attachment_findings(self) -> Iterator[tuple[str, bytes]]:
        for finding in self._inspection.findings:
            if attached(finding.path) and self._counts(finding):
                yield "attachment_findings", finding.key

    def _counts(self, finding: Finding) -> bool:
        """Whether a finding is sure enough, and neither the organisation's own nor the recipient's."""
        complete = len(finding.digests) == finding.distinct and finding.distinct > 0
        own = complete and self._own.issuperset(finding.digests)
        return finding.confidence >= self._policy.limits.confidence and not own and not self._recipients_own(finding)

    def _body(self) -> Iterator[tuple[str, bytes]]:
        """A body that holds is held for every paragraph in which something counts, so that an approval covers no more."""
        findings = [f for f in self._inspection.findings if not attached(f.path) and self._counts(f)]
        reasons = [code for code, holds in self._body_reasons(findings) if holds]
        for code in reasons:
            yield from ((code, finding.key) for finding in findings)
            yield from ((code, person.key) for person in self._strangers)

    def _body_reasons(self, findings: Iterable[Finding]) -> Iterator[tuple[str, bool]]:
        limits, strangers = self._policy.limits, self._strangers
        yield "body_high_risk", any(_high_risk(finding, limits) for finding in findings)
        identified = [person for person in strangers if person.identified]
        yield "body_persons", len(_distinct(identified)) >= limits.body_persons
        yield "body_names", len(_distinct(strangers)) >= limits.body_names

    def _strangers_in_body(self) -> list[Person]:
        """Persons in the body who are neither staff nor the recipient."""
        bodies = [persons for path, persons in self._persons.items() if not attached(path)]
        return [person for persons in bodies for person in persons if not self._is_recipient(person)]

    def _visible_addresses(self) -> Iterator[tuple[str, bytes]]:
        most = self._policy.limits.visible_addresses
        if len(self._inspection.addressees) <= most:
            return
        outside = {a.address for a in self._inspection.addressees if a.domain not in self._policy.domain_digests}
        if len(outside) > most:
            yield "visible_addresses", self._policy.digester.of(HEADERS, b"".join(sorted(outside)))

    def _mode(self, mode: SourceMode) -> Iterator[tuple[str, bytes]]:
        files = sorted(part.key for part in self._inspection.parts if attached(part.path))
        if mode is SourceMode.NO_ATTACHMENTS:
            yield from (("attachment_forbidden", key) for key in files)
        elif mode is SourceMode.EVERY_MAILING:
            mailing = b"".join([self._inspection.subject_key, self._inspection.body_key, *files])
            yield "every_mailing", self._policy.digester.of("mailing", mailing)


def _high_risk(finding: Finding, limits: Thresholds) -> bool:
    """One of these holds; an organisation's bank account in a body is where to pay."""
    payee = finding.organisation and finding.kind is Kind.BANK_ACCOUNT
    return finding.kind in limits.high_risk and not payee


def _same(left: tuple[bytes, ...], right: tuple[bytes, ...]) -> bool:
    """Whether two ways to name somebody agree: equal in full, or one is the other's family name alone."""
    if not left or not right:
        return False
    return left[0] == right[0] or left[0] in right[1:] or right[0] in left[1:]


def _distinct(people: Iterable[Person]) -> set[bytes]:
    return {(person.names or person.contacts)[0] for person in people if person.names or person.contacts}
