"""Where an image ends, so that what is appended to it can be found.

In: the bytes of an image. Out: the offset behind its end marker, or behind the last piece that reads as one.
Walks over the pieces and never decodes them.
"""

from mailguard.unpack import gif, jpeg


def end(data: bytes) -> int:
    """The offset behind the image; the length of `data` for formats whose end cannot be told."""
    if data.startswith(b"\x89PNG"):
        return _png(data)
    if data.startswith(b"GIF8"):
        return _gif(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"BM"):
        return _declared(data, int.from_bytes(data[2:6], "little"))
    if data.startswith(b"RIFF"):
        return _declared(data, int.from_bytes(data[4:8], "little") + 8)
    return len(data)


def _declared(data: bytes, size: int) -> int:
    # Some writers leave the size of the file out: nothing can be told then.
    return size if 26 <= size <= len(data) else len(data)


def _png(data: bytes) -> int:
    at = 8
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        following = at + 12 + length
        if not name.isalpha() or following > len(data):
            return at
        if name == b"IEND":
            return following
        at = following
    return at


def _gif(data: bytes) -> int:
    at = gif.first(data)
    for block in gif.blocks(data):
        at = block.end
    return min(at, len(data))


def _jpeg(data: bytes) -> int:
    at = 2
    for segment in jpeg.segments(data):
        at = segment.behind
    return min(at, len(data))
