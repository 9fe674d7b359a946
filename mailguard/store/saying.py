"""What must be said with a decision: a reason, by preset or in words, words where much is at stake, and the checklist.

In: a wish and the hold it is about, inside the transaction that decides. Out: what is lacking, as a stable code.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import msgspec

from mailguard.lifecycle import Choice
from mailguard.model import Inspection
from mailguard.presets import PRESETS, Preset
from mailguard.store import checklist
from mailguard.store.context import Context
from mailguard.store.routing import Reach

Grounds = Callable[[Inspection, int, bool], bool | None]
"""Whether a leak of (inspection, persons, exact) would have to be reported; None: nobody can say."""

WHY = {
    "preset_unknown": "This reason does not go with this decision.",
    "explain": "With so many persons, or data whose leak would have to be reported, say in words why it may be sent.",
    "checklist": "Every point of the checklist that is required must be ticked.",
    "checklist_unknown": "The checklist of this hold has no such point. Look at the hold again.",
}
_REASONED = {Choice.APPROVE, Choice.REJECT, Choice.RETURN, Choice.ANSWER, Choice.WITHDRAW}
_IN_WORDS = {Choice.RETURN, Choice.ANSWER}  # a question, and what is said to it


@dataclass(frozen=True, slots=True)
class Said:
    """Beside the text of a decision. code: a `Preset` or "" (then the text is the reason); checked: ids of ticked points."""

    code: str = ""
    checked: tuple[str, ...] = ()
    grounds: Grounds | None = None

    @property
    def listed(self) -> str | None:
        """The ticked points as the database keeps them."""
        return msgspec.json.encode(sorted(set(self.checked))).decode() if self.checked else None


def lacks_reason(choice: Choice, text: str, code: str) -> str | None:
    """Whether a choice lacks its reason, whatever the hold."""
    if code and code not in PRESETS.get(choice, ()):
        return "preset_unknown"
    if choice not in _REASONED or text:
        return None
    bare = not code or code == Preset.OTHER
    return "reason_missing" if bare or choice in _IN_WORDS else None


def lacks_words(
    said: Said, text: str, hold: Any, inspection: Callable[[], Inspection], most: int, persons: int = 0
) -> str | None:
    """Whether an approval needs words beside its preset: for more than `most` persons, or what would have to be reported.

    persons: of all holds that are decided together.
    """
    if text:
        return None
    persons = max(persons, hold.persons)
    if persons > most:
        return "explain"
    reportable = said.grounds(inspection(), persons, hold.persons_exact) if said.grounds else False
    return None if reportable is False else "explain"  # what nobody can say needs words, too


def lacks_ticks(context: Context, checked: Collection[str], hold: Any, reach: Reach) -> str | None:
    """Whether a point that the checklist requires for this reach is not ticked, or one is that it does not have."""
    points = checklist.points(context, hold, reach)
    if not {point.id for point in points}.issuperset(checked):
        return "checklist_unknown"
    return None if {point.id for point in points if point.required}.issubset(checked) else "checklist"


def ticked(column: str | None) -> tuple[str, ...]:
    """Ids of ticked points as `Said.listed` wrote them."""
    return tuple(msgspec.json.decode(column, type=list[str])) if column else ()
