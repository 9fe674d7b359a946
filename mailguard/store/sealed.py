"""Every column of sealed bytes, and where its rows say they belong.

In: a row. Out: the place that its bytes open at. A rotation seals all of them anew, imprints of rows say what stands in them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, select

from mailguard.store import schema


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed bytes, and where its rows say they belong. rows: with what says it, where another table does."""

    table: Table
    column: str
    place: Callable[[Any], str]
    rows: Select[Any] | None = None


_CONTENTS = select(schema.contents, schema.messages.c.id).join(schema.messages)

SEALED = (
    Sealed(schema.people, "sealed", lambda row: f"person:{row['id']}"),
    Sealed(schema.logins, "sealed", lambda row: f"login:{row['id']}"),
    Sealed(schema.sources, "sealed", lambda row: f"source:{row['id']}"),
    Sealed(schema.holds, "subject", lambda row: f"subject:{row['id']}"),
    Sealed(schema.holds, "inspection", lambda row: f"inspection:{row['id']}"),
    Sealed(schema.holds, "route", lambda row: f"route:{row['id']}"),
    Sealed(schema.contents, "envelope", lambda row: f"envelope:{row['id']}", _CONTENTS),
    Sealed(schema.contents, "skeleton", lambda row: f"skeleton:{row['id']}", _CONTENTS),
    Sealed(schema.blobs, "sealed", lambda row: f"blob:{row['id'].hex()}"),
    Sealed(schema.decisions, "reason", lambda row: f"reason:{row['hold_id']}"),
    Sealed(schema.public_contacts, "reason", lambda row: f"contact:{row['id']}"),
    Sealed(schema.part_views, "reason", lambda row: f"part view:{row['hold_id']}"),
    Sealed(schema.pauses, "reason", lambda _: "pause"),
    Sealed(schema.stops, "reason", lambda row: f"stop:{row['id']}"),
    Sealed(schema.stops, "asked", lambda row: f"stop end:{row['id']}"),
    Sealed(schema.stop_exceptions, "reason", lambda row: f"exception:{row['hold_id']}"),
    Sealed(schema.handovers, "sealed", lambda row: f"handover:{row['message_id']}"),
    Sealed(schema.reach_exports, "reason", lambda _: "reach"),
    Sealed(schema.requests, "facts", lambda row: f"request:{row['id']}"),
    Sealed(schema.requests, "sample", lambda row: f"sample:{row['id']}"),
    Sealed(schema.bounces, "sealed", lambda row: f"bounce:{row['message_id']}"),
    Sealed(schema.watched_mailings, "sealed", lambda row: f"watched:{row['id']}"),
    Sealed(schema.changes, "sealed", lambda row: f"change:{row['id']}"),
    Sealed(schema.settings, "sealed", lambda row: f"settings:{row['digest'].hex()}"),
    Sealed(schema.stop_files, "path", lambda row: f"stop file:{row['path_key'].hex()}"),
    Sealed(schema.stop_blocks, "scope", lambda row: f"stop block:{row['id']}"),
    Sealed(schema.stop_entries, "sealed", lambda row: f"stop entry:{row['id']}"),
)
