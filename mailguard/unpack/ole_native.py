r"""Files that were put into a document as a package: `Ole10Native` (MS-OLEDS §2.3.6), and the same in RTF (§2.2.5).

In: a stream, or the bytes of `\\objdata`. Out: name and content of the file.
"""

import struct

from mailguard.unpack import charset
from mailguard.unpack.compound import MAGIC


def native(data: bytes) -> tuple[str, bytes]:
    """(name, file) of an `Ole10Native` stream (MS-OLEDS §2.3.6); the whole stream where it is not made like that."""
    try:
        at = 6
        name, at = _string(data, at)
        _, at = _string(data, at)
        at += 8 + struct.unpack_from("<I", data, at + 4)[0]
        (size,) = struct.unpack_from("<I", data, at)
    except (struct.error, ValueError):
        return "", data[4:]
    content = data[at + 4 : at + 4 + size]
    return (charset.decode(name, "cp932"), content) if content else ("", data[4:])


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.index(b"\0", at)
    return data[at:end], end + 1


def embedded(data: bytes) -> tuple[str, bytes]:
    """(name, file) of an object in RTF: a compound file, or a package with a header before it."""
    at = data.find(MAGIC)
    if at >= 0:
        return "", data[at:]
    try:
        at = 8
        for _ in range(3):  # class, topic, item
            at += 4 + struct.unpack_from("<I", data, at)[0]
        (size,) = struct.unpack_from("<I", data, at)
    except struct.error:
        return "", data
    return native(bytes(4) + data[at + 4 : at + 4 + size])
