"""Words that an image carries beside its pixels: Exif, XMP, IPTC, comments and text chunks.

In: the bytes of an image. Out: texts, in file order. Walks over the pieces of the file and decodes no pixel.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress

from mailguard.unpack import exif, markup, unseen
from mailguard.unpack.exif import Tiff

_LONGEST = 1_000_000  # bytes of one text, unpacked
_PNG_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_XMP_HEADS = (b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0")
_XMP = re.compile(rb"<x:xmpmeta\b.{1,1000000}?</x:xmpmeta>", re.DOTALL)
_BARE = (0x01, *range(0xD0, 0xD9), 0xFF)  # JPEG markers without a length
_DATA_SET = 0x1C  # IPTC-IIM 1.6(a)
_FOR_PROGRAMS = re.compile(
    r"(?:xmp|adobe)[.:]\S*|uuid:\S*|[0-9A-F]{32,}|[0-9a-f]{32,}|[\d./]{0,8}|\d{4}-\d\d-\d\dT[\d:.+Z-]*|True|False"
)


def found(data: bytes, media_type: str) -> list[str]:
    """Every text once, without those of white space only."""
    return list(dict.fromkeys(words for text in _READERS.get(media_type, _nothing)(data) if (words := text.strip())))


def _nothing(data: bytes) -> Iterator[str]:
    del data
    return iter(())


def _png(data: bytes) -> Iterator[str]:
    """Text chunks (ISO 15948 11.3.4) and eXIf."""
    at = 8
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if name in _PNG_TEXTS:
            yield from _chunk(name, body)
        elif name == b"eXIf":
            yield from _tiff(body)
        elif name == b"iCCP":
            yield unseen.words(_inflated(body.partition(b"\0")[2][1:]), "")
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> Iterator[str]:
    keyword, _, rest = body.partition(b"\0")
    if name == b"zTXt":
        rest = _inflated(rest[1:])
    elif name == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].split(b"\0", 2)[-1]
        rest = _inflated(rest) if packed else rest
    if keyword == b"XML:com.adobe.xmp":
        yield from _xmp(rest)
    elif keyword.startswith(b"Raw profile type"):  # as ImageMagick writes: a name, a length, hexadecimal digits
        with suppress(ValueError):
            yield from _block(bytes.fromhex("".join(exif.text(rest).split()[2:])))
    else:
        yield exif.text(rest)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LONGEST)
    except zlib.error:
        return b""


def _jpeg(data: bytes) -> Iterator[str]:
    """APPn and COM segments up to the scan (ITU T.81 B.2.4)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        marker = data[at + 1]
        if marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        end = at + 2 + max(int.from_bytes(data[at + 2 : at + 4], "big"), 2)
        if marker == 0xFE:
            yield exif.text(data[at + 4 : end])
        elif 0xE0 <= marker <= 0xEF:
            yield from _block(data[at + 4 : end])
        at = end


def _block(body: bytes) -> Iterator[str]:
    """Exif, XMP or IPTC, told by how it begins."""
    if body.startswith(b"Exif\0\0"):
        yield from _tiff(body[6:])
    elif body.startswith(_XMP_HEADS) or b"<x:xmpmeta" in body[:1_000]:
        yield from _xmp(body)
    elif body.startswith((b"Photoshop 3.0\0", b"8BIM", b"\x1c")):
        yield from _iptc(body)


def _gif(data: bytes) -> Iterator[str]:
    """Comment, plain text and XMP extensions (GIF89a 24 to 26)."""
    at = 13 + _colours(data[10]) if len(data) > 13 else len(data)
    while at + 2 < len(data) and data[at] in {0x21, 0x2C}:
        if data[at] == 0x2C:
            at = _sub_blocks(data, at + 11 + _colours(data[at + 9 : at + 10][0]))[1] if at + 10 < len(data) else at + 11
            continue
        label = data[at + 1]
        body, after = _sub_blocks(data, at + 2)
        if label == 0xFE:
            yield exif.text(body)
        elif label == 0x01:
            yield exif.text(body[12:])
        elif data[at + 3 : at + 14] == b"XMP DataXMP":
            yield from _xmp(data[at + 14 : after])
        at = after


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks(data: bytes, at: int) -> tuple[bytes, int]:
    pieces = []
    while at < len(data) and data[at]:
        pieces.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(pieces), at + 1


def _webp(data: bytes) -> Iterator[str]:
    """EXIF and XMP chunks (WebP container, RIFF)."""
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if data[at : at + 4] == b"EXIF":
            yield from _tiff(body.removeprefix(b"Exif\0\0"))
        elif data[at : at + 4] == b"XMP ":
            yield from _xmp(body)
        at += 8 + length + (length & 1)


def _heic(data: bytes) -> Iterator[str]:
    """Exif and XMP items, found by how they begin: pixels are compressed."""
    start = data.find(b"Exif\0\0")
    if start >= 0:
        yield from _tiff(data[start + 6 :])
    yield from _xmp(data)


def _tiff(data: bytes) -> Iterator[str]:
    if data[:2] not in {b"II", b"MM"}:
        return
    tiff = Tiff(data)
    yield from tiff.strings()
    for packet in tiff.blocks(exif.XMP):
        yield from _xmp(packet)
    for record in tiff.blocks(exif.IPTC):
        yield from _iptc(record)


def _iptc(data: bytes) -> Iterator[str]:
    """Data sets of the application record (IPTC-IIM 2:xx)."""
    at = data.find(b"\x1c\x02")
    while at >= 0 and at + 5 <= len(data) and data[at] == _DATA_SET:
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        if length >= 0x8000:
            return
        if data[at + 1] == 2 and data[at + 2] > 0:
            yield exif.text(data[at + 5 : at + 5 + length])
        at += 5 + length


def _xmp(data: bytes) -> Iterator[str]:
    """What stands in elements and attributes, without what only programs read."""
    for packet in _XMP.findall(data):
        words = _Words()
        fault = markup.read(packet, words)
        yield from words.found
        if fault:  # what follows the fault is not left out
            yield re.sub(r"<[^<>]{0,10000}>", "\n", packet.decode("utf-8", "replace"))


class _Words:
    """Takes the events of an XMP packet."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._text: list[str] = []

    def start(self, _: str, attributes: Mapping[str, str]) -> None:
        """Simple properties may stand as attributes."""
        self._close()
        for value in attributes.values():
            self._add(value)

    def end(self, _: str) -> None:
        """A value ends."""
        self._close()

    def data(self, text: str) -> None:
        """A piece of a value."""
        self._text.append(text)

    def _close(self) -> None:
        self._add("".join(self._text))
        self._text.clear()

    def _add(self, value: str) -> None:
        if not _FOR_PROGRAMS.fullmatch(value.strip()):
            self.found.append(value.strip())


_READERS = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/heic": _heic,
    "image/tiff": _tiff,
}
