"""The bytes between DATA and the final dot.

In: content with CRLF line ends. Out: the same, made transparent (RFC 5321 §4.5.2), without the final dot.
Never lets a bare CR or LF through: the next hop might read an end of the message into it (SMTP smuggling).
"""

import numpy as np
from numpy.typing import NDArray

_SMALL = 4_096  # below this, counting bytes costs less than setting up arrays
_BLOCK = 1 << 18  # bytes looked at together, a multiple of 8: what is compared stays in the processor's cache
_CR, _LF, _DOT = 13, 10, 46


def has_bare_newline(content: bytes) -> bool:
    """Whether a CR stands without LF or a LF without CR (RFC 5321 §2.3.8 forbids both)."""
    return _look(content, dots=False)[0]


def stuffed(content: bytes) -> bytes:
    """`content` with doubled leading dots, without the final dot; raises ValueError on a bare CR or LF."""
    bare, dotted = _look(content, dots=True)
    if bare:
        raise ValueError("bare CR or LF in a message: refuse or normalise it before it is handed over")
    if content and not content.endswith(b"\r\n"):
        content += b"\r\n"
    # Most mails have no such line, and then nothing is copied.
    doubled = content.replace(b"\r\n.", b"\r\n..") if dotted else content
    return b"." + doubled if doubled.startswith(b".") else doubled


def _look(content: bytes, *, dots: bool) -> tuple[bool, bool]:
    """Whether there is a bare CR or LF; and, asked for `dots`, whether a line after the first begins with one."""
    done = (len(content) - 2) // 8 * 8 if len(content) > _SMALL else 0
    octets = np.frombuffer(content, np.uint8)
    dotted = False
    if done and octets[0] == _LF:
        return True, dotted
    for start in range(0, done, _BLOCK):
        end = min(start + _BLOCK, done)
        feeds = _where(octets[start + 1 : end + 1], _LF)
        if (_where(octets[start:end], _CR) != feeds).any():
            return True, dotted
        if dots and not dotted:
            dotted = bool((feeds & _where(octets[start + 2 : end + 2], _DOT)).any())
    rest = content[done:]
    dotted = dotted or (dots and b"\n." in rest)
    # A LF at the start of the rest was seen above, with the CR before it.
    return _counts_differ(rest[1:] if done and rest.startswith(b"\n") else rest), dotted


def _where(octets: NDArray[np.uint8], octet: int) -> NDArray[np.uint64]:
    """One byte a place, eight of them in a number: what compares them after this has an eighth of the work."""
    found: NDArray[np.bool_] = octets == octet
    return found.view(np.uint64)


def _counts_differ(content: bytes) -> bool:
    pairs = content.count(b"\r\n")
    return content.count(b"\n") != pairs or content.count(b"\r") != pairs
