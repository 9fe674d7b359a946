"""Delivery status notifications that are owed to envelope senders (RFC 3461, RFC 3464).

In: a message whose release failed, inside the transaction that says so. Out: what its sender is to be told, again and
again until somebody took it. Sealed until then and deleted after; holds the header block and never a body.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from mailguard.errors import DamagedError
from mailguard.lifecycle import RecipientState
from mailguard.model import Envelope
from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.schema import bounces, recipients
from mailguard.store.views import Bounce, Bounced

_LOG = logging.getLogger("mailguard.store")
HEADER = 65_536  # bytes of the header block that come back


class _Facts(msgspec.Struct, frozen=True):
    mail_from: str
    mail_options: tuple[str, ...]
    arrived_at: datetime
    recipients: tuple[Bounced, ...]
    header: bytes


class Bounces:
    """The bounces of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context, self._audit = context, audit

    def owe(self, tx: Connection, message: Any, envelope: Envelope) -> int:
        """Queue what the sender of `message` (its row) has to hear; for how many recipients."""
        failed = self._failed(tx, message, envelope) if envelope.mail_from else ()
        if not failed:  # nobody failed, or the null sender, who never gets one (RFC 3464 §2)
            return 0
        header = self._header(message)
        facts = _Facts(envelope.mail_from, envelope.mail_options, message.received_at, failed, header)
        now = self._context.clock()
        row = {
            "message_id": message.id, "attempts": 0, "due_at": now, "created_at": now,
            "sealed": self._context.vault.seal(msgspec.msgpack.encode(facts), f"bounce:{message.id}"),
        }  # fmt: skip
        tx.execute(insert(bounces), row)
        return len(failed)

    def pending(self, limit: int = 20) -> list[Bounce]:
        """Due bounces, oldest first. One that cannot be opened any more is dropped: the others need not wait for it."""
        query = (
            select(bounces)
            .where(bounces.c.due_at <= self._context.clock())
            .order_by(bounces.c.due_at, bounces.c.serial)
            .limit(limit)
        )
        with self._context.database.read() as tx:
            rows = tx.execute(query).all()
        found = []
        for row in rows:
            try:
                found.append(self._bounce(row))
            except DamagedError as damage:
                _LOG.error("damaged bounce message=%s fact=%s", row.message_id, damage)
                self.failed(str(row.serial), None)
        return found

    def sent(self, id: str) -> None:  # noqa: A002 - the word of the worker that calls it
        """The next hop took it."""
        self._settle(id, None, "bounce.sent")

    def failed(self, id: str, retry_at: datetime | None) -> None:  # noqa: A002 - the same
        """Try again then; None gives up."""
        self._settle(id, retry_at, "bounce.dropped")

    def _settle(self, bounce_id: str, due_at: datetime | None, action: str) -> None:
        values: dict[str, Any] = {"due_at": due_at, "attempts": bounces.c.attempts + 1}
        mine = bounces.c.serial == int(bounce_id)
        with self._context.database.write() as tx:
            message = tx.execute(select(bounces.c.message_id).where(mine, bounces.c.due_at.is_not(None))).scalar()
            if message is None:
                return  # settled before
            if due_at is None:
                values["sealed"] = None
                self._audit.append(tx, "relay", action, message)
            tx.execute(update(bounces).where(mine).values(values))

    @staticmethod
    def _failed(tx: Connection, message: Any, envelope: Envelope) -> tuple[Bounced, ...]:
        query = (
            select(recipients)
            .where(recipients.c.message == message.serial, recipients.c.state == RecipientState.REFUSED.value)
            .order_by(recipients.c.position)
        )
        found = []
        for row in tx.execute(query):
            options = envelope.rcpt_options[row.position] if row.position < len(envelope.rcpt_options) else ()
            if wants_failures(options) and row.position < len(envelope.rcpt_to):
                found.append(Bounced(envelope.rcpt_to[row.position], options, row.reply, row.changed_at))
        return tuple(found)

    def _header(self, message: Any) -> bytes:
        vault = self._context.vault
        # Large parts lie below the header block, so none is fetched.
        content = vault.unpack(vault.open(message.skeleton, f"skeleton:{message.id}"), lambda _: b"")
        header = content.partition(b"\r\n\r\n")[0]
        return header if len(header) <= HEADER else header[: header.rfind(b"\r\n", 0, HEADER)]

    def _bounce(self, row: Any) -> Bounce:
        if row.sealed is None:
            raise DamagedError("database: a bounce to be sent is gone. Restore a backup.")
        facts = self._context.vault.open_msgpack(row.sealed, f"bounce:{row.message_id}", _Facts)
        return Bounce(
            str(row.serial), row.message_id, facts.mail_from, facts.mail_options, facts.arrived_at,
            facts.recipients, facts.header, row.attempts, row.created_at,
        )  # fmt: skip


def wants_failures(options: Sequence[str]) -> bool:
    """Whether a recipient's NOTIFY lets us report a failure (RFC 3461 §4.1; without one it does)."""
    for option in options:
        name, _, value = option.partition("=")
        if name.upper() == "NOTIFY":
            return "FAILURE" in value.upper().split(",")
    return True
