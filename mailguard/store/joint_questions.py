"""What was asked about the returned holds of a campaign, each question once.

In: a campaign. Out: questions with the number of holds they are about, that about the most first.
"""

from collections import Counter

from sqlalchemy import Connection, func, select

from mailguard.lifecycle import Choice, HoldState
from mailguard.store.campaign_views import Question
from mailguard.store.context import Context
from mailguard.store.people import People
from mailguard.store.schema import decisions, holds

_LAST = (
    select(func.max(decisions.c.serial))
    .join(holds, holds.c.id == decisions.c.hold_id)
    .where(holds.c.state == HoldState.RETURNED.value, decisions.c.choice == Choice.RETURN.value)
    .group_by(decisions.c.hold_id)
)


def questions(context: Context, tx: Connection, folk: People, campaign_id: str) -> list[Question]:
    """Whoever answers all holds together reads all of them."""
    last = select(decisions).where(decisions.c.serial.in_(_LAST.where(holds.c.campaign_id == campaign_id)))
    asked: Counter[tuple[str, str, str]] = Counter()
    for row in tx.execute(last.order_by(decisions.c.serial)):
        text = context.vault.open(row.reason, f"reason:{row.hold_id}").decode("utf-8")
        asked[row.person_id, row.reason_code or "", text] += 1
    names = folk.names(tx, {person for person, _, _ in asked})
    return [Question(names[person], code, text, count) for (person, code, text), count in asked.most_common()]
