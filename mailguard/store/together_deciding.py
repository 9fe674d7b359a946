"""Deciding the holds of a campaign together: exactly those of a snapshot, in one transaction, all or none.

In: a wish of a person, and the snapshot it was made at. Out: the states afterwards. Raises ChangedError, RefusedError (which is
recorded). No rule stands here: holds that no rule can tell apart are a class, one of each class is decided as a hold
alone is (decisions.py), and what that wrote is written for the others of its class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.presets import Preset
from mailguard.store import decisions as deciding
from mailguard.store import pools, routing
from mailguard.store.campaign_views import Decided
from mailguard.store.decisions import Decisions, Wish
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.joint_checklist import Shares
from mailguard.store.likeness import Likeness
from mailguard.store.routing import Reach
from mailguard.store.saying import Said
from mailguard.store.schema import holds
from mailguard.store.snapshots import Snapshots
from mailguard.store.statement import chunks
from mailguard.store.twins import Twins


@dataclass(frozen=True, slots=True)
class Intent:
    """What a person wants of a campaign. cap: recipients of all its holds together; None: only those received."""

    campaign_id: str
    snapshot: str
    choice: Choice
    person_id: str
    reason: str
    cap: int | None
    said: Said

    def wish(self, hold: Any, reach: Reach, pool: str | None, said: Said) -> Wish:
        """The same for one of its holds; a route asks for the numbers of all of them together. said: what of it is of this hold."""
        cap = hold.recipients if self.cap is None and self.choice is Choice.APPROVE else self.cap
        mistaken = self.said.code == Preset.FALSE_POSITIVE
        return Wish(
            hold.id,
            hold.revision,
            self.choice,
            self.person_id,
            self.reason,
            cap,
            mistaken,
            said,
            reach,
            together=pool,
        )


class TogetherDeciding(AtDesk):
    """Decides campaigns."""

    def __init__(self, desk: Desk, decisions: Decisions, snapshots: Snapshots) -> None:
        super().__init__(desk)
        self._decisions, self._snapshots = decisions, snapshots

    def decide(
        self,
        campaign_id: str,
        *,
        snapshot: str,
        choice: Choice,
        person_id: str,
        reason: str,
        cap: int | None = None,
        said: Said | None = None,
    ) -> Decided:
        """Decide the holds that a snapshot names."""
        intent = Intent(campaign_id, snapshot, choice, person_id, reason.strip(), cap, said or Said())
        try:
            with self._database.write(announced=True) as tx:
                return self._decide(tx, intent)
        except RefusedError as refused:
            with self._database.write() as tx:
                self._desk.audit.append(
                    tx, person_id, "campaign.refused", campaign_id, choice=choice.value, code=refused.code
                )
            raise

    def _decide(self, tx: Connection, intent: Intent) -> Decided:
        taken = self._snapshots.check(tx, intent.campaign_id, intent.person_id, intent.snapshot, intent.choice)
        rows = Likeness(self._context, tx).classes(intent.campaign_id, taken.ids)
        received = sum(hold.recipients for alike in rows for hold in alike)
        if intent.choice is Choice.APPROVE and intent.cap is not None and intent.cap < received:
            raise RefusedError("cap_too_low", deciding.WHY["cap_too_low"])
        persons = sum(hold.persons for alike in rows for hold in alike)
        reach = routing.reach(tx, intent.campaign_id, received, persons)
        # One cap for all of them; without a number of its own each hold has only what was received.
        given = intent.choice is Choice.APPROVE and intent.cap is not None
        pool = pools.open_pool(tx, intent.campaign_id, intent.cap or 0) if given else None
        shares = Shares(self._context, [alike[0] for alike in rows], intent.said)
        states: dict[HoldState, int] = {}
        twins = Twins(self._desk, tx, caps_follow=intent.cap is None)
        for alike in rows:
            with twins.like(alike) as first:
                state = self._decisions.settle(tx, intent.wish(first, reach, pool, shares.of(first)))
            states[state] = states.get(state, 0) + len(alike)
        twins.write()
        cap = self._cap(tx, intent, taken.ids, pool) if pool and HoldState.APPROVED in states else None
        self._desk.audit.append(
            tx, intent.person_id, "campaign.decided", intent.campaign_id,
            choice=intent.choice.value, snapshot=intent.snapshot.partition(".")[0], holds=len(taken.ids),
            recipients=received, cap=cap, states={state.value: count for state, count in states.items()},
        )  # fmt: skip
        return Decided(states, cap)

    def _cap(self, tx: Connection, intent: Intent, ids: Sequence[str], pool: str) -> int:
        """Recipients of all that was approved: what this person gave, or less where approvers before gave less."""
        own: dict[str, int] = {}
        for some in chunks(ids):
            of = (holds.c.id.in_(some), holds.c.state == HoldState.APPROVED.value)
            own |= {row.id: int(row.cap) for row in tx.execute(select(holds.c.id, holds.c.cap).where(*of))}
        shared = pools.caps(tx, list(own))
        groups: dict[tuple[tuple[str, int], ...], int] = {}
        for hold_id, cap in own.items():
            others = tuple(sorted(item for item in shared[hold_id].items() if item[0] != pool))
            groups[others] = groups.get(others, 0) + cap
        return min(
            intent.cap or 0,
            sum(min(total, *[cap for _, cap in others]) if others else total for others, total in groups.items()),
        )
