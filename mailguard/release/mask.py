"""What the relay said, with nobody's address in it.

In: a reply and the addresses it may quote. Out: one line for the page and the audit: `t***@example.com`.
"""

import re
from collections.abc import Iterable

LONGEST = 300

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?=@)')
_ADDRESS = re.compile(r"(?P<first>[^\s<>@\"'(),;:])[^\s<>@(),;]*@(?P<domain>[^\s<>@\"'(),;:]+)")


def masked(text: str, addresses: Iterable[str] = ()) -> str:
    """`text` with every e-mail address masked, and the local parts of `addresses` where they stand alone."""
    text = _QUOTED.sub('"***"', text)
    text = _ADDRESS.sub(r"\g<first>***@\g<domain>", text)
    for address in addresses:
        local = address.rpartition("@")[0]
        if len(local) > 2:
            alone = re.compile(rf"(?<![\w.+-]){re.escape(local)}(?![\w.+-])", re.IGNORECASE)
            text = alone.sub(f"{local[0]}***", text)
    return text[:LONGEST]
