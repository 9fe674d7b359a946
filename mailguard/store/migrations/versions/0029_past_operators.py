"""Who operated a source before stays apart from what was sent then."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A table; nothing that was there changes. Who stopped operating a source before is not known."""
    op.create_table(
        "past_operators",
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("last_hold", _SERIAL, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("source_id", "person_id"),
    )
