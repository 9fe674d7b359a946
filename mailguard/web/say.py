"""Sentences about a hold: why it is held, who changed it. Pure.

In: rows of the store and a language. Out: text for people, made of masks, counts and file names only.
"""

from collections.abc import Sequence

from mailguard.lifecycle import Choice, HoldState
from mailguard.model import BODY, HEADERS, HTML, SENDERS, Finding, Inspection, Kind, PartPath, attached
from mailguard.store.views import HoldRow, HoldView
from mailguard.web import show
from mailguard.web.names import acted
from mailguard.web.texts import Texts

APART = (
    "visible_addresses",
    "attachment_forbidden",
    "every_mailing",
    "stopped",
)  # reasons that no finding or problem shows
BODY_REASONS = frozenset({"body_persons", "body_names", "body_high_risk"})


def persons(t: Texts, count: int, *, exact: bool) -> str:
    """「3,719人分」, or 「最大3,719人分」 when the rows do not tell."""
    return t.count("count.persons" if exact else "count.upto", count)


def persons_of_row(t: Texts, row: HoldRow) -> str:
    """The persons of a hold; nobody counted is "unknown", for something held it."""
    if row.counting:
        return t.count("count.least", row.persons_least) if row.persons_least else t("count.counting")
    return persons(t, row.persons, exact=row.persons_exact) if row.persons else t("count.unknown")


def headline(t: Texts, view: HoldView) -> str:
    """Why a hold is held, in one sentence, or two when there is another reason as well."""
    inspection = view.inspection
    said = [sentence for sentence in (_found(t, view), _problems(t, inspection)) if sentence]
    said += [reason(t, code) for code in view.row.reasons if code in APART]
    if not said:
        return row_reason(t, view.row)
    return said[0] if len(said) == 1 else t("why.also", first=said[0], second=said[1])


def reason(t: Texts, code: str) -> str:
    """The text of one reason code of a verdict."""
    if code.startswith("problem_"):
        return t("reason.problem", problem=t.known("problem", code.removeprefix("problem_")))
    return t.known("reason", code)


def row_reason(t: Texts, row: HoldRow) -> str:
    """Why a hold is held, from its list row alone."""
    if row.persons:
        return _persons_sentence(t, row, "why.row.persons")
    texts = list(dict.fromkeys(reason(t, code) for code in row.reasons))[:2]
    if not texts:
        return t("state.pending")
    return texts[0] if len(texts) == 1 else t("why.also", first=texts[0], second=texts[1])


def _persons_sentence(t: Texts, row: HoldRow, key: str, place: str = "") -> str:
    counted = persons_of_row(t, row)
    if not row.households or row.counting:
        return t(f"{key}.alone", place=place, persons=counted)
    return t(key, place=place, persons=counted, households=t.count("count.households", row.households))


def _found(t: Texts, view: HoldView) -> str:
    body = not BODY_REASONS.isdisjoint(view.row.reasons)
    # A greeting in the body is a finding, too, but not what holds the mail.
    findings = [finding for finding in view.inspection.findings if body or attached(finding.path)]
    if not findings:
        return ""
    weight: dict[PartPath, int] = {}
    for finding in findings:
        weight[finding.path] = weight.get(finding.path, 0) + finding.count
    at = place(t, sorted(weight, key=lambda path: (-weight[path], path)))
    if all(finding.kind is Kind.RECIPIENT_MISMATCH for finding in findings):
        return t("why.mismatch", place=at)
    if view.row.persons:
        return _persons_sentence(t, view.row, "why.persons", at)
    return t("why.kinds", place=at, kinds=kinds(t, findings))


def _problems(t: Texts, inspection: Inspection) -> str:
    if not inspection.problems:
        return ""
    names = dict.fromkeys(t(f"problem.{problem.kind.value}") for problem in inspection.problems)
    listings = sorted(inspection.problems, key=lambda problem: not problem.listing)
    at = place(t, list(dict.fromkeys(problem.path for problem in listings)))
    key = "why.problem.listing" if listings[0].listing else "why.problem"
    return t(key, place=at, problem=t("list.separator").join(names))


def kinds(t: Texts, findings: Sequence[Finding]) -> str:
    """The kinds of some findings by name, at most four."""
    names = list(dict.fromkeys(t(f"kind.{finding.kind.value}") for finding in findings))
    return t("list.separator").join(names[:4]) + (" …" if len(names) > 4 else "")


def place(t: Texts, paths: Sequence[PartPath]) -> str:
    """The first place by name, the others by number."""
    first = paths[0]
    named = {(BODY,): "why.body", (HTML,): "why.body", (HEADERS,): "why.headers", SENDERS: "why.senders"}
    at = t(named[first]) if first in named else t("why.attachment", path=show.path(t, first))
    return at if len(paths) == 1 else t("why.more", place=at, n=len(paths) - 1)


def changed(t: Texts, view: HoldView, seen: int) -> str:
    """Who changed a hold after somebody looked at revision `seen`, and when."""
    later = [decided for decided in view.decisions if decided.revision >= seen and decided.choice is not Choice.EXPIRE]
    if later:
        last = max(later, key=lambda decided: decided.at)
        choice = t(f"choice.{last.choice.value}")
        return t(
            "alert.stale.decided",
            at=show.when(t, last.at),
            name=acted(t, last.person_name, last.acting_for_name),
            choice=choice,
        )
    if view.row.state is HoldState.EXPIRED:
        return t("alert.stale.expired", at=show.when(t, view.row.expires_at))
    if view.row.state is HoldState.APPROVED:
        return t("alert.stale.late")
    if view.row.counted:
        return t("alert.stale.counted")
    return t("alert.stale.evidence", at=show.when(t, view.row.last_seen))
