"""Stops of a mailing know what its tool calls it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Stops in force cover from now on what grouping takes for the mailing of their hold, too."""
    op.add_column("stops", sa.Column("campaign_key", sa.LargeBinary(), nullable=True))
    op.execute(
        "UPDATE stops SET campaign_key = (SELECT campaigns.key FROM holds JOIN campaigns ON campaigns.id = holds.campaign_id"
        " WHERE holds.id = stops.hold_id) WHERE scope = 'campaign'"
    )
