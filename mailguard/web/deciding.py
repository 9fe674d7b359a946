"""A decision on its way to the store, the same for the page and for the API.

In: a person's wish. Out: the new state, or a `Refusal` with status, stable code and text. The second-person rule itself
is the store's; nothing here can let a wish through that the store refuses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from mailguard.errors import ConflictError, RefusedError
from mailguard.lifecycle import Choice, HoldState, IllegalTransitionError
from mailguard.metrics import DECISIONS
from mailguard.model import Inspection
from mailguard.policy import legal
from mailguard.store.saying import Said, lacks_reason
from mailguard.store.views import Decided, HoldView, Person
from mailguard.web import say
from mailguard.web.site import Site
from mailguard.web.texts import Texts

REASON_CHARACTERS = 2000
INPUT = frozenset(
    {
        "reason_missing", "reason_long", "cap_missing", "cap_unconfirmed", "cap_too_low",
        "preset_unknown", "explain", "checklist", "checklist_unknown",
        "contact_reason", "contact_unknown", "unmask_reason",
    }
)  # fmt: skip
OPERATORS = frozenset({Choice.ANSWER, Choice.WITHDRAW})  # theirs to choose, and not the approvers'


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to do to a hold, and the revision that was looked at.

    code: a preset of mailguard/presets.py; checked: ids of ticked points.
    """

    choice: Choice
    revision: int
    reason: str
    cap: int | None = None
    false_positive: bool = False
    code: str = ""
    checked: tuple[str, ...] = ()


class Refusal(Exception):  # noqa: N818 - an answer to a person, not a fault
    """Nothing was decided: `status` is HTTP's, `code` stable, the text in the reader's language."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def decide(site: Site, t: Texts, hold_id: str, person: Person, wish: Wish) -> HoldState:
    """The hold's state after the decision; raises Refusal."""
    code = _unusable(wish)
    # Who may not decide hears that first, whatever else is wrong with the input.
    if code and (wish.choice in OPERATORS or not site.store.holds.may_decide(hold_id, person.id)):
        refuse(t, code)
    try:
        state = site.store.holds.decide(
            hold_id,
            revision=wish.revision,
            choice=wish.choice,
            person_id=person.id,
            reason=wish.reason,
            cap=wish.cap,
            false_positive=wish.false_positive,
            said=Said(wish.code, wish.checked, grounds(site)),
        )
    except RefusedError as error:
        second = None if wish.choice in OPERATORS else barred(site, site.store.holds.get(hold_id), person)
        refuse(t, second or error.code)
    except (ConflictError, IllegalTransitionError):
        raise Refusal(409, "conflict", say.changed(t, site.store.holds.get(hold_id), wish.revision)) from None
    DECISIONS.labels(wish.choice.value).inc()
    return state


def grounds(site: Site) -> Callable[[Inspection, int, bool], bool | None]:
    """The legal grounds of a report by the policy in force, for the store to ask inside its transaction."""
    report = site.report
    return lambda inspection, persons, exact: legal(inspection, report, persons, exact=exact).reportable


def barred(site: Site, view: HoldView, person: Person) -> str | None:
    """Why this person may not decide, in the words that help most: an operator hears of the mailing, not of the role."""
    code = site.store.holds.may_decide(view.row.id, person.id)
    return "own_source" if code == "not_approver" and operates(view, person) else code


def operates(view: HoldView, person: Person) -> bool:
    """Whether this person operates the source of a hold."""
    return any(operator.id == person.id for operator in view.operators)


def refuse(t: Texts, code: str) -> NoReturn:
    """Raise the Refusal for a stable code."""
    raise Refusal(422 if code in INPUT else 403, code, t.known("refused", code)) from None


def number(text: str) -> int | None:
    """A whole number as people type it: 2,000 or ２０００; None if it is none."""
    digits = text.strip().replace(",", "").replace("，", "")
    return int(digits) if digits.isdecimal() and len(digits) <= 9 else None


def agreed(view: HoldView, person: Person) -> bool:
    """Whether this person's approval is recorded and still covers every recipient; a mailing may have grown since."""
    return any(
        decided.person_id == person.id
        and decided.choice is Choice.APPROVE
        and decided.revision == view.row.revision
        and (decided.cap or 0) >= view.row.recipients
        for decided in view.decisions
    )


def asked(view: HoldView) -> list[Decided]:
    """The last question about a hold and what was said to it; nothing when it was never returned, or is over."""
    turns = [one for one in view.decisions if one.choice in {Choice.RETURN, Choice.ANSWER}]
    open_ = view.row.state in {HoldState.PENDING, HoldState.RETURNED}
    return turns[-1 if view.row.state is HoldState.RETURNED else -2 :] if open_ else []


def _unusable(wish: Wish) -> str:
    if code := lacks_reason(wish.choice, wish.reason.strip(), wish.code):
        return code
    if len(wish.reason) > REASON_CHARACTERS:
        return "reason_long"
    if wish.choice is Choice.APPROVE and (wish.cap is None or wish.cap < 1):
        return "cap_missing"
    return ""
