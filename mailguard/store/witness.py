"""The end of the record, remembered outside the database: beside the key.

In: the record. Out: a file in the data directory that is written anew from time to time. Who can write to the database, but
not here, cannot set the database back to an earlier copy without being found. The file is never replaced by an end
that the record it remembers does not lead to.
"""

from pathlib import Path

from mailguard.errors import StoreError
from mailguard.store.audit import Audit
from mailguard.store.proof import Break, Head
from mailguard.store.replacing import replace

NAME = "mailguard.audit-head"


class Witness:
    """Remembers for one data directory."""

    def __init__(self, audit: Audit, folder: Path) -> None:
        self._audit, self._path = audit, folder / NAME

    def remembered(self) -> Head | None:
        """What the file says; None when there is none. Raises StoreError when it is damaged."""
        try:
            text = self._path.read_text("ascii")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            text = ""
        head = Head.parse(text)
        if head is None:
            raise StoreError(f"{self._path}: cannot be read. Compare the record with the log, then delete this file.")
        return head

    def note(self) -> tuple[Head, Break | None]:
        """The end of the record now; it is remembered, unless what was remembered is no longer part of the record."""
        known, head = self.remembered(), self._audit.head()
        if known is not None and (broken := self._audit.lacks(known)):
            return head, broken
        if head.length and head != known:
            replace(self._path, f"{head}\n")
        return head, None

    def check(self, *known: Head) -> Break | None:
        """`Audit.check` with what is remembered, too."""
        own = self.remembered()
        return self._audit.check(*known, *([own] if own else []))
