"""Compressed streams that Python reads itself, one after the other as in a file: gzip, bzip2, xz, lzma.

In: such a file. Out: chunks. Raises EOFError when the last stream is cut off, ValueError when other bytes follow it.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Generator, Iterator

from mailguard.unpack.member import CHUNK

_STEP = 1 << 16  # input at a time: what is left over is copied in each round
_MEMORY = 256 * 1024 * 1024  # of the dictionary that an xz stream asks for


class _Gzip:
    """zlib's object with the manners of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._rest

    def decompress(self, data: bytes, most: int) -> bytes:
        out = self._inner.decompress(self._rest + data, most)
        self._rest = self._inner.unconsumed_tail
        return out


_Kind = _Gzip | bz2.BZ2Decompressor | lzma.LZMADecompressor
STREAMS: dict[str, Callable[[], _Kind]] = {
    "application/gzip": _Gzip,
    "application/x-bzip2": bz2.BZ2Decompressor,
    "application/x-xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY),
    "application/x-lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY),
}
"""By media type."""


def read(data: bytes, kind: str) -> Iterator[bytes]:
    """What is in all streams of a file."""
    rest = data
    while rest.strip(b"\0") or rest is data:
        stream = STREAMS[kind]()
        try:
            at = yield from _one(stream, rest)
        except (zlib.error, lzma.LZMAError, OSError):
            if rest is data:
                raise
            raise ValueError("other bytes after the end") from None
        rest = stream.unused_data + rest[at:]


def _one(stream: _Kind, data: bytes) -> Generator[bytes, None, int]:
    """Its chunks; how far into `data` it was read."""
    at = 0
    while not stream.eof:
        if stream.needs_input:
            if at >= len(data):
                raise EOFError
            piece = data[at : at + _STEP]
            at += len(piece)
        else:
            piece = b""
        if chunk := stream.decompress(piece, CHUNK):
            yield chunk
    return at
