"""What counts against what holds: every limit of the policy beside what was measured in one message. Pure.

In: a `Case`. Out: `Comparison`s, the gravest first; one that holds names its evidence. The verdict is made of them, and
`mailguard rules test` prints them: there is no second reckoning.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailguard.digest import Digester
from mailguard.model import FILE_NAME, HEADERS, Finding, Inspection, Kind, Person, Problem, SourceMode, attached
from mailguard.policy.case import Case, Standing, distinct
from mailguard.policy.thresholds import HIGH_RISK, MEASURES, SCOPES, Scope


@dataclass(frozen=True, slots=True)
class Comparison:
    """One limit. code: reason of a verdict; what: the limit's name in the policy file; keys: evidence when it holds."""

    code: str
    what: str
    measured: int
    limit: int
    keys: tuple[bytes, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the limit is reached."""
        return self.measured >= self.limit


@dataclass(frozen=True, slots=True)
class Heap:
    """What counts together under one scope of the policy."""

    name: str
    scope: Scope
    findings: tuple[Finding, ...]
    people: tuple[Person, ...]
    crowded: int = 0  # persons beyond those listed, at least

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The leaf or paragraph of everything that counts, so that an approval covers no more."""
        return (*(finding.key for finding in self.findings), *(person.key for person in self.people))

    @property
    def leaves(self) -> tuple[bytes, ...]:
        """What values hold: the leaves with findings in attachments, whoever else is named in others."""
        inside = self.name in {"attachment", "file_name"}
        return tuple(finding.key for finding in self.findings) if inside else self.keys


class Weighing:
    """One case under its policy; `skip`: rules, kinds and reasons that are only monitored."""

    def __init__(self, case: Case, skip: frozenset[str] = frozenset()) -> None:
        self._case, self._skip = case, skip

    def comparisons(self, mode: SourceMode) -> Iterator[Comparison]:
        """Every limit, the gravest first."""
        for comparison in self._all(mode):
            if comparison.code not in self._skip:
                yield comparison

    def _all(self, mode: SourceMode) -> Iterator[Comparison]:
        for finding in self._case.mismatches:
            yield Comparison("recipient_mismatch", "recipient", 1, 1, (finding.key,))
        for heap in self.heaps():
            yield from self._heap(heap)
        yield from self._visible_addresses()
        for problem in self._case.inspection.problems:
            yield from self._problem(problem)
        yield from self._mode(mode)

    def _problem(self, problem: Problem) -> Iterator[Comparison]:
        """Every one holds, except that the policy is asked about pictures and names what is harmless."""
        if self._case.policy.limits.passes(problem):
            return
        code, recipients = f"problem_{problem.kind}", self._case.recipients
        rule = self._case.policy.limits.pictures
        if not problem.picture or rule.unread == "always" or (rule.unread == "mailing" and recipients is None):
            yield Comparison(code, "problems", 1, 1, (problem.key,))
        elif rule.unread == "mailing":
            yield Comparison(code, "pictures.recipients", recipients or 0, rule.recipients + 1, (problem.key,))

    def heaps(self) -> Iterator[Heap]:
        """What counts, by scope: attachments, names of files, body with header block, header block alone."""
        limits, others = self._case.policy.limits, self._case.strangers(self._case.files())
        inside = [finding for finding in self._case.inspection.findings if attached(finding.path)]
        if limits.file_name is not None:
            listed = [person for person in others if person.block != FILE_NAME]
            yield self._of("attachment", limits.attachment, [f for f in inside if f.where != FILE_NAME], listed)
            named = [person for person in others if person.block == FILE_NAME]
            yield self._of("file_name", limits.file_name, [f for f in inside if f.where == FILE_NAME], named)
        else:
            yield self._of("attachment", limits.attachment, inside, others)
        outside = [finding for finding in self._case.inspection.findings if not attached(finding.path)]
        yield self._of("body", limits.body, outside, self._case.strangers(self._case.texts()))
        if limits.headers.counts:
            headers = [finding for finding in outside if finding.path == (HEADERS,)]
            yield self._of("headers", limits.headers, headers, self._case.strangers([(HEADERS,)]))

    def standing(self, finding: Finding, scope: Scope) -> Standing:
        """How a finding stands in a scope."""
        if self._skip and not self._skip.isdisjoint({finding.rule, str(finding.kind)}):
            return Standing.MONITORED
        return self._case.standing(finding, scope)

    def scope_of(self, finding: Finding) -> Scope:
        """Where a finding counts first."""
        limits = self._case.policy.limits
        if not attached(finding.path):
            return limits.body
        return (limits.file_name or limits.attachment) if finding.where == FILE_NAME else limits.attachment

    def _of(self, name: str, scope: Scope, findings: Iterable[Finding], people: Sequence[Person]) -> Heap:
        counting = tuple(f for f in findings if self.standing(f, scope) is Standing.COUNTS)
        of = self._case.inspection
        most = of.persons_least if of.uncounted else of.persons
        return Heap(name, scope, counting, tuple(people), most if name == "attachment" and of.crowded else 0)

    def _heap(self, heap: Heap) -> Iterator[Comparison]:
        code, keys = SCOPES[heap.name], heap.keys
        if code == "body":
            yield self._high_risk(heap, keys)
        for limit, what, measured in self._values(heap):
            yield Comparison(f"{code}_findings", what, measured, limit, heap.leaves)
        identified = [person for person in heap.people if person.identified]
        for measure, people in (("persons", identified), ("names", heap.people)):
            limit = getattr(heap.scope, measure)
            if limit is not None:
                measured = max(len(distinct(people)), heap.crowded)
                yield Comparison(f"{code}_{MEASURES[measure]}", f"{heap.name}.{measure}", measured, limit, keys)

    def _high_risk(self, heap: Heap, keys: tuple[bytes, ...]) -> Comparison:
        """One of these holds; an organisation's bank account in a body is where to pay."""
        kinds = self._case.policy.limits.high_risk
        risky = [
            finding
            for finding in heap.findings
            if finding.kind in kinds and not (finding.organisation and finding.kind is Kind.BANK_ACCOUNT)
        ]
        return Comparison(HIGH_RISK, f"{heap.name}.high_risk", _different(risky), 1, keys)

    def _values(self, heap: Heap) -> Iterator[tuple[int, str, int]]:
        """(limit, its name, how many different values) of each kind found."""
        groups: dict[tuple[int, str], list[Finding]] = {}
        high_risk = self._case.policy.limits.high_risk
        for finding in heap.findings:
            limit = heap.scope.limit(finding.kind, organisation=finding.organisation)
            if finding.kind in high_risk and attached(finding.path):
                groups.setdefault((1, f"high_risk {finding.kind}"), []).append(finding)
            elif limit is not None:
                owner = " of organisations" if finding.organisation and heap.scope.organisation else ""
                groups.setdefault((limit, f"{heap.name} {finding.kind}{owner}"), []).append(finding)
        for (limit, what), findings in groups.items():
            yield limit, what, _different(findings)

    def _visible_addresses(self) -> Iterator[Comparison]:
        policy, addressees = self._case.policy, self._case.inspection.addressees
        outside = sorted({other.address for other in addressees if other.domain not in policy.domain_digests})
        most = policy.limits.headers.visible_addresses
        key = policy.digester.of(HEADERS, b"".join(outside)) if len(outside) > most else b""
        yield Comparison("visible_addresses", "headers.visible_addresses", len(outside), most + 1, (key,))

    def _mode(self, mode: SourceMode) -> Iterator[Comparison]:
        inspection, digester = self._case.inspection, self._case.policy.digester
        files = _files(inspection)
        if mode is SourceMode.NO_ATTACHMENTS:
            yield Comparison("attachment_forbidden", "mode of the source", len(files), 1, tuple(files))
        elif mode is SourceMode.EVERY_MAILING:
            yield Comparison("every_mailing", "mode of the source", 1, 1, (mailing_key(inspection, digester),))


def mailing_key(inspection: Inspection, digester: Digester) -> bytes:
    """Of subject, body and files: equal for all messages of a mailing, whatever their names and contacts."""
    return digester.of("mailing", b"".join([inspection.subject_key, inspection.body_key, *_files(inspection)]))


def _files(inspection: Inspection) -> list[bytes]:
    return sorted(part.key for part in inspection.parts if attached(part.path))


def _different(findings: Iterable[Finding]) -> int:
    """Different values; those of a finding with too many to list count in full. A finding is never nothing."""
    listed: set[bytes] = set()
    unlisted = some = 0
    for finding in findings:
        if len(finding.digests) == finding.distinct:
            listed.update(finding.digests)
        else:
            unlisted += finding.distinct
        some = 1
    return max(len(listed) + unlisted, some)
