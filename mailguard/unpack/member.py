"""One file out of a container: its bytes counted as they come, whatever the container claims.

In: chunks. Out: the bytes as far as they can be had, and what is wrong with them. Limits are the budget's.
"""

import lzma
import re
import zlib
from collections.abc import Iterable, Iterator

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack.budget import Budget, LimitError

_OUTSIDE = re.compile(r"(?:[A-Za-z]:)?[\\/]|[A-Za-z]:|.*(?<![^\\/])\.\.(?![^\\/])", re.DOTALL)
FAULTS = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
"""What broken streams raise."""
CHUNK = 1 << 20


OUTSIDE = "a name that leads out of the archive"


def leads_outside(name: str) -> bool:
    """Whether a file would be written beside the folder that an archive is unpacked in, by programs that let it: others rename it."""
    return _OUTSIDE.match(name) is not None


def opened(
    within: Part,
    name: str,
    chunks: Iterable[bytes],
    packed: int,
    budget: Budget,
    faults: tuple[type[Exception], ...] = FAULTS,
) -> Iterator[Part | Problem]:
    """The file as a part. A limit that it alone is over ends only it; one of the whole mail raises LimitError."""
    path = (*within.path, name)
    try:
        budget.file(within.depth + 1)
        data, fault = collect(chunks, packed, budget, faults)
    except LimitError as limit:
        if limit.everything:
            raise
        yield Problem(path, limit.kind, limit.detail)
        return
    if leads_outside(name):
        yield Problem(path, ProblemKind.AMBIGUOUS, OUTSIDE)
    if fault:
        yield Problem(path, ProblemKind.DAMAGED, "the file cannot be read to its end")
    yield Part(path, data, depth=within.depth + 1)


def collect(
    chunks: Iterable[bytes], packed: int, budget: Budget, faults: tuple[type[Exception], ...] = FAULTS
) -> tuple[bytes, str]:
    """All bytes and "", or those before the fault and its name. packed: the bytes they came from. Raises LimitError."""
    out: list[bytes] = []
    try:
        for chunk in counted(chunks, packed, budget):
            out.append(chunk)  # noqa: PERF402 - those before a fault are kept
    except faults as error:
        return b"".join(out), type(error).__name__
    return b"".join(out), ""


def counted(chunks: Iterable[bytes], packed: int, budget: Budget) -> Iterator[bytes]:
    """The same chunks, each paid for before anybody keeps it. Raises LimitError."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        budget.spend(len(chunk))
        budget.member(size, packed)
        yield chunk


def sliced(data: bytes | memoryview) -> Iterator[bytes]:
    """Bytes that are at hand, so that they are counted like others."""
    return (bytes(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK))
