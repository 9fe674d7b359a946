"""Which content is known to wait for a decision, so that nobody needs to ask whether it was approved.

In: what was read under a mark. Out: yes, or not known. A wrong yes could only hold back what might pass, never the reverse.
"""

from mailguard.store.arrival import Arrival
from mailguard.store.engine import Database

_KEPT = 10_000  # contents remembered


class Pending:
    """Contents whose newest hold was pending when this process last looked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[tuple[str, bytes], bytes] = {}

    def note(self, arrival: Arrival, mark: bytes | None, *, pending: bool) -> None:
        """What was read of the content after `mark`."""
        key = arrival.source.id, arrival.content_key
        if mark is None or not pending:
            self._seen.pop(key, None)
            return
        if len(self._seen) >= _KEPT:
            self._seen = {}
        self._seen[key] = mark

    def still(self, arrival: Arrival) -> bool:
        """Whether it was pending and nobody on this machine decided anything since; no I/O."""
        mark = self._seen.get((arrival.source.id, arrival.content_key))
        return mark is not None and mark == self._database.mark()
