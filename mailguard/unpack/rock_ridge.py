"""Rock Ridge fields of an ISO 9660 image (IEEE P1282): whether they go on without end. libarchive follows them for ever.

In: an image. Out: whether an area that continues the fields of a file continues in itself.
"""

import re
import struct

_SECTOR = 2_048
_CONTINUED = re.compile(
    rb"CE\x1c\x01(?=.{24})", re.DOTALL
)  # SUSP 1.12 §5.1: its sector, offset and length, in both byte orders
_FIELD = struct.Struct("<4xI4xI4xI4x")


def endless(data: bytes) -> bool:
    """Linear in the number of such fields."""
    at = [match.start() for match in _CONTINUED.finditer(data)]
    following = {}
    for start in at:
        sector, offset, length = _FIELD.unpack_from(data, start)
        area = sector * _SECTOR + offset
        found = data.find(b"CE\x1c\x01", area, area + min(length, _SECTOR))
        if found >= 0:
            following[start] = found
    done: set[int] = set()
    for start in at:
        walked: set[int] = set()
        here: int | None = start
        while here is not None and here not in done:
            if here in walked:
                return True
            walked.add(here)
            here = following.get(here)
        done |= walked
    return False
