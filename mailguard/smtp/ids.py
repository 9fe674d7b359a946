"""Message ids: `M-` and 16 characters that nobody confuses on the phone.

In: a time. Out: an id that sorts by that time to the millisecond; the rest is random. Says nothing of the message.
"""

import os
from base64 import b32encode
from datetime import datetime

# Crockford's alphabet (no I, L, O, U) in place of that of RFC 4648 §6: both hold the highest five bits first.
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def message_id(now: datetime) -> str:
    """48 bits of time and 32 random ones."""
    return f"M-{crockford(int(now.timestamp() * 1000).to_bytes(6, 'big') + os.urandom(4))}"


def error_id() -> str:
    """What a client can quote and the log can be searched for."""
    return f"E-{crockford(os.urandom(5))}"


def crockford(data: bytes) -> str:
    """Five bytes, or a multiple, in Crockford's base32."""
    return b32encode(data).translate(_CROCKFORD).decode("ascii")
