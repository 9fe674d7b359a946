"""What of a hold somebody opened: a part looked at, its values shown, its file taken. Recorded before anything is shown.

In: a hold, the number of a part of its inspection, a person, perhaps one message. Out: the part, and the messages that may
carry it. Masks may be looked at by whoever sees the hold; clear values and files are for who may approve it, with a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from mailguard import lifecycle
from mailguard.errors import ConflictError, DamagedError, NotFoundError, RefusedError
from mailguard.model import Inspection, PartInfo
from mailguard.store import standing
from mailguard.store.desk import AtDesk
from mailguard.store.kept_messages import KeptMessage, choices, chosen
from mailguard.store.people import candidate
from mailguard.store.schema import part_views, people
from mailguard.store.sight import HiddenError
from mailguard.store.statement import chunks

WHY = {
    "unmask_reason": "Say why you must see it.",
    "bytes_gone": "The bytes of this hold are deleted already.",
}


class Look(StrEnum):
    """How a part was opened."""

    VIEWED = "viewed"
    UNMASKED = "unmasked"
    DOWNLOADED = "downloaded"


@dataclass(frozen=True, slots=True)
class PartView:
    """One look: number of the part in the tree, "" as the reason of what was only looked at. message: that was chosen."""

    part: int
    kind: Look
    person_name: str
    revision: int
    reason: str
    at: datetime
    message: str = ""


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """A part, and the mails to look for it in. key: of its bytes; b"" in a message that was chosen, whose part may be another."""

    info: PartInfo
    contents: tuple[bytes, ...]
    key: bytes


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What somebody wants to see, why, and of which message."""

    part: int
    kind: Look
    revision: int
    reason: str = ""
    message: str = ""


class PartViews(AtDesk):
    """Records looks, and hands out what was asked for."""

    def viewed(self, hold_id: str, part: int, person_id: str) -> PartInfo:
        """Somebody was shown the masks of a part; recorded once for each revision."""
        with self._database.read() as tx:
            hold = self._hold(tx, hold_id, viewer=person_id)
            info = self._part(hold, part)
            if self._known(tx, hold, info, person_id):
                return info
        with self._database.write() as tx:
            hold = self._hold(tx, hold_id)
            if not self._known(tx, hold, info, person_id):
                self._note(tx, hold, info, self._person(tx, person_id), _Wanted(part, Look.VIEWED, hold.revision))
        return info

    def open(
        self, hold_id: str, part: int, person_id: str, kind: Look, *, revision: int, reason: str, message: str = ""
    ) -> OpenedPart:
        """Record the look and hand out the mails; raises RefusedError (recorded as well), ConflictError.

        message: the one to look into; "" looks through the first ones, and those that brought something new.
        """
        wanted = _Wanted(part, kind, revision, reason.strip(), message)
        try:
            with self._database.write() as tx:
                info, sealed = self._open(tx, hold_id, person_id, wanted)
        except (RefusedError, HiddenError) as refused:
            self._note_refused(hold_id, person_id, refused, choice=kind.value, revision=revision)
            raise
        return OpenedPart(info, tuple(self._contents(sealed)), b"" if message else info.key)

    def messages(self, hold_id: str, viewer: str | None = None) -> list[KeptMessage]:
        """Those that can be chosen; raises NotFoundError when `viewer` does not see the hold."""
        with self._database.read() as tx:
            self._hold(tx, hold_id, viewer=viewer)
            return choices(tx, hold_id)

    def _open(
        self, tx: Connection, hold_id: str, person_id: str, wanted: "_Wanted"
    ) -> tuple[PartInfo, Sequence[tuple[Any, dict[bytes, bytes]]]]:
        hold, person = self._hold(tx, hold_id, viewer=person_id), self._person(tx, person_id)
        if code := lifecycle.refusal(candidate(person), standing.sending(tx, hold, [person])):
            raise RefusedError(code, "Only who may approve the hold may see what is in it.")
        if not wanted.reason:
            raise RefusedError("unmask_reason", WHY["unmask_reason"])
        if hold.revision != wanted.revision:
            raise ConflictError(f"{hold_id} has changed. Look at it again.")
        info, rows = self._part(hold, wanted.part), chosen(tx, hold_id, wanted.message)
        if not rows:
            raise RefusedError("bytes_gone", WHY["bytes_gone"])
        sealed = [(row, self._desk.shelf.fetch(tx, row.serial)) for row in rows]
        self._note(tx, hold, info, person, wanted)
        return info, sealed

    def of(self, hold_id: str, viewer: str | None = None) -> list[PartView]:
        """Every look at the parts of a hold, in order; raises NotFoundError when `viewer` does not see it."""
        with self._database.read() as tx:
            if viewer is not None:
                self._hold(tx, hold_id, viewer=viewer)
            return self._looks(tx, [hold_id]).get(hold_id, [])

    def of_all(self, hold_ids: Sequence[str]) -> dict[str, list[PartView]]:
        """The same of many holds, by their ids; none for a hold that nobody looked into."""
        found: dict[str, list[PartView]] = {}
        with self._database.read() as tx:
            for some in chunks(hold_ids):
                found |= self._looks(tx, some)
        return found

    def _looks(self, tx: Connection, hold_ids: Sequence[str]) -> dict[str, list[PartView]]:
        query = select(part_views).where(part_views.c.hold_id.in_(hold_ids)).order_by(part_views.c.serial)
        rows = tx.execute(query).all()
        names = self._desk.people.names(tx, {row.person_id for row in rows})
        found: dict[str, list[PartView]] = {}
        for row in rows:
            look = PartView(
                row.part, Look(row.kind), names[row.person_id], row.revision, self._reason(row), row.at, row.message_id
            )
            found.setdefault(row.hold_id, []).append(look)
        return found

    def _note(self, tx: Connection, hold: Any, info: PartInfo, person: Any, wanted: "_Wanted") -> None:
        sealed = self._vault.seal(wanted.reason.encode("utf-8", "replace"), f"part view:{hold.id}")
        row = {
            "hold_id": hold.id, "revision": hold.revision, "part": wanted.part, "key": info.key, "person_id": person.id,
            "kind": wanted.kind.value, "reason": sealed, "at": self._context.clock(), "message_id": wanted.message,
        }  # fmt: skip
        tx.execute(insert(part_views), row)
        facts = {"part": wanted.part, "key": info.key.hex(), "revision": hold.revision}
        facts |= {"message": wanted.message} if wanted.message else {}
        self._desk.audit.append(tx, person.id, f"part.{wanted.kind.value}", hold.id, **facts)

    def _part(self, hold: Any, number: int) -> PartInfo:
        parts = self._vault.open_msgpack(hold.inspection, f"inspection:{hold.id}", Inspection).parts
        if not 0 <= number < len(parts):
            raise NotFoundError("No such part of this hold.")
        return parts[number]

    @staticmethod
    def _known(tx: Connection, hold: Any, info: PartInfo, person_id: str) -> bool:
        query = select(part_views.c.serial).where(
            part_views.c.hold_id == hold.id,
            part_views.c.revision == hold.revision,
            part_views.c.key == info.key,
            part_views.c.person_id == person_id,
            part_views.c.kind == Look.VIEWED.value,
        )
        return tx.execute(query.limit(1)).first() is not None

    def _contents(self, sealed: Sequence[tuple[Any, dict[bytes, bytes]]]) -> list[bytes]:
        contents = []
        for row, parts in sealed:
            try:
                skeleton = self._vault.open(row.skeleton, f"skeleton:{row.id}")
                contents.append(self._desk.shelf.assemble(skeleton, parts))
            except DamagedError:
                continue  # another message may carry the same part
        return contents

    def _reason(self, row: Any) -> str:
        return self._vault.open(row.reason, f"part view:{row.hold_id}").decode("utf-8", "replace")

    @staticmethod
    def _person(tx: Connection, person_id: str) -> Any:
        row = tx.execute(select(people).where(people.c.id == person_id)).one_or_none()
        if row is None:
            raise NotFoundError("No such person. `mailguard person list` shows everybody.")
        return row
