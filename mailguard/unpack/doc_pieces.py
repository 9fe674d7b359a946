"""Text of a Word 97 to 2003 file by its piece table (MS-DOC §2.4): UTF-16 and cp1252 pieces, in the order of the document.

In: the streams `WordDocument` and the table beside it. Out: paragraphs of all stories one after the other (text, notes, headers, comments,
boxes), each with what ends it and whether it stands in a table. Word 6 and 95 have one run of bytes in the charset of the system.
"""

import bisect
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.unpack import charset

CELL = "\x07"
_MARKS = re.compile("[\r\x07\x0c]")
_IDENTS = frozenset({0xA5EC, 0xA5DC, 0xA699, 0xA697, 0xA698})  # wIdent (§2.5.2), and those of Word 6
_WORD_97 = 105  # nFib from which text is in Unicode
_COMPRESSED = 0x40000000
_IN_TABLE, _ROW_END = b"\x16\x24\x01", b"\x17\x24\x01"  # sprmPFInTable, sprmPFTtp (§2.6.2)
_PAGE = 512


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Its text without the mark at its end. row_end: it holds nothing and ends a row of a table."""

    text: str
    mark: str
    in_table: bool = False
    row_end: bool = False


def paragraphs(document: bytes, table: bytes) -> Iterator[Paragraph]:
    """Raises struct.error or ValueError when the file is broken."""
    ident, version = struct.unpack_from("<2H", document)
    if ident not in _IDENTS:
        raise ValueError("no document of Word")
    if version < _WORD_97:
        yield from _old(document)
        return
    formats = _Formats(document, table)
    text: list[str] = []
    for piece, start, width in _pieces(document, table):
        at = 0
        for match in _MARKS.finditer(piece):
            text.append(piece[at : match.start()])
            at = match.end()
            look = formats.of(start + match.start() * width)
            in_table = _IN_TABLE in look or match[0] == CELL
            yield Paragraph("".join(text), match[0], in_table, _ROW_END in look)
            text = []
        text.append(piece[at:])
    if any(text):
        yield Paragraph("".join(text), "\r")


def table_name(document: bytes) -> str:
    """The stream that the piece table is in (§2.5.2)."""
    return "1Table" if struct.unpack_from("<H", document, 10)[0] & 0x200 else "0Table"


def encrypted(document: bytes) -> bool:
    """Whether the text cannot be read without a password (fEncrypted, §2.5.2)."""
    return len(document) > 12 and bool(struct.unpack_from("<H", document, 10)[0] & 0x100)


def _old(document: bytes) -> Iterator[Paragraph]:
    start, end = struct.unpack_from("<2I", document, 24)
    text = charset.decode(document[start:end], "cp932")
    yield from (Paragraph(line.replace(CELL, "\t"), "\r") for line in re.split("[\r\x0c]", text))


def _pieces(document: bytes, table: bytes) -> Iterator[tuple[str, int, int]]:
    """(text, where it starts in the stream, bytes a character) of each piece (§2.9.38)."""
    at, size = struct.unpack_from("<2I", document, 0x1A2)
    clx = table[at : at + size]
    at = 0
    while clx[at : at + 1] == b"\x01":  # formatting that comes first
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if clx[at : at + 1] != b"\x02":
        raise ValueError("no piece table")
    (size,) = struct.unpack_from("<I", clx, at + 1)
    plc = clx[at + 5 : at + 5 + size]
    count = (len(plc) - 4) // 12
    places = struct.unpack_from(f"<{count + 1}I", plc)
    for number in range(count):
        (start,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)
        length = max(places[number + 1] - places[number], 0)
        if start & _COMPRESSED:
            start = (start & ~_COMPRESSED) // 2
            yield document[start : start + length].decode("cp1252", "replace"), start, 1
        else:
            yield document[start : start + 2 * length].decode("utf-16-le", "surrogatepass"), start, 2


class _Formats:
    """Formatting of paragraphs by where they end in the stream (PlcBtePapx and its pages, §2.8.6, §2.9.174)."""

    def __init__(self, document: bytes, table: bytes) -> None:
        self._ends: list[int] = []
        self._found: list[bytes] = []
        try:
            self._read(document, table)
        except (struct.error, IndexError):
            self._ends, self._found = [], []

    def of(self, place: int) -> bytes:
        """The properties of the paragraph that has this byte."""
        at = bisect.bisect_right(self._ends, place)
        return self._found[at] if at < len(self._found) else b""

    def _read(self, document: bytes, table: bytes) -> None:
        at, size = struct.unpack_from("<2I", document, 0x102)
        count = (size - 4) // 8
        pages = struct.unpack_from(f"<{count}I", table, at + 4 * (count + 1))
        found: list[tuple[int, bytes]] = []
        for number in pages:
            page = document[(number & 0x3FFFFF) * _PAGE :][:_PAGE]
            runs = page[_PAGE - 1]
            ends = struct.unpack_from(f"<{runs}I", page, 4)
            found += [(ends[run], _properties(page, 4 * (runs + 1) + 13 * run)) for run in range(runs)]
        found.sort(key=lambda pair: pair[0])
        self._ends, self._found = [end for end, _ in found], [look for _, look in found]


def _properties(page: bytes, at: int) -> bytes:
    start = page[at] * 2
    if not start:
        return b""
    size = page[start] * 2 - 1
    if size < 0:
        start, size = start + 1, page[start + 1] * 2
    return page[start + 3 : start + 1 + size]
