"""Message ids: `M-` and 16 characters that nobody confuses on the phone.

In: a time. Out: an id that sorts by that time to the millisecond; the rest is random. Says nothing of the message.
"""

import os
from datetime import datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def message_id(now: datetime) -> str:
    """48 bits of time and 32 random ones."""
    return f"M-{crockford((int(now.timestamp() * 1000) << 32) | int.from_bytes(os.urandom(4)), 16)}"


def error_id() -> str:
    """What a client can quote and the log can be searched for."""
    return f"E-{crockford(int.from_bytes(os.urandom(5)), 8)}"


def crockford(number: int, length: int) -> str:
    """The lowest `length` x 5 bits in Crockford's base32 (no I, L, O, U)."""
    return "".join(_CROCKFORD[number >> (5 * place) & 31] for place in reversed(range(length)))
