"""One file out of a container: its bytes counted as they come, whatever the container claims.

In: chunks. Out: the bytes as far as they can be had, and what is wrong with them. Limits are the budget's.
"""

import lzma
import zlib
from collections.abc import Iterable

from mailguard.unpack.budget import Budget

_FAULTS = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
CHUNK = 1 << 20


def collect(
    chunks: Iterable[bytes], packed: int, budget: Budget, faults: tuple[type[Exception], ...] = _FAULTS
) -> tuple[bytes, str]:
    """All bytes and "", or those before the fault and its name. packed: the bytes they came from. Raises LimitError."""
    out: list[bytes] = []
    size, fault = 0, ""
    try:
        for chunk in chunks:
            size += len(chunk)
            budget.spend(len(chunk))
            budget.member(size, packed)
            out.append(chunk)
    except faults as error:
        fault = type(error).__name__
    return b"".join(out), fault


def sliced(data: bytes | memoryview) -> Iterable[bytes]:
    """Bytes that are at hand, so that they are counted like others."""
    return (bytes(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK))
