"""The tables, with a sentence each. Clear here: states, counters, times, ids, source titles, reason codes, masked addresses.

Everything else is sealed (AES-256-GCM, see vault.py) or a keyed digest. The migrations end exactly here; a test says so.
"""

from mailguard.store.schema.allowing import public_contacts, public_version
from mailguard.store.schema.base import SERIAL, Moment, metadata
from mailguard.store.schema.campaign import campaigns, pooled, pools
from mailguard.store.schema.consent import changes, settings
from mailguard.store.schema.emergency import stop_exceptions, stops
from mailguard.store.schema.hold import (
    candidates,
    claimed,
    counts,
    decisions,
    evidence,
    false_positives,
    holds,
    locked,
    participants,
)
from mailguard.store.schema.keyring import keyring
from mailguard.store.schema.looking import part_views
from mailguard.store.schema.message import blobs, bounces, contents, messages, parts, recipients, reservations
from mailguard.store.schema.notices import notices
from mailguard.store.schema.reach import doubts, handovers, reach_exports
from mailguard.store.schema.record import POSTGRESQL_GUARDS, SQLITE_GUARDS, audit, audit_head, audit_seals, unnoted
from mailguard.store.schema.request import requests
from mailguard.store.schema.runs import runs
from mailguard.store.schema.sending import operators, past_operators, sources, sources_version
from mailguard.store.schema.staff import attempts, deputies, logins, people, sessions
from mailguard.store.schema.stopping import (
    pauses,
    stop_blocks,
    stop_entries,
    stop_files,
    stop_notices,
    stop_version,
    suppressions,
)
from mailguard.store.schema.watching import watched, watched_mailings

__all__ = [
    "POSTGRESQL_GUARDS",
    "SERIAL",
    "SQLITE_GUARDS",
    "Moment",
    "attempts",
    "audit",
    "audit_head",
    "audit_seals",
    "blobs",
    "bounces",
    "campaigns",
    "candidates",
    "changes",
    "claimed",
    "contents",
    "counts",
    "decisions",
    "deputies",
    "doubts",
    "evidence",
    "false_positives",
    "handovers",
    "holds",
    "keyring",
    "locked",
    "logins",
    "messages",
    "metadata",
    "notices",
    "operators",
    "part_views",
    "participants",
    "parts",
    "past_operators",
    "pauses",
    "people",
    "pooled",
    "pools",
    "public_contacts",
    "public_version",
    "reach_exports",
    "recipients",
    "requests",
    "reservations",
    "runs",
    "sessions",
    "settings",
    "sources",
    "sources_version",
    "stop_blocks",
    "stop_entries",
    "stop_exceptions",
    "stop_files",
    "stop_notices",
    "stop_version",
    "stops",
    "suppressions",
    "unnoted",
    "watched",
    "watched_mailings",
]
