"""Whose rules' findings people called a false positive (誤検知), counted by rule and hold.

In: a decision under way, with its transaction. Out: counts. A hold counts once for each rule, however many approve.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from mailguard.model import Inspection
from mailguard.store import sight
from mailguard.store.context import Context
from mailguard.store.reasons import reasons_of
from mailguard.store.schema import evidence, false_positives, holds
from mailguard.store.views import RuleCount

_INSPECTION = msgspec.msgpack.Decoder(Inspection)
_RULE = 100  # characters of an id that are kept


class FalsePositives:
    """The counts of one database."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def note(self, tx: Connection, hold: Any, person_id: str, at: datetime) -> list[str]:
        """Count the rules whose findings are the evidence of a hold; their ids."""
        query = select(false_positives.c.rule).where(false_positives.c.hold_id == hold.id)
        noted = set(tx.execute(query).scalars())
        rules = self._rules(tx, hold)
        fresh = [
            {"hold_id": hold.id, "rule": rule, "person_id": person_id, "at": at} for rule in rules if rule not in noted
        ]
        if fresh:
            tx.execute(insert(false_positives), fresh)
        return rules

    def by_rule(self, viewer: str | None = None) -> list[RuleCount]:
        """How many holds that `viewer` sees of each rule, the most first."""
        number, last = func.count(), func.max(false_positives.c.at)
        rule = false_positives.c.rule
        with self._context.database.read() as tx:
            query = select(rule, number, last).group_by(rule).order_by(number.desc(), rule)
            if viewer is not None:
                seen = select(holds.c.id).where(sight.holds_seen(self._context, tx, viewer))
                query = query.where(false_positives.c.hold_id.in_(seen))
            rows = tx.execute(query).all()
        return [RuleCount(*row) for row in rows]

    def _rules(self, tx: Connection, hold: Any) -> list[str]:
        """Of findings that are evidence; where there are none (addresses in To, say), the reasons of the hold."""
        sealed = self._context.vault.open(hold.inspection, f"inspection:{hold.id}")
        keys = set(tx.execute(select(evidence.c.key).where(evidence.c.hold_id == hold.id)).scalars())
        rules = {finding.rule[:_RULE] for finding in _INSPECTION.decode(sealed).findings if finding.key in keys}
        return sorted(rules or set(reasons_of(hold)))
