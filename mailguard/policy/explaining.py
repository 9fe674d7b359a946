"""A verdict step by step: how each finding stands, what was measured against each limit. Pure.

In: what `judge` gets. Out: an `Explanation` of the `Judgement` that its verdict comes from: nothing is reckoned again.
"""

from dataclasses import dataclass

from mailguard.model import Envelope, Finding, Inspection, SourceMode, Verdict
from mailguard.policy.case import Standing
from mailguard.policy.judging import judgement
from mailguard.policy.legal import Legal, legal
from mailguard.policy.weighing import Comparison
from mailguard.policy.whole import Policy


@dataclass(frozen=True, slots=True)
class Weighed:
    """One finding, how it stands, and the confidence it needed."""

    finding: Finding
    standing: Standing
    needed: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """recipient: whether there is exactly one outside recipient, whose own data pass.

    strangers: persons who are neither she nor staff; None where a part has more than are compared one by one: all of them count.
    """

    findings: tuple[Weighed, ...]
    recipient: bool
    strangers: int | None
    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    legal: Legal


def explain(
    envelope: Envelope, inspection: Inspection, policy: Policy, mode: SourceMode = SourceMode.FINDINGS
) -> Explanation:
    """Everything that leads to the verdict."""
    judged = judgement(envelope, inspection, policy, mode)
    weighing = judged.weighing
    findings = []
    for finding in inspection.findings:
        scope = weighing.scope_of(finding)
        findings.append(Weighed(finding, weighing.standing(finding, scope), policy.limits.sure(scope)))
    return Explanation(
        tuple(findings),
        judged.case.one_recipient,
        None if inspection.crowded else len(judged.case.strangers()),
        judged.comparisons,
        judged.verdict,
        legal(inspection, policy.limits.report),
    )
