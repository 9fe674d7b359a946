"""Holds: what one decision covers, what it is about, who took part, what was decided."""

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
    text,
)

from mailguard.lifecycle import Choice, HoldState
from mailguard.store.schema.base import SERIAL, Moment, metadata, one_of

# What one decision covers. declared: every message came from a source known by login or network. used: recipients sent or reserved under the approval. approvals: at this revision.
# sending_since: the approval, or the last "deliver late". asked_at: what was held by then waits for a new "deliver late". reminded: how often approvers were.
# route: what its routes ask for, sealed (routing.py); none without routes. approvals_needed: at its recipients of now.
# campaign_id: the mailing it is of. pool_id: the newest of the caps that it shares, see `pooled`. folded: messages that came twice. likeness: see shown.py.
# sending_since: the approval, or the last "deliver late". asked_at: what was held by then waits for a new "deliver late". reminded: how often approvers were. begins_at: an approval covers nothing before. rehearsal: only test mail so far.
holds = Table(
    "holds",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("id", String(20), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("source_title", String(200), nullable=False),
    Column("declared", Boolean, nullable=False),
    Column("content_key", LargeBinary, nullable=False),
    Column("subject_key", LargeBinary, nullable=False),
    Column("state", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("inspection", LargeBinary, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("late_messages", Integer, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("persons_exact", Boolean, nullable=False),
    Column("households", Integer, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("cap", Integer),
    Column("used", Integer, nullable=False),
    Column("approvals", Integer, nullable=False),
    Column("approvals_needed", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(20), nullable=False),
    Column("sending_since", Moment),
    Column("asked_at", Moment),
    Column("begins_at", Moment),
    Column("rehearsal", Boolean, nullable=False, server_default=text("false")),
    Column("reminded", Integer, nullable=False, server_default="0"),
    Column("route", LargeBinary),
    Column("campaign_id", String(20)),
    Column("pool_id", String(20)),
    Column("folded", Integer, nullable=False, server_default="0"),
    Column("likeness", LargeBinary(16)),
    UniqueConstraint("id", name="holds_id"),
    CheckConstraint(one_of("state", HoldState), name="holds_state"),
    CheckConstraint("state <> 'approved' OR (cap IS NOT NULL AND used <= cap)", name="holds_cap"),
    CheckConstraint("used >= 0", name="holds_used"),
    CheckConstraint("state <> 'approved' OR approvals >= approvals_needed", name="holds_approvals"),
    Index(
        "holds_one_pending",
        "source_id",
        "content_key",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index("holds_content", "source_id", "content_key", "serial"),
    Index("holds_subject", "source_id", "subject_key", "state"),
    Index("holds_state_expiry", "state", "expires_at"),
    Index("holds_campaign", "campaign_id", "state", "serial"),
    Index("holds_state_campaign", "state", "campaign_id", "serial"),
)

# The leaves and paragraphs that a hold is about.
evidence = Table(
    "evidence",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("key", LargeBinary, primary_key=True),
)

# Who took part in sending a hold's messages: digests of SMTP logins and of author addresses.
participants = Table(
    "participants",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("role", String(10), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    CheckConstraint("role IN ('login', 'author')", name="participants_role"),
)

# Operators of the sources that unauthenticated mail of a hold claims to come from; none of them is its second person.
claimed = Table(
    "claimed",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id"), primary_key=True),
)

# What persons decided, a first of two approvals included; the reason is sealed. reason_code: the preset beside it.
# checked: ids of ticked points, a JSON list. seconds: from the first view of that revision, empty when there was none;
# hasty: less than what was configured then. together: the pool, where the cap was given to several holds at once. acting_for: the approver whose deputy decided.
decisions = Table(
    "decisions",
    metadata,
    Column("serial", SERIAL, primary_key=True),
    Column("hold_id", String(20), ForeignKey("holds.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("choice", String(20), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("cap", Integer),
    Column("at", Moment, nullable=False),
    Column("reason_code", String(30)),
    Column("checked", Text),
    Column("seconds", Integer),
    Column("hasty", Boolean),
    Column("together", String(20)),
    Column("acting_for", String(20)),
    CheckConstraint(one_of("choice", Choice), name="decisions_choice"),
    UniqueConstraint("hold_id", "revision", "person_id", "choice", "cap", name="decisions_once"),
)

# Holds whose long tables are not counted yet: the message to count, the persons there are at least, and how often it was begun.
counts = Table(
    "counts",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("message", SERIAL, ForeignKey("messages.serial"), nullable=False),
    Column("least", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("given_up", Boolean, nullable=False),
)

# What mails told that may open others of the same submitter, a digest: sealed by scanner workers for each other, and once more for its row.
candidates = Table(
    "candidates",
    metadata,
    Column("submitter", LargeBinary(16), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("kept_at", Moment, nullable=False),
    Index("candidates_kept", "kept_at"),
)

# Holds with encrypted parts. asked: times that its submitter told something; tried: those it was inspected with; begun: that inspection, so often.
locked = Table(
    "locked",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("message", SERIAL, ForeignKey("messages.serial"), nullable=False),
    Column("submitter", LargeBinary(16), nullable=False),
    Column("asked", Integer, nullable=False),
    Column("tried", Integer, nullable=False),
    Column("begun", Integer, nullable=False),
    Index("locked_submitter", "submitter"),
)

# Rules whose findings held a hold that people called a false positive.
false_positives = Table(
    "false_positives",
    metadata,
    Column("hold_id", String(20), ForeignKey("holds.id"), primary_key=True),
    Column("rule", String(100), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id"), nullable=False),
    Column("at", Moment, nullable=False),
)
