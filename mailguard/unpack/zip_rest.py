"""Bytes of a ZIP that are no member: before, between and behind them, comments, and fields for other programs (APPNOTE 6.3.10 §4).

In: the archive and where its members stand. Out: pieces that may hold something.
"""

import io
import struct
import zipfile
from collections.abc import Iterable, Iterator

_FIELDS = frozenset({0x0001, 0x000A, 0x5455, 0x5855, 0x7855, 0x7875, 0x6375, 0x7075, 0x9901, 0xCAFE, 0xA220})
_LONGEST = 300  # bytes of a known field: a path at most
_DESCRIPTOR = 24


def pieces(data: bytes, members: Iterable[tuple[int, int, int]]) -> Iterator[bytes]:
    """members: where header, data and end of each are."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield archive.comment
        for info in archive.infolist():
            yield info.comment
            yield from _fields(info.extra)
        directory = archive.start_dir
        end = max(data.rfind(b"PK\x05\x06"), directory) + 22 + len(archive.comment)
    reached = 0
    for offset, start, stop in sorted(members):
        yield _gap(data, reached, offset)
        name_size, extra_size = struct.unpack_from("<2H", data, offset + 26)
        yield from _fields(data[offset + 30 + name_size : offset + 30 + name_size + extra_size])
        reached = max(reached, stop, start)
    yield _gap(data, reached, directory)
    yield data[end:]


def _gap(data: bytes, start: int, end: int) -> bytes:
    """Without the data descriptor that may follow a member."""
    return data[start:end] if end - start > _DESCRIPTOR else b""


def _fields(extra: bytes) -> Iterator[bytes]:
    """Extra fields that no unpacker needs, and what is no field."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind not in _FIELDS or size > _LONGEST:
            yield extra[at + 4 : at + 4 + size]
        at += 4 + size
    yield extra[at:]
