"""What a leak of this data would mean by law: the four grounds of a report to the Personal Information Protection Commission.

In: an inspection and the [report] table of the policy. Out: a `Legal`. Grounds: 個人情報保護法26条, 施行規則7条 (1) to (4);
My Number apart: 番号法29条の4. `met` is None where the machine cannot know: what was not inspected may hold anything, and a
wrongful purpose is for people to judge, never for the machine.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from mailguard.model import Finding, Inspection, Kind
from mailguard.policy.thresholds import Report


class Ground(StrEnum):
    """Why a leak must be reported; the strings are public."""

    SPECIAL_CARE = "special_care"
    FINANCIAL_DAMAGE = "financial_damage"
    WRONGFUL_PURPOSE = "wrongful_purpose"
    MANY_PERSONS = "many_persons"
    MY_NUMBER = "my_number"


@dataclass(frozen=True, slots=True)
class GroundCheck:
    """One ground against the data. count: values or persons; more_than: what it is compared with; exact: else the maximum."""

    ground: Ground
    met: bool | None
    count: int = 0
    more_than: int = 0
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Legal:
    """grounds: the four of the Act, in its order."""

    grounds: tuple[GroundCheck, ...]
    my_number: GroundCheck

    @property
    def reportable(self) -> bool | None:
        """Whether one is met; None: nobody can say, for what was not inspected."""
        mets = [test.met for test in (*self.grounds, self.my_number) if test.ground is not Ground.WRONGFUL_PURPOSE]
        return True if True in mets else None if None in mets else False

    def plain(self) -> dict[str, Any]:
        """For programs; `met` is null where the machine cannot know."""
        grounds = [asdict(check) for check in self.grounds]
        return {"reportable": self.reportable, "grounds": grounds, "my_number": asdict(self.my_number)}


def legal(inspection: Inspection, report: Report, persons: int | None = None, *, exact: bool = True) -> Legal:
    """The view on one inspection; `persons` and `exact` of a hold that has grown stand in for its own."""
    if persons is None:
        persons, exact = inspection.persons, inspection.persons_exact
    known = not inspection.problems
    unknown = False if known else None
    care = _count(inspection.findings, report.special_care)
    money = _count(_personal(inspection.findings), report.financial)
    numbers = _count(inspection.findings, {Kind.MY_NUMBER})
    return Legal(
        (
            GroundCheck(Ground.SPECIAL_CARE, True if care else unknown, care),
            GroundCheck(Ground.FINANCIAL_DAMAGE, True if money else unknown, money),
            GroundCheck(Ground.WRONGFUL_PURPOSE, None),
            GroundCheck(
                Ground.MANY_PERSONS,
                True if persons > report.persons else unknown,
                persons,
                report.persons,
                exact and known,
            ),
        ),
        GroundCheck(Ground.MY_NUMBER, True if numbers > report.my_numbers else unknown, numbers, report.my_numbers),
    )


def grounds_met(inspection: Inspection, report: Report) -> frozenset[str]:
    """The grounds that are met, by name, and "unknown" where nobody can say of one."""
    told = legal(inspection, report)
    checks = [check for check in (*told.grounds, told.my_number) if check.ground is not Ground.WRONGFUL_PURPOSE]
    met = {str(check.ground) for check in checks if check.met}
    return frozenset(met | {"unknown"} if any(check.met is None for check in checks) else met)


def _personal(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Without the accounts that say where to pay: they are an organisation's."""
    return (f for f in findings if not (f.organisation and f.kind is Kind.BANK_ACCOUNT))


def _count(findings: Iterable[Finding], kinds: Iterable[Kind]) -> int:
    wanted = frozenset(kinds)
    return sum(finding.distinct for finding in findings if finding.kind in wanted)
