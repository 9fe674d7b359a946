"""What detection yields for one Text or Table: findings, records for the count of persons, and persons one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mailguard import normal
from mailguard.detect.mask import mask
from mailguard.detect.person_dictionary import family_of
from mailguard.detect.persons import Record
from mailguard.detect.rows import Rows
from mailguard.digest import Digester
from mailguard.model import DIGESTS, Finding, Kind, PartPath, Person

SAMPLES = 3
_NORMAL = {
    Kind.EMAIL: normal.email,
    Kind.PHONE: normal.phone,
    Kind.ADDRESS: normal.address,
    Kind.POSTAL_CODE: normal.postal_code,
    Kind.NAME: normal.name,
    Kind.NAME_KANA: normal.kana,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """crowded: the part has more persons than `people` lists. rows: the records of long tables, in arrays.

    unread: persons at most in rows that were not read yet.
    """

    findings: tuple[Finding, ...] = ()
    records: tuple[Record, ...] = ()
    people: tuple[Person, ...] = ()
    crowded: bool = False
    rows: tuple[Rows, ...] = ()
    unread: int = 0


def together(parts: Sequence[Evidence]) -> Evidence:
    """What several pieces of one file tell."""
    return Evidence(
        findings=tuple(finding for part in parts for finding in part.findings),
        records=tuple(record for part in parts for record in part.records),
        people=tuple(person for part in parts for person in part.people),
        crowded=any(part.crowded for part in parts),
        rows=tuple(rows for part in parts for rows in part.rows),
        unread=sum(part.unread for part in parts),
    )


def apart(evidence: Evidence, where: str) -> Evidence:
    """With blocks that no other part of the same file has."""
    if not evidence.findings:
        return evidence
    return replace(
        evidence,
        findings=tuple(replace(f, blocks=tuple(f"{where} {block}" for block in f.blocks)) for f in evidence.findings),
        people=tuple(replace(person, block=f"{where} {person.block}") for person in evidence.people),
    )


def normalise(kind: Kind, value: str) -> str:
    """The normal form under which two notations of `value` are one."""
    return _NORMAL.get(kind, str.strip)(value)


@dataclass(slots=True)
class Values:
    """Values of one kind met in one place, on their way to a Finding, and the block of each."""

    kind: Kind
    rule: str
    confidence: float = 1.0
    clear: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    def finding(
        self, digester: Digester, path: PartPath, where: str, key: bytes, *, organisation: bool = False
    ) -> Finding:
        """Mask and digest: after this nothing clear is left."""
        distinct = {normalise(self.kind, value): value for value in reversed(self.clear)}
        capped = list(distinct)[::-1][:DIGESTS] if len(distinct) <= DIGESTS else []
        return Finding(
            rule=self.rule,
            kind=self.kind,
            path=path,
            where=where,
            count=len(self.clear),
            distinct=len(distinct),
            samples=tuple(mask(self.kind, value) for value in list(distinct.values())[::-1][:SAMPLES]),
            digests=tuple(digester.of(str(self.kind), form) for form in capped),
            domains=domains(self.kind, capped, digester),
            confidence=self.confidence,
            key=key,
            blocks=_few(self.blocks),
            organisation=organisation,
        )


def _few(blocks: Iterable[str]) -> tuple[str, ...]:
    distinct = tuple(dict.fromkeys(blocks))
    return distinct if len(distinct) <= DIGESTS else ()


def domains(kind: Kind, forms: Sequence[str], digester: Digester) -> tuple[bytes, ...]:
    """Digests of the domains of e-mail addresses, each once."""
    if kind is not Kind.EMAIL:
        return ()
    return tuple(dict.fromkeys(digester.domain(form.rpartition("@")[2]) for form in forms))


def contacts(digester: Digester, pairs: Iterable[tuple[Kind, str]]) -> tuple[bytes, ...]:
    """Digests of contacts, the same as in findings, so that the two can be compared."""
    return tuple(digester.of(str(kind), normalise(kind, value)) for kind, value in pairs if value)


def name_digests(digester: Digester, name: str) -> tuple[bytes, ...]:
    """Digest of the name as written, then of its family name when it has both."""
    family = family_of(name)
    return (digester.name(name),) if family is None else (digester.name(name), digester.name(family))
