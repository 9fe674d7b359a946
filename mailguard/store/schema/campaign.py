"""Campaigns: the holds of one mailing, shown together, and the caps that they share."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from mailguard.store.schema.base import SERIAL, Moment, metadata

# One mailing: what its holds add up to, kept up to date with them. key: see store/campaigns.py. first_hold: whose subject it shows. persons_exact: of all of them.
campaigns = Table(
    "campaigns",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("id", String(20), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("source_title", String(200), nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("first_hold", String(20), nullable=False),
    Column("reasons", Text, nullable=False),
    Column("holds", Integer, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("persons_exact", Boolean, nullable=False),
    Column("folded", Integer, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    UniqueConstraint("id", name="campaigns_id"),
    Index("campaigns_key", "source_id", "key", "serial"),
)

# A cap that somebody gave to holds of one campaign together. used: recipients sent or reserved under those that are approved.
pools = Table(
    "pools",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("campaign_id", String(20), ForeignKey("campaigns.id"), nullable=False),
    Column("cap", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    CheckConstraint("used >= 0 AND used <= cap", name="pools_cap"),
)

# The caps that an approved hold shares: one of each approver who gave it with others.
pooled = Table(
    "pooled",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("pool_id", String(20), ForeignKey("pools.id"), primary_key=True),
    Index("pooled_pool", "pool_id"),
)
