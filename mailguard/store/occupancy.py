"""Who works with a data directory: everybody together, or one alone.

In: the folder. Out: a place that the kernel ends with the process. Whoever has a store open shares it; a rotation of the key
takes it alone, because a process with the old key would go on sealing with it.
"""

import fcntl
import os
from pathlib import Path

from mailguard.errors import StoreError, UnavailableError

NAME = "mailguard.open"


class Occupancy:
    """`alone` or shared, until `leave`. Raises StoreError."""

    def __init__(self, folder: Path, *, alone: bool) -> None:
        path = folder / NAME
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{path}: cannot be opened ({error.strerror}). Check owner and mode.") from None
        try:
            fcntl.flock(self._handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            self.leave()
            raise UnavailableError(_ALONE if alone else _SHARED) from None

    def leave(self) -> None:
        """Let others have it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


_ALONE = "database: mailguard works with it. Stop the service (and every other mailguard command), then rotate the key."
_SHARED = "database: its key is being rotated. Wait until `mailguard db rotate-key` is done."
