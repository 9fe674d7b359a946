"""A mark that the processes of one machine share: whoever changes what others remember puts another one there.

In: a file of eight bytes. Out: the mark, read from memory without asking the kernel. It is drawn at random: two that change
something at once need no lock, and no mark comes twice. It says nothing of processes on other machines.
"""

import mmap
import os

SIZE = 8


class Mark:
    """Owns `handle`, an open file."""

    def __init__(self, handle: int) -> None:
        try:
            if os.fstat(handle).st_size < SIZE:
                os.truncate(handle, SIZE)
            self._page = mmap.mmap(handle, SIZE)
        finally:
            os.close(handle)

    def read(self) -> bytes | None:
        """The mark; None once it is closed."""
        try:
            return self._page[:SIZE]
        except ValueError:
            return None

    def change(self) -> None:
        """Whoever remembers anything has to look again."""
        try:
            self._page[:SIZE] = os.urandom(SIZE)
        except ValueError:
            return

    def close(self) -> None:
        """Let go of the file."""
        self._page.close()
