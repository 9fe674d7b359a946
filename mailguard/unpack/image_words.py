"""Words that an image carries beside its pixels: Exif, XMP, IPTC, comments and text chunks.

In: the bytes of an image. Out: texts, in file order. Walks over the pieces of the file and decodes no pixel.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from mailguard.unpack import exif, gif, jpeg, markup, streams, unseen
from mailguard.unpack.budget import Budget
from mailguard.unpack.exif import Tiff
from mailguard.unpack.member import collect

_PNG_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
# ISO 15948, and the chunks of animations and exif that were added to it.
_PNG_CHUNKS = _PNG_TEXTS | set(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB bKGD hIST pHYs sPLT tIME eXIf acTL fcTL fdAT cICP mDCV cLLI".split()
)
_JPEG_BLOCKS = (
    b"JFIF",
    b"JFXX",
    b"Exif",
    b"http://ns.adobe.com/",
    b"Photoshop",
    b"8BIM",
    b"ICC_PROFILE",
    b"Adobe",
    b"MPF",
)
_PROFILE = b"acsp"  # of every profile of colours (ICC.1:2022 7.2.11)
_XMP_HEADS = (b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0")
_XMP, _XMP_END = b"<x:xmpmeta", b"</x:xmpmeta>"
_DATA_SET = 0x1C  # IPTC-IIM 1.6(a)
_FOR_PROGRAMS = re.compile(
    r"(?:xmp|adobe)[.:]\S*|uuid:\S*|[0-9A-F]{32,}|[0-9a-f]{32,}|[\d./]{0,8}|\d{4}-\d\d-\d\dT[\d:.+Z-]*|True|False"
)


def found(data: bytes, media_type: str, budget: Budget) -> list[str]:
    """Every text once, without those of white space only. Raises LimitError."""
    told = _png(data, budget) if media_type == "image/png" else _READERS.get(media_type, _nothing)(data)
    return list(dict.fromkeys(words for text in told if (words := text.strip())))


def strange(data: bytes, media_type: str, budget: Budget) -> Iterator[bytes]:
    """Chunks and segments of which no reader of pictures knows what to do with them. Raises LimitError."""
    if media_type == "image/png":
        yield from _strange_chunks(data, budget)
    elif media_type == "image/jpeg":
        for segment in jpeg.segments(data):
            body = data[segment.start : segment.end]
            if 0xE0 <= segment.marker <= 0xEF and not body.startswith(_JPEG_BLOCKS):
                yield body


def _strange_chunks(data: bytes, budget: Budget) -> Iterator[bytes]:
    for name, body in _chunks(data):
        if name == b"iCCP":
            profile = _inflated(body.partition(b"\0")[2][1:], budget)
            yield b"" if profile[36:40] == _PROFILE else profile
        elif name == b"IEND":
            return  # what is behind it is opened as a file
        elif name not in _PNG_CHUNKS:
            yield body


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _nothing(data: bytes) -> Iterator[str]:
    del data
    return iter(())


def _png(data: bytes, budget: Budget) -> Iterator[str]:
    """Text chunks (ISO 15948 11.3.4) and eXIf."""
    for name, body in _chunks(data):
        if name in _PNG_TEXTS:
            yield from _chunk(name, body, budget)
        elif name == b"eXIf":
            yield from _tiff(body)
        elif name == b"iCCP":
            yield unseen.words(_inflated(body.partition(b"\0")[2][1:], budget), "")


def _chunk(name: bytes, body: bytes, budget: Budget) -> Iterator[str]:
    keyword, _, rest = body.partition(b"\0")
    if name == b"zTXt":
        rest = _inflated(rest[1:], budget)
    elif name == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].split(b"\0", 2)[-1]
        rest = _inflated(rest, budget) if packed else rest
    if keyword == b"XML:com.adobe.xmp":
        yield from _xmp(rest)
    elif keyword.startswith(b"Raw profile type"):  # as ImageMagick writes: a name, a length, hexadecimal digits
        with suppress(ValueError):
            yield from _block(bytes.fromhex("".join(exif.text(rest).split()[2:])))
    else:
        yield exif.text(rest)


def _inflated(data: bytes, budget: Budget) -> bytes:
    """As much as can be had of it. Raises LimitError."""
    return collect(streams.one(streams.Inflate(streams.ZLIB), data), len(data), budget)[0]


def _jpeg(data: bytes) -> Iterator[str]:
    """APPn and COM segments up to the scan (ITU T.81 B.2.4)."""
    for segment in jpeg.segments(data):
        body = data[segment.start : segment.end]
        if segment.marker == jpeg.SCAN:
            return
        if segment.marker == 0xFE:
            yield exif.text(body)
        elif 0xE0 <= segment.marker <= 0xEF:
            yield from _block(body)


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
    for block in gif.blocks(data):
        if block.label == 0xFE:
            yield exif.text(gif.content(data, block))
        elif block.label == 0x01:
            yield exif.text(gif.content(data, block)[12:])
        elif block.label == 0xFF and data[block.start + 1 : block.start + 12] == b"XMP DataXMP":
            yield from _xmp(data[block.start + 12 : block.end])


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
    for packet in _packets(data):
        words = _Words()
        fault = markup.read(packet, words)
        yield from words.found
        if fault:  # what follows the fault is not left out
            yield re.sub(r"<[^<>]{0,10000}>", "\n", packet.decode("utf-8", "replace"))


def _packets(data: bytes) -> Iterator[bytes]:
    at = data.find(_XMP)
    while at >= 0 and (end := data.find(_XMP_END, at)) >= 0:
        yield data[at : end + len(_XMP_END)]
        at = data.find(_XMP, end)


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
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/heic": _heic,
    "image/tiff": _tiff,
}
