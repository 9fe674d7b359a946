"""The legal view on a hold in sentences: which grounds of a report its data would meet if it leaked. Pure.

In: a hold and the [report] table of the policy. Out: sentences that name the Personal Information Protection Commission.
"""

from dataclasses import dataclass

from mailguard.policy import Ground, GroundCheck, Legal, Report, legal
from mailguard.store.views import HoldView
from mailguard.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Law:
    """title: the conclusion; lines: a sentence for each ground that is met; notes: what the machine cannot know."""

    reportable: bool | None
    title: str
    lines: tuple[str, ...]
    notes: tuple[str, ...]


def view_of(view: HoldView, report: Report) -> Legal:
    """The hold's own count stands for that of its first message."""
    return legal(view.inspection, report, view.row.persons, exact=view.row.persons_exact)


def said(t: Texts, view: HoldView, report: Report) -> Law:
    """Everything the page says about the law."""
    told = view_of(view, report)
    lines = [_met(t, check) for check in told.grounds if check.met and check.ground is not Ground.WRONGFUL_PURPOSE]
    if told.my_number.count:
        met = "law.my_number.many" if told.my_number.met else "law.my_number"
        lines.append(t(met, n=told.my_number.more_than))
    notes = [t("law.purpose")]
    if view.inspection.problems:
        notes.insert(0, t("law.unknown"))
    title = {True: "law.title", False: "law.title.no", None: "law.title.unknown"}[told.reportable]
    return Law(told.reportable, t(title), tuple(lines), tuple(notes))


def _met(t: Texts, check: GroundCheck) -> str:
    if check.ground is Ground.SPECIAL_CARE:
        return t("law.special_care")
    if check.ground is Ground.FINANCIAL_DAMAGE:
        return t("law.financial_damage")
    return t("law.many_persons" if check.exact else "law.many_persons.upto", n=check.more_than, most=check.count)
