"""Holds as one transaction will leave them: read once, changed in memory, written once at its end.

In: a transaction and the keys of a message. Out: a `Draft`. Right because the transaction is the only writer, or only reads.
"""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from mailguard.lifecycle import HoldState
from mailguard.model import Inspection
from mailguard.store import standing
from mailguard.store.context import Context
from mailguard.store.schema import evidence as evidence_table
from mailguard.store.schema import holds
from mailguard.store.standing import Marks, Sender, Vouchers

EVIDENCE = 10_000  # keys one statement can name; a message with more is held


class Draft:
    """One hold. row: its columns as they are by now; staff, marks: of messages that came in this transaction."""

    def __init__(self, row: Any) -> None:
        self.row = SimpleNamespace(**row)
        self.changed: dict[str, Any] = {}
        self.inspection: Inspection | None = None
        self.marks: set[tuple[str, bytes]] = set()
        self.staff: set[str] = set()
        self.vouchers: Vouchers | None = None
        self.refused: dict[frozenset[bytes], bool] = {}
        self.told: set[str] = set()
        self._evidence: dict[bytes, bool] = {}

    @property
    def state(self) -> HoldState:
        """Its state."""
        return HoldState(self.row.state)

    def change(self, **values: Any) -> None:
        """Columns to be written."""
        self.changed |= values
        self.row.__dict__.update(values)

    def evidence(self, tx: Connection, keys: Collection[bytes]) -> set[bytes]:
        """Which of `keys` the hold has."""
        wanted = sorted(key for key in keys if key not in self._evidence)
        for start in range(0, len(wanted), EVIDENCE):
            some = wanted[start : start + EVIDENCE]
            mine = (evidence_table.c.hold_id == self.row.id, evidence_table.c.key.in_(some))
            found = set(tx.execute(select(evidence_table.c.key).where(*mine)).scalars())
            self._evidence |= {key: key in found for key in some}
        return {key for key in keys if self._evidence[key]}

    def note_evidence(self, tx: Connection, keys: Collection[bytes]) -> None:
        """The hold has `keys` as well from now on."""
        if keys:
            tx.execute(insert(evidence_table), [{"hold_id": self.row.id, "key": key} for key in sorted(keys)])
            self._evidence |= dict.fromkeys(keys, True)

    def remember(self, tx: Connection) -> None:
        """Write who sent the messages that came."""
        standing.remember(tx, self.row.id, self.marks, self.staff)


class Drafts:
    """The holds of one transaction."""

    def __init__(self, context: Context, tx: Connection) -> None:
        self._context = context
        self._tx = tx
        self._known: dict[int, Draft] = {}
        self._newest: dict[tuple[str, bytes], Draft | None] = {}
        self._approved: dict[tuple[str, bytes], list[Draft]] = {}
        self._marks: dict[tuple[object, ...], Marks] = {}

    def newest(self, source_id: str, content_key: bytes) -> Draft | None:
        """The newest hold of a content key decides; None when there is none."""
        key = source_id, content_key
        if key not in self._newest:
            mine = (holds.c.source_id == source_id, holds.c.content_key == content_key)
            found = self._read(select(holds).where(*mine).order_by(holds.c.serial.desc()).limit(1))
            self._newest[key] = found[0] if found else None
        return self._newest[key]

    def approved(self, source_id: str, subject_key: bytes) -> list[Draft]:
        """Approved holds of a subject, the newest first."""
        key = source_id, subject_key
        if key not in self._approved:
            mine = (
                holds.c.source_id == source_id,
                holds.c.subject_key == subject_key,
                holds.c.state == HoldState.APPROVED.value,
                holds.c.expires_at > self._context.clock(),
            )
            self._approved[key] = self._read(select(holds).where(*mine).order_by(holds.c.serial.desc()))
        return self._approved[key]

    def open(self, row: dict[str, Any]) -> Draft:
        """A new hold, the newest of its content key from now on."""
        serial = self._tx.execute(insert(holds), row).inserted_primary_key
        assert serial is not None
        draft = self._draft({**row, "serial": serial[0]})
        self._newest[row["source_id"], row["content_key"]] = draft
        return draft

    def marks(self, sender: Sender) -> Marks:
        """What `sender` leaves behind: most messages of a mailing have the same one."""
        key = sender.envelope.mail_from, sender.envelope.login, sender.authors
        if key not in self._marks:
            self._marks[key] = sender.marks(self._context)
        return self._marks[key]

    def write(self) -> None:
        """Write what changed."""
        for draft in self._known.values():
            draft.remember(self._tx)
            if draft.inspection is not None:
                shown = msgspec.msgpack.encode(draft.inspection)
                draft.change(inspection=self._context.vault.seal(shown, f"inspection:{draft.row.id}"))
            if draft.changed:
                self._tx.execute(update(holds).where(holds.c.serial == draft.row.serial).values(draft.changed))

    def _read(self, query: Any) -> list[Draft]:
        return [self._draft(row) for row in self._tx.execute(query).mappings()]

    def _draft(self, row: Any) -> Draft:
        return self._known.setdefault(row["serial"], Draft(row))
