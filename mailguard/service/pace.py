"""Whether the clock goes as fast as one that nobody can set. In: both clocks. Out: yes, or not for long enough yet.

A start counts as a jump: nobody saw the time pass before.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

_LOG = logging.getLogger("mailguard.service")
JUMP = timedelta(minutes=1)
SETTLING_SECONDS = 3_600.0  # a clock that was wrong at boot is right by then; an hour later matters to no hold


class Pace:
    """`ticks` are seconds that never go back. To be asked every few seconds."""

    def __init__(self, clock: Callable[[], datetime], ticks: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._ticks = clock, ticks
        self._at, self._tick = clock(), ticks()
        self._since = self._tick

    def steady(self) -> bool:
        """Whether the clock has gone evenly for an hour; a jump is logged."""
        at, tick = self._clock(), self._ticks()
        jump = (at - self._at) - timedelta(seconds=tick - self._tick)
        self._at, self._tick = at, tick
        if abs(jump) > JUMP:
            self._since = tick
            _LOG.error("clock: it jumped by %.0f s; for an hour nothing expires or is deleted", jump.total_seconds())
        return tick - self._since >= SETTLING_SECONDS
