"""How many different values stand behind findings that are made in several goes.

In: a finding of a part of a table and the hashes of its normal forms. Out: their number over all parts.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from mailguard.detect.rows import Numbers, once
from mailguard.model import Finding, Kind

Place = tuple[str, Kind, str]
_APART = 8  # parts whose forms are kept apart before they are made one


class Distinct:
    """How many different forms stand behind the findings of one place, over all batches."""

    def __init__(self) -> None:
        self._met: dict[Place, list[Numbers]] = defaultdict(list)

    def add(self, finding: Finding, hashes: Numbers) -> None:
        """Add those of a batch."""
        met = self._met[place(finding)]
        met.append(hashes)
        if len(met) > _APART:
            met[:] = [once(np.concatenate(met))]

    def of(self, findings: Sequence[Finding]) -> int:
        """The number for findings of one place, asked once; at least the largest of theirs where forms are not known."""
        met = self._met.pop(place(findings[0]), None)
        return len(once(np.concatenate(met))) if met else max(finding.distinct for finding in findings)


def place(finding: Finding) -> Place:
    """Findings of the same place are about the same column."""
    return finding.where, finding.kind, finding.rule
