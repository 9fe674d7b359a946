"""Bytes of a PDF that are no object: before its header, between objects, behind its end (ISO 32000-1 §7.5).

In: the file. Out: pieces that may hold something; programs that look for a ZIP or for text find them.
"""

import re
from collections.abc import Iterator

_END = re.compile(rb"endobj|%%EOF")
_NEXT = re.compile(rb"\d+\s+\d+\s+obj\b|xref|trailer|%PDF-|%%EOF")
_LEAST = 24
_MOST = 100_000


def pieces(data: bytes) -> Iterator[bytes]:
    """In their order."""
    yield data[: max(data.find(b"%PDF-", 0, 1_100), 0)]
    at = 0
    for _ in range(_MOST):
        end = _END.search(data, at)
        if end is None:
            return
        following = _NEXT.search(data, end.end())
        at = following.start() if following else len(data)
        if at - end.end() >= _LEAST:
            yield data[end.end() : at]
        if following and following[0] == b"%%EOF":
            continue
        at = following.end() if following else len(data)
