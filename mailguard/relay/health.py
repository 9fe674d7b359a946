"""Which hop is tried first: as the settings order them, those that did not answer lately last.

In: how connecting went. Out: an order. Never leaves a hop out: if all are down, all are tried.
"""

import logging
from collections.abc import Callable, Sequence

from mailguard.metrics import RELAY_UP

logger = logging.getLogger(__name__)


class Health:
    """Of `hops` by number; `now` is a clock that only goes forward. Logs once that a hop went down, once that it is back."""

    def __init__(self, hops: int, down_seconds: float, now: Callable[[], float]) -> None:
        self._all: Sequence[int] = tuple(range(hops))
        self._down_seconds = down_seconds
        self._now = now
        self._down: dict[int, float] = {}
        for hop in self._all:
            RELAY_UP.labels(str(hop)).set(1)

    def order(self) -> Sequence[int]:
        """Every hop, in the order in which to try."""
        if not self._down:
            return self._all
        now = self._now()
        return sorted(self._all, key=lambda hop: self._down.get(hop, now) > now)

    def failed(self, hop: int, why: str) -> None:
        """It could not be connected to, or took no envelope on a new connection."""
        if hop not in self._down:
            logger.warning("relay: down hop=%s: %s", hop, why)
            RELAY_UP.labels(str(hop)).set(0)
        self._down[hop] = self._now() + self._down_seconds

    def works(self, hop: int) -> None:
        """It could."""
        if self._down and self._down.pop(hop, None) is not None:
            logger.info("relay: up again hop=%s", hop)
            RELAY_UP.labels(str(hop)).set(1)
