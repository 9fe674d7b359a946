"""A verdict step by step: how each finding stands, what was measured against each limit. Pure.

In: what `judge` gets. Out: an `Explanation`, made by the very code that judges.
"""

from dataclasses import dataclass

from mailguard.model import Envelope, Finding, Inspection, SourceMode, Verdict
from mailguard.policy.case import Case, Standing
from mailguard.policy.judging import judge
from mailguard.policy.legal import Legal, legal
from mailguard.policy.weighing import Comparison, Weighing
from mailguard.policy.whole import Policy


@dataclass(frozen=True, slots=True)
class Weighed:
    """One finding, how it stands, and the confidence it needed."""

    finding: Finding
    standing: Standing
    needed: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """recipient: whether there is exactly one outside recipient, whose own data pass; strangers: persons who are neither she nor staff."""

    findings: tuple[Weighed, ...]
    recipient: bool
    strangers: int
    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    legal: Legal


def explain(
    envelope: Envelope, inspection: Inspection, policy: Policy, mode: SourceMode = SourceMode.FINDINGS
) -> Explanation:
    """Everything that leads to the verdict."""
    case = Case(envelope, inspection, policy)
    weighing = Weighing(case, policy.limits.monitor.rules)
    findings = []
    for finding in inspection.findings:
        scope = weighing.scope_of(finding)
        findings.append(Weighed(finding, weighing.standing(finding, scope), policy.limits.sure(scope)))
    return Explanation(
        tuple(findings),
        case.one_recipient,
        len(case.strangers()),
        tuple(weighing.comparisons(mode)),
        judge(envelope, inspection, policy, mode),
        legal(inspection, policy.limits.report),
    )
