"""Deciding a hold: every rule is checked inside the transaction that writes the decision.

In: a wish of a person, with the revision it was made at. Out: the state afterwards. Raises RefusedError (and records the
attempt), ConflictError when the hold changed meanwhile. Nothing else ever approves.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailguard import lifecycle, metrics
from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.model import Inspection
from mailguard.presets import Preset
from mailguard.store import counting, pools, requests, routing, saying, settings, standing
from mailguard.store.audit import TIME
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.false_positives import FalsePositives
from mailguard.store.people import selves
from mailguard.store.record import first_viewed
from mailguard.store.routing import Reach
from mailguard.store.saying import Said
from mailguard.store.schema import decisions, holds, messages, people
from mailguard.store.sight import HiddenError
from mailguard.store.views import Person

CAP = 1_000_000_000  # recipients; what an integer column of any database takes
WHY = {
    "disabled": "This person is disabled.",
    "not_approver": "Only an approver may decide.",
    "own_source": "An operator of the source cannot be the second person. Another approver must decide.",
    "own_login": "The mail was sent with this person's login. Another approver must decide.",
    "other_organisation": "The mail is of another organisation. One of its approvers, or of the own company, must decide.",
    "own_address": "The mail names this person as its sender. Another approver must decide.",
    "not_operator": "Only an operator of the source may answer or withdraw.",
    "nobody_to_answer": "No operator of the source could hear the question. Reject instead.",
    "not_a_choice": "A person cannot let a hold expire.",
    "reason_missing": "A decision needs a reason.",
    "cap_too_low": pools.TOO_LOW,
    "cap_too_high": f"The cap must be at most {CAP:,}.",
    "counting": "The persons in a long table are still being counted. Approve when the exact number is there.",
    "already_approved": "This person has approved already. A different approver must agree.",
} | saying.WHY
_OPERATORS = {Choice.WITHDRAW, Choice.ANSWER}
_ELSEWHERE = {Choice.EXPIRE, Choice.DELIVER_LATE, Choice.STOP_REST}  # time's, and those of lateness.py
_PERSON = select(people)
_Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants. acting_for: the absent approver whose deputy it is. together: the pool, of a cap for several holds."""

    hold_id: str
    revision: int
    choice: Choice
    person_id: str
    reason: str
    cap: int | None
    false_positive: bool = False
    said: Said = field(default_factory=Said)
    reach: Reach | None = None
    acting_for: str | None = None
    together: str | None = None


class Decisions(AtDesk):
    """Decides holds."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._false_positives = FalsePositives(desk.context)

    def decide(  # noqa: PLR0913 - a decision is made of so much, all by keyword
        self,
        hold_id: str,
        *,
        revision: int,
        choice: Choice,
        person_id: str,
        reason: str,
        cap: int | None = None,
        false_positive: bool = False,
        said: Said | None = None,
    ) -> HoldState:
        """The state afterwards; still PENDING after the first of two approvals.

        false_positive: what was found is no personal data of others; counted for its rules.
        """
        said = said or Said()
        mistaken = false_positive or said.code == Preset.FALSE_POSITIVE
        wish = Wish(hold_id, revision, choice, person_id, reason.strip(), cap, mistaken, said)
        try:
            with self._database.write(announced=True) as tx:
                state, seconds = self._decide(tx, wish)
        except (RefusedError, HiddenError) as refused:
            self._note_refused(hold_id, person_id, refused, choice=choice.value, revision=revision)
            raise
        if seconds is not None:
            metrics.DECISION_SECONDS.labels(choice.value).observe(seconds)
        return state

    def settle(self, tx: Connection, wish: Wish) -> HoldState:
        """Decide one hold within a transaction of others; nobody but together_deciding.py does."""
        return self._decide(tx, wish)[0]

    def may_decide(self, hold_id: str, person_id: str) -> str | None:
        """Why not, as a stable code; None when this person may approve. Raises NotFoundError for who does not see it."""
        with self._database.read() as tx:
            hold, person = self._hold(tx, hold_id, viewer=person_id), self._person(tx, person_id)
            return standing.right(tx, hold, person, self._context.today()).code

    def deciders(self, hold_id: str) -> list[Person]:
        """Who may approve this hold."""
        with self._database.read() as tx:
            rows = standing.deciders(tx, self._hold(tx, hold_id), self._context.today())
        return [self._desk.people.person(row) for row in rows]

    def _decide(self, tx: Connection, wish: Wish) -> tuple[HoldState, int | None]:
        """The state afterwards, and how many seconds the person looked at it before."""
        hold = self._hold(tx, wish.hold_id, to_change=True, viewer=wish.person_id)
        person = self._person(tx, wish.person_id)
        right = standing.right(tx, hold, person, self._context.today())
        if code := barred(wish, right.code, person, right.facts):
            raise RefusedError(code, WHY[code])
        wish = replace(wish, acting_for=right.voice.absent.id if right.voice.absent else None)
        target = target_of(hold, wish)
        if wish.reach is None:
            wish = replace(wish, reach=routing.reach(tx, hold.campaign_id, hold.recipients, hold.persons))
        if wish.choice is Choice.APPROVE and counting.under_way(tx, [hold.id]):
            raise RefusedError("counting", WHY["counting"])
        said = settings.holds(self._context, tx)
        if code := self._lacks(tx, hold, wish, said.explain_persons):
            raise RefusedError(code, WHY[code])
        noted = self._note_decision(tx, hold, wish, said.hasty_seconds)
        if wish.false_positive and wish.choice is Choice.APPROVE:
            rules = self._false_positives.note(tx, hold, wish.person_id, self._context.clock())
            self._desk.audit.append(tx, wish.person_id, "hold.false_positive", hold.id, rules=rules)
        if wish.choice is Choice.APPROVE:
            lasts = timedelta(hours=said.approval_hours)
            return self._approve(tx, hold, wish, person, target, noted, lasts), noted["seconds"]
        self._close(tx, hold, target, wish.person_id)
        event = "answered" if wish.choice is Choice.ANSWER else target.value
        self._desk.audit.append(tx, wish.person_id, f"hold.{event}", hold.id, revision=hold.revision, **_how(noted))
        self._desk.notices.tell(tx, hold, event, person)
        return target, noted["seconds"]

    def _lacks(self, tx: Connection, hold: Any, wish: Wish, most: int) -> str | None:
        """most: persons that need no words."""
        if wish.choice is Choice.RETURN:
            return None if any(row.enabled for row in standing.crew(tx, hold)) else "nobody_to_answer"
        if wish.choice is not Choice.APPROVE:
            return None

        def inspection() -> Inspection:
            return self._vault.open_msgpack(hold.inspection, f"inspection:{hold.id}", Inspection)

        reach = wish.reach or Reach()
        words = saying.lacks_words(wish.said, wish.reason, hold, inspection, most, reach.persons)
        return words or saying.lacks_ticks(self._context, wish.said.checked, hold, reach.up_to(wish.cap or 0))

    def _approve(
        self, tx: Connection, hold: Any, wish: Wish, person: Any, target: HoldState, noted: _Facts, lasts: timedelta
    ) -> HoldState:
        voices = {voice.row.id: voice for voice in standing.agreed(tx, hold)}
        cap = min(voice.row.cap for voice in voices.values())  # what all of them agreed to
        facts, audit, revision = standing.sending(tx, hold, [person]), self._desk.audit, hold.revision
        reach = (wish.reach or Reach()).up_to(cap)
        lent = [voice.lent for voice in voices.values()]
        if missing := routing.lacking(self._context, hold, lent, facts, reach):
            self._change(tx, hold, HoldState(hold.state), {"approvals": len(voices), "changed_by": wish.person_id})
            audit.append(
                tx, wish.person_id, "hold.first_approval", hold.id,
                revision=revision, cap=wish.cap, missing=missing.approvals, organisations=dict(missing.organisations),
                **_how(noted),
            )  # fmt: skip
            self._desk.notices.tell(tx, hold, "first_approval")
            return HoldState(hold.state)
        if cap < hold.recipients:
            raise RefusedError("cap_too_low", WHY["cap_too_low"])
        now, dates = self._context.clock(), requests.dates(tx, hold.id)
        due = max(now, dates.get("begins_at", now))  # mail that came before the time it was asked for waits for it
        values = {
            "revision": revision + 1, "cap": cap, "used": hold.recipients,
            "approvals": len(voices), "changed_by": wish.person_id, "sending_since": due,
            "expires_at": now + lasts, **dates,
        }  # fmt: skip
        together = {voice.row.together for voice in voices.values() if voice.row.together}
        pools.share(tx, [hold.id], hold.recipients, together)
        self._change(tx, hold, target, values | {"pool_id": max(together, default=None)})
        # From here on release may claim them; nothing else sets due_at on a held message.
        held = (messages.c.hold_id == hold.id, messages.c.state == MessageState.HELD.value)
        tx.execute(update(messages).where(*held).values(due_at=due))
        audit.append(
            tx, wish.person_id, "hold.approved", hold.id,
            revision=revision, cap=cap, messages=hold.messages, recipients=hold.recipients, persons=hold.persons,
            **_how(noted),
        )  # fmt: skip
        self._desk.notices.tell(tx, hold, "approved", person)
        return target

    def _note_decision(self, tx: Connection, hold: Any, wish: Wish, hasty_seconds: int) -> _Facts:
        if wish.choice is Choice.APPROVE:
            if wish.cap is None or wish.cap < hold.recipients:
                raise RefusedError("cap_too_low", WHY["cap_too_low"])
            if wish.cap > CAP:
                raise RefusedError("cap_too_high", WHY["cap_too_high"])
            spoken = standing.agreed(tx, hold)
            right, self_ = (selves(tx, {key}) for key in (wish.acting_for or wish.person_id, wish.person_id))
            others = [one for one in spoken if one.row.id != wish.person_id]
            twice = any(one.authority in right or one.row.id in self_ for one in others)
            # Approving again is only good for a higher cap, when the mailing has grown since.
            if twice or {one.row.id: one.row.cap for one in spoken}.get(wish.person_id, -1) >= wish.cap:
                raise RefusedError("already_approved", WHY["already_approved"])
        now, seen = self._context.clock(), first_viewed(tx, wish.hold_id, wish.revision, wish.person_id)
        seconds = max(0, int((now - seen).total_seconds())) if seen else None
        # Who approves what he was never shown has not looked at it at all.
        hasty = wish.choice is Choice.APPROVE and (seconds or 0) < hasty_seconds
        row: _Facts = {
            "hold_id": wish.hold_id, "revision": wish.revision, "choice": wish.choice.value, "person_id": wish.person_id,
            "reason": self._vault.seal(wish.reason.encode("utf-8", "replace"), f"reason:{wish.hold_id}"),
            "cap": wish.cap if wish.choice is Choice.APPROVE else None, "at": now, "acting_for": wish.acting_for,
            "reason_code": wish.said.code or None, "checked": wish.said.listed, "seconds": seconds, "hasty": hasty,
            "together": wish.together,
        }  # fmt: skip
        tx.execute(insert(decisions), row)
        return row

    def _close(self, tx: Connection, hold: Any, target: HoldState, actor: str) -> None:
        """Write a state that sends nothing; held messages follow, except while the hold is asked about."""
        self._change(tx, hold, target, {"revision": hold.revision + 1, "approvals": 0, "changed_by": actor})
        if target in lifecycle.CLOSED:
            state = lifecycle.advance(MessageState.HELD, MessageState(target.value))
            held = (messages.c.hold_id == hold.id, messages.c.state == MessageState.HELD.value)
            tx.execute(update(messages).where(*held).values(state=state.value, finished_at=self._context.clock()))

    def _change(self, tx: Connection, hold: Any, state: HoldState, values: _Facts) -> None:
        query = (
            update(holds)
            .where(holds.c.id == hold.id, holds.c.state == hold.state, holds.c.revision == hold.revision)
            .values(state=state.value, changed_at=self._context.clock(), **values)
        )
        if tx.execute(query).rowcount != 1:
            raise conflict(self._hold(tx, hold.id))

    @staticmethod
    def _person(tx: Connection, person_id: str) -> Any:
        row = tx.execute(_PERSON.where(people.c.id == person_id)).one_or_none()
        if row is None:
            raise NotFoundError("No such person. `mailguard person list` shows everybody.")
        return row


def barred(wish: Wish, second: str | None, person: Any, facts: lifecycle.Sending) -> str | None:
    """Why a wish is refused whatever state the hold is in; `second` says why the person is no second person."""
    if wish.choice in _ELSEWHERE:
        return "not_a_choice"
    if wish.choice in _OPERATORS:
        if not person.enabled:
            return "disabled"
        second = None if person.id in facts.operators else "not_operator"
    return second or saying.lacks_reason(wish.choice, wish.reason, wish.said.code)


def target_of(hold: Any, wish: Wish) -> HoldState:
    """The state that a wish leads to; ConflictError when the hold is not what the person looked at."""
    if hold.revision != wish.revision:
        raise conflict(hold)
    try:
        return lifecycle.decide(HoldState(hold.state), wish.choice)
    except lifecycle.IllegalTransitionError:
        raise conflict(hold) from None


def _how(noted: _Facts) -> _Facts:
    """What the record says of how a decision was made."""
    said = {
        "acting_for": noted["acting_for"],
        "reason": noted["reason_code"],
        "seconds": noted["seconds"],
        "hasty": noted["hasty"] or None,
    }
    return {name: value for name, value in said.items() if value is not None} | (
        {"checked": saying.ticked(noted["checked"])} if noted["checked"] else {}
    )


def acted(wish: Wish) -> dict[str, str]:
    """For the record: whose deputy decided."""
    return {"acting_for": wish.acting_for} if wish.acting_for else {}


def conflict(hold: Any) -> ConflictError:
    """Who changed a hold, and when."""
    at: datetime = hold.changed_at
    who = {"": "a message with new findings", TIME: "time", counting.ACTOR: "the exact count"}.get(
        hold.changed_by, hold.changed_by
    )
    return ConflictError(f"{hold.id} is {hold.state}: changed by {who} at {at.isoformat()}. Look at it again.")
