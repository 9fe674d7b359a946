"""How many messages a minute: a token bucket.

In: a rate, and seconds of any clock that never goes back. Out: how long to wait. In no minute more than the rate,
however it falls; what was not used is saved up for one second only.
"""


class Bucket:
    """`per_minute` 0 is no limit."""

    def __init__(self, per_minute: float) -> None:
        self._most = max(1, int(per_minute / 60))
        # A full bucket and what drips in within a minute are together not more than the rate.
        self._per_second = (per_minute - self._most + 1) / 60 if per_minute >= 1 else per_minute / 60
        self._tokens = float(self._most)
        self._at: float | None = None
        self._limited = per_minute > 0

    def wait(self, now: float) -> float:
        """Seconds until the next message may begin; 0 when it may now."""
        if not self._limited:
            return 0.0
        if self._at is not None:
            self._tokens = min(self._tokens + max(now - self._at, 0.0) * self._per_second, self._most)
        self._at = now
        # What rounding has cost is not waited for.
        return 0.0 if self._tokens >= 1 - 1e-9 else (1 - self._tokens) / self._per_second

    def take(self, now: float) -> None:
        """A message begins; only when `wait` said 0."""
        if self._limited and self.wait(now) == 0:
            self._tokens = max(self._tokens - 1, 0.0)
