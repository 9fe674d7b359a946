"""Holds as one transaction will leave them: read once, changed in memory, written once at its end.

In: a transaction and the keys of a message. Out: a `Draft`. Right because the transaction is the only writer, or only reads.
"""

import functools
from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from mailguard.lifecycle import HoldState
from mailguard.model import Inspection
from mailguard.store import shown, standing
from mailguard.store.context import Context
from mailguard.store.grouping import Grouping, sums
from mailguard.store.pools import Pool, Pools
from mailguard.store.schema import evidence as evidence_table
from mailguard.store.schema import holds
from mailguard.store.standing import Marks, Sender, Vouchers
from mailguard.store.statement import Lookup, Statement
from mailguard.store.vault import Vault

EVIDENCE = 10_000  # keys looked up for one message; one with more is held

# Built once: making a statement takes longer than running it. Without the inspection, which is large and seldom needed.
_HOLD = select(*[column for column in holds.c if column is not holds.c.inspection])
_COLUMNS = tuple(_HOLD.selected_columns.keys())
_NEWEST = Statement(
    _HOLD.where(holds.c.source_id == bindparam("source"), holds.c.content_key == bindparam("content"))
    .order_by(holds.c.serial.desc())
    .limit(1)
)
_APPROVED = Statement(
    _HOLD.where(
        holds.c.source_id == bindparam("source"),
        holds.c.subject_key == bindparam("subject"),
        holds.c.state == HoldState.APPROVED.value,
        holds.c.expires_at > bindparam("now"),
    ).order_by(holds.c.serial.desc())
)
_INSPECTION = select(holds.c.inspection).where(holds.c.serial == bindparam("which"))
_EVIDENCE = Lookup(
    lambda keys: select(evidence_table.c.key).where(
        evidence_table.c.hold_id == bindparam("hold"), evidence_table.c.key.in_(keys)
    )
)
_ADD_EVIDENCE = insert(evidence_table)


class Draft:
    """One hold. row: its columns as they are by now; staff, marks: of messages that came in this transaction."""

    def __init__(self, row: Any) -> None:
        self.row = SimpleNamespace(**row)
        self.changed: dict[str, Any] = {}
        self.inspection: Inspection | None = None
        self.marks: set[tuple[str, bytes]] = set()
        self.staff: set[str] = set()
        self.vouchers: Vouchers | None = None
        self.pools: Sequence[Pool] = ()
        self.refused: dict[frozenset[bytes], bool] = {}
        self.told: set[str] = set()
        self.counted: tuple[int, ...] = (0, 0, 0, 0, 0)  # what its campaign counts of it
        self._evidence: dict[bytes, bool] = {}

    @property
    def state(self) -> HoldState:
        """Its state."""
        return HoldState(self.row.state)

    def change(self, **values: Any) -> None:
        """Columns to be written."""
        self.changed |= values
        self.row.__dict__.update(values)

    def use(self, recipients: int) -> None:
        """Recipients sent or reserved under its approval, and of the caps that it shares."""
        self.change(used=self.row.used + recipients)
        for pool in self.pools:
            pool.use(recipients)

    @property
    def room(self) -> int:
        """Recipients that its approval, and the caps that it shares, leave."""
        own = int((self.row.cap or 0) - self.row.used)
        return min(own, *[pool.room for pool in self.pools]) if self.pools else own

    def evidence(self, tx: Connection, keys: Collection[bytes]) -> set[bytes]:
        """Which of `keys` the hold has."""
        wanted = sorted(key for key in keys if key not in self._evidence)
        found = {key for (key,) in _EVIDENCE.rows(tx, wanted, hold=self.row.id)}
        self._evidence |= {key: key in found for key in wanted}
        return {key for key in keys if self._evidence[key]}

    def shown(self, tx: Connection, vault: Vault) -> Inspection:
        """What the hold shows of its mail."""
        sealed = tx.execute(_INSPECTION, {"which": self.row.serial}).scalar_one()
        return self.inspection or vault.open_msgpack(sealed, f"inspection:{self.row.id}", Inspection)

    def note_evidence(self, tx: Connection, keys: Collection[bytes]) -> None:
        """The hold has `keys` as well from now on."""
        if keys:
            tx.execute(_ADD_EVIDENCE, [{"hold_id": self.row.id, "key": key} for key in sorted(keys)])
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
        self.campaigns = Grouping(context, tx)
        self._pools = Pools(tx)

    def newest(self, source_id: str, content_key: bytes) -> Draft | None:
        """The newest hold of a content key decides; None when there is none."""
        key = source_id, content_key
        if key not in self._newest:
            found = self._read(_NEWEST, {"source": source_id, "content": content_key})
            self._newest[key] = found[0] if found else None
        return self._newest[key]

    def approved(self, source_id: str, subject_key: bytes) -> list[Draft]:
        """Approved holds of a subject, the newest first."""
        key = source_id, subject_key
        if key not in self._approved:
            names = {"source": source_id, "subject": subject_key, "now": self._context.clock()}
            self._approved[key] = self._read(_APPROVED, names)
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
            if draft.counted != sums(draft.row):
                self.campaigns.add(draft.row, draft.counted)
                draft.counted = sums(draft.row)
            draft.remember(self._tx)
            if draft.inspection is not None:
                draft.change(**shown.columns(self._context.vault, draft.row.id, draft.inspection))
            if draft.changed:
                _write(tuple(draft.changed)).run(self._tx, [{"which": draft.row.serial, **draft.changed}])
        self.campaigns.write()
        self._pools.write()

    def _read(self, query: Statement, names: dict[str, Any]) -> list[Draft]:
        rows = [dict(zip(_COLUMNS, row, strict=True)) for row in query.rows(self._tx, names)]
        sharing = [row["id"] for row in rows if row["pool_id"] and row["serial"] not in self._known]
        shared = self._pools.of(sharing)
        return [self._read_one(row, shared) for row in rows]

    def _read_one(self, row: dict[str, Any], shared: Mapping[str, Sequence[Pool]]) -> Draft:
        if row["serial"] not in self._known:
            draft = self._draft(row)
            draft.counted = sums(draft.row)
            draft.pools = shared.get(draft.row.id, ())
        return self._known[row["serial"]]

    def _draft(self, row: Any) -> Draft:
        return self._known.setdefault(row["serial"], Draft(row))


@functools.lru_cache(100)
def _write(columns: tuple[str, ...]) -> Statement:
    """For the columns that changed; there are few sets of these."""
    return Statement(update(holds).where(holds.c.serial == bindparam("which")), columns)
