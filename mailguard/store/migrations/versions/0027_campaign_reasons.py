"""Campaigns name the reasons of all their holds: grouping those that were there kept only the first one's."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is lost: each hold keeps its own reasons, purged or not."""
    tx = op.get_bind()
    found: dict[str, set[str]] = {}
    last: dict[str, Any] = {}
    for row in tx.execute(_HOLDS):
        found.setdefault(row.campaign_id, set()).update(_reasons(row.reasons))
        last[row.campaign_id] = max(row.last_seen, last.get(row.campaign_id, row.last_seen))
    for row in tx.execute(_CAMPAIGNS).all():
        reasons = sorted({*_reasons(row.reasons), *found.get(row.id, ())})
        values = {"which": row.id, "reasons": json.dumps(reasons, separators=(",", ":"))}
        values["last_seen"] = max(row.last_seen, last.get(row.id, row.last_seen))
        if (values["reasons"], values["last_seen"]) != (row.reasons, row.last_seen):
            tx.execute(_MEND, values)


def _reasons(text: str) -> list[str]:
    """What stands in the clear may have been altered; then whoever reads the hold hears of it."""
    try:
        reasons = json.loads(text)
    except ValueError:
        return []
    return [reason for reason in reasons if isinstance(reason, str)] if isinstance(reasons, list) else []


_HOLDS = sa.text(
    "SELECT campaign_id, reasons, max(last_seen) AS last_seen FROM holds WHERE campaign_id IS NOT NULL"
    " GROUP BY campaign_id, reasons"
)
_CAMPAIGNS = sa.text("SELECT id, reasons, last_seen FROM campaigns")
_MEND = sa.text("UPDATE campaigns SET reasons = :reasons, last_seen = :last_seen WHERE id = :which")
