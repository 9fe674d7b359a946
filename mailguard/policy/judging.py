"""From inspection to verdict: what holds a message. Pure; knows digests, never clear text of the content.

In: envelope, inspection, policy. Out: a Verdict whose reasons are stable codes and whose evidence names the leaves and
paragraphs that hold. What is the recipient's own or the organisation's own (allowed) is subtracted; nothing else is.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mailguard.digest import Digester
from mailguard.model import Action, Envelope, Inspection, SourceMode, Verdict
from mailguard.policy.case import Case
from mailguard.policy.weighing import Comparison, Weighing, mailing_key
from mailguard.policy.whole import Policy

BEYOND_REQUEST = "beyond_request"  # the mailing that was filed, but to more than was approved
DIFFERS_FROM_REQUEST = "differs_from_request"  # its subject, but not its text or files
STOPPED = "stopped"  # the reason of mail that came while an emergency stop was in force


def judge(
    envelope: Envelope,
    inspection: Inspection,
    policy: Policy,
    mode: SourceMode = SourceMode.FINDINGS,
    *,
    recipients: int | None = None,
) -> Verdict:
    """The machine's word on one message; what only monitoring lets pass says so in `watched`.

    recipients: how many its mailing has had until now; where nobody counts them (None) it is judged as one of many.
    """
    return judgement(envelope, inspection, policy, mode, recipients=recipients).verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and what it was made of. weighing and comparisons: without what is only monitored."""

    case: Case
    weighing: Weighing
    comparisons: tuple[Comparison, ...]
    verdict: Verdict


def judgement(
    envelope: Envelope,
    inspection: Inspection,
    policy: Policy,
    mode: SourceMode = SourceMode.FINDINGS,
    *,
    recipients: int | None = None,
) -> Judgement:
    """`judge` with its steps: the one reckoning that verdicts and explanations come from."""
    case = Case(envelope, inspection, policy, recipients)
    weighing = Weighing(case)
    comparisons = every = tuple(weighing.comparisons(mode))
    if policy.limits.monitor.rules:
        weighing = Weighing(case, policy.limits.monitor.rules)
        comparisons = tuple(weighing.comparisons(mode))
    return Judgement(case, weighing, comparisons, _verdict(case, _reasons(every), _reasons(comparisons), mode))


def _verdict(case: Case, reasons: dict[str, set[bytes]], held: dict[str, set[bytes]], mode: SourceMode) -> Verdict:
    """reasons: everything that would hold; held: without what is only monitored."""
    if not reasons:
        return Verdict(Action.PASS)
    if not held or case.policy.monitor or mode is SourceMode.MONITOR:
        return Verdict(Action.PASS, watched=tuple(reasons))
    # A table that was not read to its end may hold more: it is evidence as a whole, so that an approval covers what is behind.
    evidence = tuple(sorted(set().union(case.inspection.uncounted, *held.values())))
    return Verdict(Action.HOLD, tuple(held), evidence, tuple(case.mismatches))


def stopped(inspection: Inspection, verdict: Verdict, digester: Digester) -> Verdict:
    """What would pass, while an emergency stop covers it: held as a whole mailing."""
    evidence = tuple(sorted({mailing_key(inspection, digester), *inspection.uncounted}))
    return Verdict(Action.HOLD, (STOPPED,), evidence, verdict.findings)


def bound(inspection: Inspection, verdict: Verdict, filed: bytes, digester: Digester) -> Verdict:
    """A message of a mailing that was filed in advance, and approved: it goes under that approval, or it is held.

    filed: `mailing_key` of the sample. What was not filed so is told by its reason, what is beyond the cap too.
    """
    key = mailing_key(inspection, digester)
    reason = BEYOND_REQUEST if key == filed else DIFFERS_FROM_REQUEST
    evidence = tuple(sorted({key, *inspection.uncounted, *verdict.evidence}))
    return Verdict(Action.HOLD, (*verdict.reasons, reason), evidence, verdict.findings)


def _reasons(comparisons: Iterable[Comparison]) -> dict[str, set[bytes]]:
    """Evidence by reason, the gravest first."""
    reasons: dict[str, set[bytes]] = {}
    for comparison in comparisons:
        if comparison.holds:
            reasons.setdefault(comparison.code, set()).update(comparison.keys)
    return reasons


def content_key(source_id: str, subject_key: bytes, evidence: Collection[bytes], digester: Digester) -> bytes:
    """What one decision covers: source, subject skeleton and the digests of what holds."""
    return digester.of("hold", b"\0".join([source_id.encode(), subject_key, *sorted(evidence)]))
