"""What a tar says beside its files (POSIX.1-2017 pax; GNU): targets of links, owners, records for other programs, padding.

In: the bytes of a tar. Out: pieces that may hold something, in order. Names and contents of files are read elsewhere.
"""

import re
from collections.abc import Iterator

from mailguard.unpack import ends

_BLOCK = 512
_KNOWN = re.compile(
    rb"\d+ (?:path|size|[acm]time|[ug]id|charset|hdrcharset|comment=[0-9a-f]{40}|SCHILY\.(?:dev|ino|nlink|fflags)|GNU\.sparse\.[\w.]+|LIBARCHIVE\.\w+)(?:=[^\n]*)?\n"
)
_RECORDS, _LONG_LINK = b"xg", b"K"
_MOST = 100_000  # members


def pieces(data: bytes) -> Iterator[bytes]:
    """Each run of bytes that is neither a file nor of a fixed meaning. A broken header ends them."""
    at = 0
    for _ in range(_MOST):
        header = data[at : at + _BLOCK]
        if len(header) < _BLOCK or not any(header):
            return
        try:
            size = ends.tar_size(header)
        except ValueError:
            return
        kind, content = header[156:157], data[at + _BLOCK : at + _BLOCK + size]
        if kind in _RECORDS and kind:
            yield _KNOWN.sub(b"", content)
        elif kind == _LONG_LINK:
            yield content
        yield header[157:257].rstrip(b"\0") + b" " + header[265:329].replace(b"\0", b" ")
        at += _BLOCK + size
        padding = -at % _BLOCK
        if any(data[at : at + padding]):
            yield data[at : at + padding]
        at += padding
