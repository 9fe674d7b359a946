"""What a decision is made of besides its text, and a choice more: an operator answers a question."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_CHOICES = "choice IN ('approve', 'reject', 'return', 'answer', 'withdraw', 'expire', 'deliver_late', 'stop_rest')"  # as before, and 'answer'
_COLUMNS = (
    ("reason_code", sa.String(length=30)),
    ("checked", sa.Text()),
    ("seconds", sa.Integer()),
    ("hasty", sa.Boolean()),
)


def upgrade() -> None:
    """Decisions that were made before have none of it."""
    if op.get_bind().dialect.name == "sqlite":
        # A check cannot be changed there: the table is copied, and without the check it had.
        with op.batch_alter_table("decisions", recreate="always") as decisions:
            for name, kind in _COLUMNS:
                decisions.add_column(sa.Column(name, kind, nullable=True))
            decisions.create_check_constraint("decisions_choice", _CHOICES)
        return
    for name, kind in _COLUMNS:
        op.add_column("decisions", sa.Column(name, kind, nullable=True))
    op.drop_constraint("decisions_choice", "decisions", type_="check")
    op.create_check_constraint("decisions_choice", "decisions", _CHOICES)
