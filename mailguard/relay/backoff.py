"""How long to wait after a failed attempt: doubling up to an hour, spread a little.

In: which attempt failed. Out: a time span. Never zero.
"""

import random
from datetime import timedelta

LONGEST = timedelta(hours=1)


def wait_after(attempts: int, first_seconds: float) -> timedelta:
    """The wait after attempt number `attempts` (1 is the first): `first_seconds` doubled each time, at most an hour.

    Four fifths to all of it, so that messages that failed together do not come back together.
    """
    doubled = first_seconds * 2 ** min(max(attempts - 1, 0), 20)
    spread = random.uniform(0.8, 1.0)  # noqa: S311 - spreads retries, guards nothing
    return timedelta(seconds=min(doubled, LONGEST.total_seconds()) * spread)
