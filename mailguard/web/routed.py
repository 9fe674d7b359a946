"""Who must approve a hold, in sentences and for programs: its routes, who has approved, which approval is missing. Pure.

In: what the store says of the hold. Out: 「1,000人超のため2名の承認が必要です(あと1名:委託元)」, and the same as data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailguard.routes import Missing, Moment, moments
from mailguard.store.calendar import BusinessTime
from mailguard.store.views import HoldView, Person
from mailguard.web import show
from mailguard.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Said:
    """line: what is asked for and what is missing; last: this reader's approval is the one that sends."""

    line: str
    notes: tuple[str, ...]
    approved: tuple[Person, ...]
    last: bool


def said(t: Texts, view: HoldView, person: Person) -> Said:
    """For one reader."""
    routed, needs = view.routed, view.routed.needs
    names = [*([] if routed.declared else [t("route.undeclared")]), *needs.names]
    line = t("route.needs", names=t("list.separator").join(names), n=routed.approvals) if names else ""
    if line and routed.missing:
        line += missing(t, routed.missing)
    given = [one.organisation for one in routed.approved]
    last = not needs.missing([*given, person.organisation], routed.approvals)
    return Said(line, needs.notes, routed.approved, last)


def lacking(t: Texts, view: HoldView, deciders: Sequence[Person]) -> str:
    """What nobody could give though all who may decide did; "" when they suffice."""
    able = {one.id: one.organisation for one in (*view.routed.approved, *deciders)}
    return missing(t, view.routed.needs.missing(list(able.values()), view.routed.approvals))


def missing(t: Texts, lack: Missing) -> str:
    """「(あと2名:委託元1名ほか)」; "" when nothing is."""
    if not lack:
        return ""
    who = [t("route.of", who=name or t("route.nowhere"), n=n) for name, n in lack.organisations]
    if who and lack.approvals == 1:
        who = [name or t("route.nowhere") for name, _ in lack.organisations]
    named = t("list.separator").join(who)
    if who and sum(n for _, n in lack.organisations) < lack.approvals:
        named += t("route.others")
    return t("route.missing.who", n=lack.approvals, who=named) if who else t("route.missing", n=lack.approvals)


def plain(t: Texts, view: HoldView, person: Person) -> dict[str, Any]:
    """For programs. reminders, escalations: when people are told, while the hold waits."""
    routed, needs = view.routed, view.routed.needs
    return {
        "routes": list(needs.names),
        "text": said(t, view, person).line,
        "approvals": routed.approvals,
        "from": [{"organisation": one.organisation, "count": one.count} for one in needs.requirements],
        "approved": [{"id": one.id, "name": one.name, "organisation": one.organisation} for one in routed.approved],
        "missing": {
            "approvals": routed.missing.approvals,
            "from": [{"organisation": name, "count": n} for name, n in routed.missing.organisations],
        },
        "more_recipients": [
            {"recipients": step.recipients, "routes": list(step.needs.names)}
            for step in needs.steps
            if not step.persons
        ],
        "told": [_moment(one) for one in moments(needs, view.row.first_seen, view.row.expires_at, BusinessTime())],
        "notes": list(needs.notes),
    }


def _moment(moment: Moment) -> dict[str, Any]:
    to = moment.to
    return {
        "at": show.iso(moment.at),
        "to": None if to is None else {"login": to.login, "role": to.role, "organisation": to.organisation},
    }
