"""One leak, or what looks like one: the mailings it consists of, and what the law says of their data. Pure.

In: facts of the record, thresholds, what only people know. Out: persons, grounds, and whether a report is due at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from mailguard.config import ReportSection
from mailguard.model import Inspection, Kind, ProblemKind
from mailguard.policy import Legal, Report, legal
from mailguard.store.proof import Break, Head

PUBLIC_BODY = 100  # persons (個人情報保護法68条, 施行規則43条)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done: when, by whom, what, and in which words."""

    at: datetime
    who: str
    what: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Mailing:
    """One hold, or what monitoring let pass. reached, doubtful, not_reached, waiting: recipients; messages 通数.

    state: in Japanese. monitored: nobody held it. undecided: may still be approved. counting: persons are still being counted.
    """

    id: str
    source: str
    subject: str
    state: str
    reasons: tuple[str, ...]
    inspection: Inspection
    persons: int
    exact: bool
    households: int
    messages: int
    reached: int
    doubtful: int
    not_reached: int
    waiting: int
    seen: datetime
    first_at: datetime | None
    last_at: datetime | None
    events: tuple[Event, ...] = ()
    monitored: bool = False
    undecided: bool = False
    counting: bool = False

    @property
    def left(self) -> bool:
        """Whether anybody has it, or may have it."""
        return self.reached + self.doubtful > 0

    @property
    def sealed_off(self) -> bool:
        """Whether all that was found is files that nobody could open."""
        parts = self.inspection
        locked = bool(parts.problems) and all(problem.kind is ProblemKind.ENCRYPTED for problem in parts.problems)
        return locked and not parts.findings and not any(part.opened for part in parts.parts)

    @property
    def content(self) -> frozenset[bytes]:
        """Equal for equal data."""
        parts = self.inspection
        return frozenset({finding.key for finding in parts.findings} | {problem.key for problem in parts.problems})


@dataclass(frozen=True, slots=True)
class Case:
    """mailings: also those of which nothing left. known: day 1. wrongful: somebody may have wanted it (規則7条3号).

    encrypted: people say that what left is under high-grade encryption, and that the key did not go along.
    """

    mailings: tuple[Mailing, ...]
    known: date
    made: datetime
    settings: ReportSection
    thresholds: Report
    head: Head
    broken: Break | None = None
    wrongful: bool = False
    encrypted: bool = False

    @property
    def gone(self) -> tuple[Mailing, ...]:
        """What left."""
        return tuple(mailing for mailing in self.mailings if mailing.left)

    @property
    def kept(self) -> tuple[Mailing, ...]:
        """What did not."""
        return tuple(mailing for mailing in self.mailings if not mailing.left)

    @property
    def exempt(self) -> bool:
        """Whether the encryption that people speak of covers everything that left."""
        return self.encrypted and bool(self.gone) and all(mailing.sealed_off for mailing in self.gone)

    @property
    def persons(self) -> int:
        """As the law counts them: those in the data. Of different data the sum, which is the most there may be."""
        return sum(max(one.persons for one in same) for same in self._same())

    @property
    def households(self) -> int:
        """The same for households."""
        return sum(max(one.households for one in same) for same in self._same())

    @property
    def exact(self) -> bool:
        """Whether `persons` is known, and not the possible maximum."""
        several = sum(any(one.persons for one in same) for same in self._same()) > 1
        return not several and all(one.exact and not one.counting for one in self.gone)

    @property
    def law(self) -> Legal:
        """The grounds, of what left."""
        inspection = Inspection(
            findings=tuple(finding for one in self._first() for finding in one.inspection.findings),
            problems=tuple(problem for one in self._first() for problem in one.inspection.problems),
        )
        return legal(inspection, self.limits, self.persons, exact=self.exact)

    @property
    def limits(self) -> Report:
        """The thresholds of the policy; a public body's are no higher than the law's."""
        most = min(self.thresholds.persons, PUBLIC_BODY) if self.settings.public_body else self.thresholds.persons
        return Report(most, self.thresholds.special_care, self.thresholds.financial, self.thresholds.my_numbers)

    @property
    def reportable(self) -> bool | None:
        """Whether a ground is met; None: nobody can say, for what was not inspected."""
        return True if self.wrongful else self.law.reportable

    @property
    def article(self) -> str:
        """The article of the Act that asks for a report; its second paragraph asks to tell the persons."""
        return "個人情報保護法68条" if self.settings.public_body else "個人情報保護法26条"

    @property
    def rule(self) -> str:
        """The article of the enforcement rules that has the grounds."""
        return "施行規則43条" if self.settings.public_body else "施行規則7条"

    @property
    def kinds(self) -> list[Kind]:
        """What stands in the data."""
        found = {finding.kind for one in self.gone for finding in one.inspection.findings}
        return [kind for kind in Kind if kind in found]

    def _same(self) -> list[list[Mailing]]:
        """What left, by data: the same list in two holds is the same persons."""
        groups: dict[object, list[Mailing]] = {}
        for number, mailing in enumerate(self.gone):
            groups.setdefault(mailing.content or number, []).append(mailing)
        return list(groups.values())

    def _first(self) -> Iterable[Mailing]:
        return (same[0] for same in self._same())
