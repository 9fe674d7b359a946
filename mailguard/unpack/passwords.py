"""Passwords to try on what is encrypted: the likeliest first, for a bounded time; which one opened what is remembered.

In: where candidates come from, asked when something encrypted is met. Out: candidates, one that fitted before first.
Nothing here is ever part of a result, a log or an error.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from mailguard.model import PartPath

SECONDS: Final = 5.0
"""Processor time that all tries on one mail may take: a 7z whose list is encrypted takes 0.2 s for one."""

WALL_SECONDS: Final = 10.0
"""The same by the clock: programs that are started spend their own processor time."""

MOST: Final = 300


def encodings(password: str) -> tuple[bytes, ...]:
    """A password as the bytes that programs make of it: Windows of Japan cp932, others UTF-8."""
    made = (password.encode(codec, "ignore") for codec in ("cp932", "utf-8"))
    return tuple(dict.fromkeys(raw for raw in made if raw))


class Passwords:
    """The candidates of one mail. skip: not tried again, because they did not open this part when it was met before."""

    def __init__(self, source: Callable[[], Iterable[str]] | Iterable[str] = (), seconds: float = SECONDS) -> None:
        self._source = source
        self._left, self._wall = seconds, WALL_SECONDS
        self.skip: frozenset[str] = frozenset()
        self._opened: list[tuple[PartPath, str]] = []
        self._fitted: dict[str, None] = {}
        self._trying = ""

    @property
    def all(self) -> tuple[str, ...]:
        """What is known by now, each once."""
        found = self._source() if callable(self._source) else self._source
        words = dict.fromkeys((*reversed(self._fitted), *found))
        return tuple(word for word in words if word not in self.skip)[:MOST]

    @property
    def ended(self) -> bool:
        """Whether the time is over: candidates may be left that were not tried."""
        return self._left <= 0 or self._wall <= 0

    def tries(self) -> Iterator[str]:
        """One after the other while there is time; what is done with each counts."""
        self._trying = ""
        for password in self.all:
            if self.ended:
                break
            started, at = time.process_time(), time.monotonic()
            self._trying = password
            yield password
            self._left -= time.process_time() - started
            self._wall -= time.monotonic() - at
        self._trying = ""

    def fits(self, path: PartPath) -> None:
        """What was tried last opened the part at `path`; nothing when it was not one of these."""
        if self._trying and self._opened[-1:] != [(path, self._trying)]:
            self._fitted[self._trying] = None
            self._opened.append((path, self._trying))
        self._trying = ""

    def taken(self) -> list[tuple[PartPath, str]]:
        """What was opened since this was last asked, and by which password."""
        opened, self._opened = self._opened, []
        return opened
