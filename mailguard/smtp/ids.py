"""Message ids: `M-` and 16 characters that nobody confuses on the phone.

In: a time. Out: an id that sorts by that time to the millisecond; the rest is random. Says nothing of the message.
"""

import os
from datetime import datetime

from mailguard import crockford


def message_id(now: datetime) -> str:
    """48 bits of time and 32 random ones."""
    return f"M-{crockford.encode(int(now.timestamp() * 1000).to_bytes(6, 'big') + os.urandom(4))}"


def error_id() -> str:
    """What a client can quote and the log can be searched for."""
    return f"E-{crockford.encode(os.urandom(5))}"
