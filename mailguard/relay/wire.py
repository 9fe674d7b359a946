"""The bytes between DATA and the final dot.

In: content with CRLF line ends. Out: the same, made transparent (RFC 5321 §4.5.2), without the final dot.
Never lets a bare CR or LF through: the next hop might read an end of the message into it (SMTP smuggling).
"""

import numpy as np
from numpy.typing import NDArray

_SMALL = 4_096  # below this, counting bytes costs less than setting up arrays
_BLOCK = 1 << 18  # bytes looked at together: what is compared stays in the processor's cache
_CR, _LF, _DOT = 13, 10, 46


def has_bare_newline(content: bytes) -> bool:
    """Whether a CR stands without LF or a LF without CR (RFC 5321 §2.3.8 forbids both)."""
    if len(content) <= _SMALL:
        pairs = content.count(b"\r\n")
        return content.count(b"\n") != pairs or content.count(b"\r") != pairs
    octets = np.frombuffer(content, np.uint8)
    if octets[0] == _LF or octets[-1] == _CR:
        return True
    return any(_bare(octets[start : start + _BLOCK + 1]) for start in range(0, len(octets), _BLOCK))


def stuffed(content: bytes) -> bytes:
    """`content` with doubled leading dots, without the final dot; raises ValueError on a bare CR or LF."""
    if has_bare_newline(content):
        raise ValueError("bare CR or LF in a message: refuse or normalise it before it is handed over")
    if content and not content.endswith(b"\r\n"):
        content += b"\r\n"
    # Most mails have no such line, and then nothing is copied.
    doubled = content.replace(b"\r\n.", b"\r\n..") if _has_dotted_line(content) else content
    return b"." + doubled if doubled.startswith(b".") else doubled


def _bare(octets: NDArray[np.uint8]) -> bool:
    """Within a block, and over its last boundary: the last byte is the first of the next block."""
    return bool(((octets[:-1] == _CR) != (octets[1:] == _LF)).any())


def _has_dotted_line(content: bytes) -> bool:
    if len(content) <= _SMALL:
        return b"\n." in content
    octets = np.frombuffer(content, np.uint8)
    return any(_dotted(octets[start : start + _BLOCK + 1]) for start in range(0, len(octets), _BLOCK))


def _dotted(octets: NDArray[np.uint8]) -> bool:
    return bool(((octets[:-1] == _LF) & (octets[1:] == _DOT)).any())
