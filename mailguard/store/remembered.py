"""An answer of the database that every message asks for and few change: remembered while nothing announces a change.

In: a read. Out: its answer, again without a question for as long as it can be believed. A change made on this machine counts
from the next call on; no answer is older than its seconds, so that a database which cannot be reached is noticed by mail
that needs nothing else of it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mailguard.store.engine import Database

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Remembered(Generic[Answer]):
    """Called, it reads. announced: believe nothing where changes do not announce themselves (PostgreSQL)."""

    database: Database
    read: Callable[[], Answer]
    seconds: float
    announced: bool = False
    _held: tuple[bytes | None, float, Answer] | None = field(default=None, init=False)

    def __call__(self) -> Answer:
        """The answer as it is now."""
        # The mark first: an answer is never taken for newer than it is.
        mark, moment = self.database.mark(), time.monotonic()
        answer = self.read()
        self._held = mark, moment, answer
        return answer

    def fresh(self) -> Answer | None:
        """What a call would answer, without asking the database; None: ask it. An empty answer is an answer."""
        if self._held is None:
            return None
        mark, moment, answer = self._held
        if mark != self.database.mark() or time.monotonic() - moment > self.seconds:
            return None
        return None if self.announced and mark is None else answer
