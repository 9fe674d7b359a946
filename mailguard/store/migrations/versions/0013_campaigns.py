"""Campaigns: the holds of one mailing, the caps they share, and what shows that the same mail came twice."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from mailguard.store.context import fresh_id

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_APART = timedelta(hours=12)
_FACTS = "serial, id, source_id, source_title, subject_key, reasons, messages, recipients, persons, persons_exact, first_seen, last_seen"


def upgrade() -> None:
    """Two tables; holds and messages get columns, and each hold that is there the campaign it is of."""
    op.create_table(
        "campaigns",
        sa.Column("serial", _SERIAL, nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("source_title", sa.String(length=200), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("first_hold", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("persons_exact", sa.Boolean(), nullable=False),
        sa.Column("folded", sa.Integer(), nullable=False),
        sa.Column("first_seen", _MOMENT, nullable=False),
        sa.Column("last_seen", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("serial"),
        sa.UniqueConstraint("id", name="campaigns_id"),
    )
    op.create_index("campaigns_key", "campaigns", ["source_id", "key", "serial"])
    op.create_table(
        "pools",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("campaign_id", sa.String(length=20), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("used >= 0 AND used <= cap", name="pools_cap"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("holds", sa.Column("campaign_id", sa.String(length=20)))
    op.add_column("holds", sa.Column("pool_id", sa.String(length=20)))
    op.add_column("holds", sa.Column("folded", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("holds", sa.Column("likeness", sa.LargeBinary(length=16)))
    op.create_index("holds_campaign", "holds", ["campaign_id", "state", "serial"])
    op.create_index("holds_state_campaign", "holds", ["state", "campaign_id", "serial"])
    op.add_column("messages", sa.Column("fold_key", sa.LargeBinary(length=16)))
    some = sa.text("fold_key IS NOT NULL")
    op.create_index("messages_fold", "messages", ["fold_key", "hold_id"], sqlite_where=some, postgresql_where=some)
    _group()


def _group() -> None:
    """The holds that are there: those of one source and subject that came within hours of each other are one mailing."""
    tx = op.get_bind()
    open_: dict[tuple[str, bytes], dict[str, Any]] = {}
    for row in tx.execute(sa.text(f"SELECT {_FACTS} FROM holds ORDER BY serial")).mappings().all():  # noqa: S608 - our own words
        key = row["source_id"], bytes(row["subject_key"])
        known = open_.get(key)
        if known is None or _moment(row["first_seen"]) - _moment(known["last_seen"]) > _APART:
            known = open_[key] = {**row, "key": key[1], "id": fresh_id("C"), "first_hold": row["id"]}
            tx.execute(_INSERT, known)
        else:
            tx.execute(_ADD, {**row, "campaign": known["id"]})
            known["last_seen"] = max(known["last_seen"], row["last_seen"])
        tx.execute(
            sa.text("UPDATE holds SET campaign_id = :campaign WHERE serial = :serial"),
            {"campaign": known["id"], "serial": row["serial"]},
        )


def _moment(value: Any) -> datetime:
    """SQLite keeps times as text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


_INSERT = sa.text(
    "INSERT INTO campaigns (id, source_id, source_title, key, first_hold, reasons, holds, messages, recipients, persons,"
    " persons_exact, folded, first_seen, last_seen) VALUES (:id, :source_id, :source_title, :key, :first_hold, :reasons, 1,"
    " :messages, :recipients, :persons, :persons_exact, 0, :first_seen, :last_seen)"
)
_ADD = sa.text(
    "UPDATE campaigns SET holds = holds + 1, messages = messages + :messages, recipients = recipients + :recipients,"
    " persons = persons + :persons, persons_exact = (persons_exact AND :persons_exact), last_seen = :last_seen"
    " WHERE id = :campaign"
)
