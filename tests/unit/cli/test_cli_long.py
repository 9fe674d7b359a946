"""`mailguard scan` of a long table: a verdict as soon as its beginning holds, then the exact count."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mailguard.cli import scan
from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.model import Finding, Inspection, Kind, Problem, ProblemKind
from mailguard.policy import Policy, thresholds

FOUND = Finding("r", Kind.NAME, ("a.csv",), "列 氏名", 9, 9, ("山〇〇郎",), key=b"leaf")
BEGINNING = Inspection((FOUND,), persons=99, persons_exact=False, persons_least=9, uncounted=(b"leaf",))
WHOLE, CLEAN = Inspection((FOUND,), persons=50), Inspection()
LATE = Inspection(problems=(Problem(("a.csv",), ProblemKind.TIMED_OUT, key=b"leaf"),))


@dataclass
class Scripted:
    first: Inspection
    rest: Inspection
    policy: Policy

    async def inspection(self, file, data, *, beginning):
        assert beginning
        return self.first

    async def whole(self, file, data):
        return self.rest


@pytest.mark.parametrize(
    ("first", "rest", "told"),
    [
        (BEGINNING, WHOLE, [("hold", 99, True), ("hold", 50, None)]),
        (BEGINNING, LATE, [("hold", 99, True)]),
        (replace(BEGINNING, findings=()), WHOLE, [("hold", 50, None)]),
        (replace(BEGINNING, findings=()), CLEAN, [("pass", 0, None)]),
        (replace(BEGINNING, findings=()), LATE, [("hold", 0, None)]),
        (CLEAN, WHOLE, [("pass", 0, None)]),
    ],
    ids=["holds", "not counted in time", "the rest holds", "nothing holds", "not read in time", "short"],
)
async def test_what_is_told_of_a_long_table(first, rest, told):
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), Own(), Digester(b"k" * 32))
    reports = [report async for report in scan._reports(Scripted(first, rest, policy), Path("a.csv"), b"")]
    assert [(report["verdict"], report["persons"], report.get("counting")) for report in reports] == told
