"""Whose turn it is to write: processes that share a file come one after the other, in the order in which they asked.

In: two lock files. Out: the turn, for the length of a `with`. Only who is at the front of the queue waits for the turn, so it
looks often and at little cost, and whoever writes without a pause does not starve the others. The kernel ends both locks
with their process.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mailguard.errors import UnavailableError

QUEUE_SECONDS = 0.001  # between two looks of those who are not at the front
TURN_SECONDS = 0.0002  # of the one who is


class Turn:
    """queue, turn: open files; one thread at a time may take the turn. patience: the longest wait in seconds."""

    def __init__(self, queue: int, turn: int, patience: float) -> None:
        self._queue, self._turn, self._patience = queue, turn, patience

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Raises UnavailableError."""
        deadline = time.monotonic() + self._patience
        _lock(self._queue, QUEUE_SECONDS, deadline)
        try:
            _lock(self._turn, TURN_SECONDS, deadline)
        finally:
            _unlock(self._queue)
        try:
            yield
        finally:
            _unlock(self._turn)

    def close(self) -> None:
        """Let go of the files."""
        for handle in (self._queue, self._turn):
            with suppress(OSError):
                os.close(handle)
        self._queue = self._turn = -1


def _lock(handle: int, step: float, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise UnavailableError(
                    "database: too many writers are waiting. Try again; nothing was written."
                ) from None
            time.sleep(step)
        except (OSError, ValueError):  # ValueError: the handle is gone
            raise UnavailableError("database: is closed. Open it again; nothing was written.") from None
        else:
            return


def _unlock(handle: int) -> None:
    with suppress(OSError, ValueError):  # closed meanwhile: the lock went with the file
        fcntl.flock(handle, fcntl.LOCK_UN)
