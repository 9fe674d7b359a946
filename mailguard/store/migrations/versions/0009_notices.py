"""Notices that are about no hold, go to channels, or are one for a whole mailing; how often a hold's approvers were reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns of two tables; what waits to be sent still waits."""
    op.add_column("holds", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("notices", recreate="auto") as notices:
        notices.alter_column("person_id", existing_type=sa.String(20), nullable=True)
        notices.alter_column("hold_id", existing_type=sa.String(20), nullable=True)
        notices.add_column(sa.Column("channel", sa.String(20), nullable=False, server_default=""))
        notices.add_column(sa.Column("path", sa.String(100), nullable=False, server_default=""))
        notices.add_column(sa.Column("about", sa.String(200), nullable=False, server_default=""))
        notices.add_column(sa.Column("campaign", sa.LargeBinary(length=16)))
        notices.add_column(sa.Column("sent_at", sa.DateTime(timezone=True)))
        notices.create_check_constraint("notices_one_reader", "(person_id IS NULL) = (channel <> '')")
    op.create_index("notices_campaign", "notices", ["campaign", "event"])
