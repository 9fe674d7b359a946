"""Where an image ends, so that what is appended to it can be found.

In: the bytes of an image. Out: the offset behind its end marker, or behind the last piece that reads as one.
Walks over the pieces and never decodes them.
"""


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
    """GIF89a: blocks up to the trailer 3B."""
    if len(data) < 13:
        return len(data)
    at = 13 + _colours(data[10])
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return at + 1
        if kind == 0x21:
            at = _sub_blocks(data, at + 2)
        elif kind == 0x2C and at + 10 <= len(data):
            at = _sub_blocks(data, at + 11 + _colours(data[at + 9]))
        else:
            return at
    return len(data)


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _jpeg(data: bytes) -> int:
    """Segments up to EOI; within the scan, FF is followed by 00 or by a restart marker (ITU T.81 B.1.1.5)."""
    at = 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            return at
        marker = data[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker == 0xFF:
            at += 1
        elif marker in {0x00, 0x01} or 0xD0 <= marker <= 0xD7:
            at = _scan(data, at + 2)
        else:
            at += 2 + max(int.from_bytes(data[at + 2 : at + 4], "big"), 2)
            at = _scan(data, at) if marker == 0xDA else at
    return len(data)


def _scan(data: bytes, at: int) -> int:
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)
