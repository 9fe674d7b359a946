"""The memory that messages of all connections may take together, counted in bytes as they come in.

In: sizes. Out: whether there is room. Nobody ever waits for room: who finds none is told to come back later, so
that one big message cannot hold up the others.
"""

from types import TracebackType
from typing import Self


class Inflight:
    """`limit` for all shares together; `used` now."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.used = 0

    def take(self, size: int) -> bool:
        """Whether there was room for `size` more bytes."""
        if self.used + size > self._limit:
            return False
        self.used += size
        return True

    def give_back(self, size: int) -> None:
        """They are free again."""
        self.used -= size


class Share:
    """What one message takes of it; `with Share(...) as share:` gives it back on every way out.

    `refused`: there was no room for all of it.
    """

    def __init__(self, inflight: Inflight) -> None:
        self._inflight = inflight
        self._held = 0
        self._closed = False
        self.refused = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    def take(self, size: int) -> bool:
        """Whether `size` more bytes may be kept; after the first no there is nothing to keep."""
        if self._closed:
            return False
        if not self._inflight.take(size):
            self.refused = True
            self.drop()
            return False
        self._held += size
        return True

    def drop(self) -> None:
        """Give everything back: the bytes are gone."""
        self._inflight.give_back(self._held)
        self._held = 0
        self._closed = True
