"""Campaigns as the page shows them: totals, states, their holds page by page, and what one person may decide together.

In: ids and limits. Out: views. Totals are kept by grouping.py; states are counted from an index. Writes nothing but decisions.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from mailguard.errors import NotFoundError
from mailguard.lifecycle import HoldState
from mailguard.store import joint_checklist, settings, sight
from mailguard.store.campaign_views import CampaignRow, Decided, Question, Snapshot
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.holds import Holds
from mailguard.store.joint_checklist import JointPoint
from mailguard.store.joint_questions import questions
from mailguard.store.reasons import reasons_of
from mailguard.store.schema import campaigns, holds
from mailguard.store.snapshots import Snapshots
from mailguard.store.together_deciding import TogetherDeciding
from mailguard.store.views import HoldRow, HoldView

RECENT = 10_000  # the newest holds, among which those that are over are looked for
SAMPLES = 3
_WAITING_FIRST = (holds.c.state != HoldState.PENDING.value, holds.c.serial)


class Campaigns(AtDesk):
    """Reads campaigns, and decides them."""

    def __init__(self, desk: Desk, all_holds: Holds) -> None:
        super().__init__(desk)
        self._holds = all_holds
        self._snapshots = Snapshots(desk)
        self._deciding = TogetherDeciding(desk, all_holds, self._snapshots)

    def recent(
        self,
        states: Collection[HoldState] = (HoldState.PENDING,),
        limit: int = 200,
        offset: int = 0,
        viewer: str | None = None,
    ) -> list[CampaignRow]:
        """Campaigns with holds in one of these states, that with the newest such hold first."""
        newest = func.max(holds.c.serial)
        wanted = holds.c.state.in_([state.value for state in states])
        query = select(holds.c.campaign_id, newest).where(wanted, holds.c.campaign_id.is_not(None))
        if HoldState.PENDING not in states:
            query = query.where(holds.c.serial > select(func.max(holds.c.serial) - RECENT).scalar_subquery())
        query = query.group_by(holds.c.campaign_id).order_by(newest.desc()).limit(limit).offset(offset)
        with self._database.read() as tx:
            query = query.where(sight.holds_seen(self._context, tx, viewer))
            return self._rows(tx, [row.campaign_id for row in tx.execute(query)])

    def get(self, campaign_id: str, viewer: str | None = None) -> CampaignRow:
        """One campaign, all of it of one source; raises NotFoundError, also when `viewer` does not see it."""
        with self._database.read() as tx:
            self._check_seen(tx, campaign_id, viewer)
            return self._rows(tx, [campaign_id])[0]

    def _check_seen(self, tx: Connection, campaign_id: str, viewer: str | None) -> None:
        seen = (holds.c.campaign_id == campaign_id, sight.holds_seen(self._context, tx, viewer))
        if tx.execute(select(holds.c.id).where(*seen).limit(1)).first() is None:
            raise NotFoundError("No such campaign. `mailguard hold campaigns` shows what there is.")

    def of(self, hold_id: str) -> CampaignRow | None:
        """The campaign of a hold."""
        with self._database.read() as tx:
            hold = self._hold(tx, hold_id)
            found = self._rows(tx, [hold.campaign_id]) if hold.campaign_id else []
        return found[0] if found else None

    def holds(self, campaign_id: str, limit: int = 50, offset: int = 0) -> list[HoldRow]:
        """Its holds: those that wait for a decision first, the oldest first."""
        serials = select(holds.c.serial).where(holds.c.campaign_id == campaign_id)
        query = select(holds).where(holds.c.serial.in_(serials.order_by(*_WAITING_FIRST).limit(limit).offset(offset)))
        with self._database.read() as tx:
            return self._holds.listed(tx, tx.execute(query.order_by(*_WAITING_FIRST)).all())

    def hold_ids(self, campaign_id: str) -> list[str]:
        """All of its holds, in the same order."""
        with self._database.read() as tx:
            query = select(holds.c.id).where(holds.c.campaign_id == campaign_id)
            return list(tx.execute(query.order_by(*_WAITING_FIRST)).scalars())

    def listed(self, ids: Sequence[str]) -> dict[str, HoldRow]:
        """Holds by id, as the list shows them."""
        if not ids:
            return {}
        with self._database.read() as tx:
            rows = self._holds.listed(tx, tx.execute(select(holds).where(holds.c.id.in_(ids))).all())
        return {row.id: row for row in rows}

    def samples(self, campaign_id: str) -> list[HoldView]:
        """A few of its holds in full: of those that wait, if any do, the first, the one in the middle, and the last."""
        mine = holds.c.campaign_id == campaign_id
        pending = (mine, holds.c.state == HoldState.PENDING.value)
        with self._database.read() as tx:
            waiting = tx.execute(select(func.count()).select_from(holds).where(*pending)).scalar_one()
            where = pending if waiting else (mine,)
            count = waiting or tx.execute(select(func.count()).select_from(holds).where(mine)).scalar_one()
            places = sorted({0, count // 2, count - 1}) if count else []
            ordered = select(holds.c.id).where(*where).order_by(holds.c.serial).limit(1)
            ids = [tx.execute(ordered.offset(place)).scalar_one() for place in places[:SAMPLES]]
        return [self._holds.get(hold_id) for hold_id in ids]

    @property
    def approval_hours(self) -> float:
        """So long an approval lets later mail pass."""
        with self._database.read() as tx:
            return settings.holds(self._context, tx).approval_hours

    def snapshot(self, campaign_id: str, person_id: str) -> Snapshot:
        """What this person would decide now; raises NotFoundError when there is nothing for that person to see."""
        with self._database.read() as tx:
            self._check_seen(tx, campaign_id, person_id)
            return self._snapshots.take(tx, campaign_id, person_id).snapshot

    def returned(self, campaign_id: str, person_id: str) -> tuple[Snapshot, list[Question]]:
        """What waits for an answer now, and what was asked; raises NotFoundError as `snapshot`."""
        with self._database.read() as tx:
            self._check_seen(tx, campaign_id, person_id)
            taken = self._snapshots.take(tx, campaign_id, person_id, HoldState.RETURNED)
            asked = questions(self._context, tx, self._desk.people, campaign_id) if taken.ids else []
            return taken.snapshot, asked

    def checklist(self, campaign_id: str, person_id: str) -> tuple[JointPoint, ...]:
        """What this person has to tick to approve all that waits."""
        with self._database.read() as tx:
            return joint_checklist.shown(
                self._context, tx, campaign_id, self._snapshots.take(tx, campaign_id, person_id).ids
            )

    def decide(self, campaign_id: str, **wish: Any) -> Decided:
        """See `TogetherDeciding.decide`."""
        return self._deciding.decide(campaign_id, **wish)

    def _rows(self, tx: Connection, ids: Sequence[str]) -> list[CampaignRow]:
        """In the order of the ids."""
        if not ids:
            return []
        states: dict[str, dict[HoldState, int]] = {}
        counts = (
            select(holds.c.campaign_id, holds.c.state, func.count())
            .where(holds.c.campaign_id.in_(ids))
            .group_by(holds.c.campaign_id, holds.c.state)
        )
        for campaign_id, state, count in tx.execute(counts):
            states.setdefault(campaign_id, {})[HoldState(state)] = count
        # Its first hold is the oldest one: none of them expires sooner, but for one that was brought back.
        first = holds.alias()
        query = (
            select(campaigns, first.c.subject, first.c.expires_at)
            .join(first, first.c.id == campaigns.c.first_hold)
            .where(campaigns.c.id.in_(ids))
        )
        found = {row.id: self._row(row, states.get(row.id, {})) for row in tx.execute(query)}
        return [found[key] for key in ids if key in found]

    def _row(self, row: Any, states: dict[HoldState, int]) -> CampaignRow:
        subject = self._vault.open(row.subject, f"subject:{row.first_hold}").decode("utf-8", "replace")
        return CampaignRow(
            id=row.id,
            source_id=row.source_id,
            source_title=row.source_title,
            subject=subject,
            reasons=tuple(reasons_of(row)),
            holds=row.holds,
            messages=row.messages,
            recipients=row.recipients,
            persons=row.persons,
            persons_exact=row.persons_exact,
            folded=row.folded,
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            states=states,
            expires_at=row.expires_at,
            first_hold=row.first_hold,
            key=bytes(row.key),
        )
