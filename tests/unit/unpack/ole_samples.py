"""Made-up Word, Excel and PowerPoint 97 files: their streams by hand, in a compound file."""

import struct
import zlib
from collections.abc import Iterator

from mailguard.unpack import compound

_TEXT = 0x800  # where the text starts in the stream
_TABLE = 0x1A2


def doc(pieces: list[tuple[str, bool]], row_ends: frozenset[int] = frozenset(), **streams: bytes) -> bytes:
    """pieces: (text, whether it is kept in one byte a character). row_ends: marks that end a row, counted over all text."""
    fib = bytearray(_TEXT)
    struct.pack_into("<HHHHH", fib, 0, 0xA5EC, 0xC1, 0, 0x411, 0)
    fib[10:12] = struct.pack("<H", 0x200)
    body, places, starts, marks = b"", [0], [], []
    for text, narrow in pieces:
        at = _TEXT + len(body)
        starts.append(at * 2 | 0x40000000 if narrow else at)
        marks += [at + number * (1 if narrow else 2) for number, char in enumerate(text) if char in "\r\x07"]
        body += text.encode("cp1252" if narrow else "utf-16-le")
        places.append(places[-1] + len(text))
    page_at = -(-(_TEXT + len(body)) // 512)
    plc = struct.pack(f"<{len(places)}I", *places) + b"".join(struct.pack("<HIH", 0, one, 0) for one in starts)
    clx = b"\x02" + struct.pack("<I", len(plc)) + plc
    bins = struct.pack("<3I", _TEXT, _TEXT + len(body), page_at)
    struct.pack_into("<2I", fib, _TABLE, 0, len(clx))
    struct.pack_into("<2I", fib, 0x102, len(clx), len(bins))
    document = (bytes(fib) + body).ljust(page_at * 512, b"\0") + _page(marks, row_ends)
    return compound.written({("WordDocument",): document, ("1Table",): clx + bins, **_streams(streams)})


def _page(marks: list[int], row_ends: frozenset[int]) -> bytes:
    """One page of paragraph formats: the first is a plain one, the second ends a row."""
    ends = [_TEXT, *(mark + 1 for mark in marks)]
    page = bytearray(512)
    struct.pack_into(f"<{len(ends)}I", page, 0, *ends)
    page[480:486] = b"\x03\0\0\x17\x24\x01"
    for number in range(len(marks)):
        page[4 * len(ends) + 13 * number] = 240 if number in row_ends else 0
    page[511] = len(marks)
    return bytes(page)


def _streams(named: dict[str, bytes]) -> dict[tuple[str, ...], bytes]:
    return {tuple(name.split("/")): data for name, data in named.items()}


def record(kind: int, data: bytes, instance: int = 0, version: int = 0) -> bytes:
    """One record of PowerPoint."""
    return struct.pack("<HHI", instance << 4 | version, kind, len(data)) + data


def ppt(records: bytes, **streams: bytes) -> bytes:
    return compound.written({("PowerPoint Document",): records, ("Current User",): b"\0" * 40, **_streams(streams)})


def slide(*texts: str) -> bytes:
    """A container with texts: ASCII in one byte a character, as PowerPoint does."""
    atoms = (
        record(0x0FA8, text.encode()) if text.isascii() else record(0x0FA0, text.encode("utf-16-le")) for text in texts
    )
    return record(0x03EE, b"".join(atoms), version=0xF)


def packed_object(data: bytes) -> bytes:
    return record(0x1011, struct.pack("<I", len(data)) + zlib.compress(data), instance=1)


def biff(kind: int, data: bytes) -> bytes:
    """One record of Excel."""
    return struct.pack("<HH", kind, len(data)) + data


def xls(cells: list[tuple[int, int, str]], *extra: bytes, **streams: bytes) -> bytes:
    """One sheet of texts, at (row, column), and other records of it."""
    bof = biff(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6))
    globals_bof = biff(0x809, struct.pack("<HHHHII", 0x600, 0x5, 0, 0, 0, 6))
    name = "会員".encode("utf-16-le")
    rows = b"".join(
        biff(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))
        for row, column, text in cells
    )
    place = len(globals_bof) + 4 + 8 + len(name) + 4
    sheet = biff(0x85, struct.pack("<IHBB", place, 0, 2, 1) + name)
    book = globals_bof + sheet + biff(0x0A, b"") + bof + rows + b"".join(extra) + biff(0x0A, b"")
    return compound.written({("Workbook",): book, **_streams(streams)})


def native(name: str, data: bytes) -> bytes:
    """An `Ole10Native` stream."""
    label = name.encode("cp932") + b"\0"
    inner = b"\x02\0" + label + b"C:\\" + label + struct.pack("<HHI", 0, 3, len(label)) + label
    inner += struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(inner)) + inner


def ole(**streams: bytes) -> bytes:
    return compound.written(_streams(streams))


def samples() -> Iterator[tuple[str, bytes]]:
    yield "Word 97-2003 (doc)", doc([("こんにちは\r", False)])
    yield "PowerPoint 97-2003 (ppt)", ppt(slide("こんにちは"))
    yield "Excel 97-2003 (xls)", xls([(0, 0, "こんにちは")])
    yield "Objects in Office documents (OLE)", ole(**{"\x01Ole10Native": native("a.txt", b"hello")})
    yield "Rich text (rtf)", b"{\\rtf1 hello}"
