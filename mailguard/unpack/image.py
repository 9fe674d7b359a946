"""Images: small ones and those inside the HTML pass, others are not read yet.

In: an image. Out: nothing, or a Problem, and what was appended behind its end as a part. The size comes from the
header; no image is ever decoded.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import image_end, sniff
from mailguard.unpack.budget import Budget

NAME = "Images"
LIMITATIONS = "Text in images is not read. Up to 200 x 200 pixels, or shown inside the HTML body, an image passes; any other is a problem."

_SIDE = 200  # pixels; icons and logos
_SMALL = 262_144  # bytes; more than so few pixels need
_APPENDED = "(appended)"
_PADDING = 16  # bytes behind the end that some writers leave
_JPEG_SIZES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def matches(part: Part, sniffed: str) -> bool:
    """By content; SVG is text."""
    del part
    return sniffed.startswith("image/") and sniffed != "image/svg+xml"


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """At most one Problem, after what is appended."""
    yield from _appended(part, budget)
    if part.inline:
        return
    width, height = size(part.data)
    if 0 < width <= _SIDE and 0 < height <= _SIDE and len(part.data) <= _SMALL:
        return
    yield Problem(part.path, ProblemKind.NOT_READ, f"image of {width} x {height} pixels" if width else "image")


def _appended(part: Part, budget: Budget) -> Iterator[Part]:
    end = image_end.end(part.data)
    data = part.data[end:].lstrip(b"\0")
    if len(data) - data.count(0) <= _PADDING:
        return
    if not _ended(part.data, end) and sniff.sniff(data) == sniff.BINARY:
        return  # a damaged image, not an appended file
    budget.file(part.depth + 1)
    budget.spend(len(data))
    # A second picture behind the first (as telephones write) is shown or left out together with it.
    yield Part((*part.path, _APPENDED), data, depth=part.depth + 1, inline=part.inline)


def _ended(data: bytes, end: int) -> bool:
    """Whether the image came to its own end, and did not just stop to be one."""
    return data[:end].endswith((b"IEND\xaeB\x60\x82", b"\xff\xd9", b"\x3b")) or data.startswith((b"BM", b"RIFF"))


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels; (0, 0) if the header does not tell."""
    if data.startswith(b"\x89PNG") and data[12:16] == b"IHDR":
        return _big(data[16:20]), _big(data[20:24])
    if data.startswith(b"GIF8"):
        return _little(data[6:8]), _little(data[8:10])
    if data.startswith(b"BM"):
        return _bitmap(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    return _webp(data) if data[8:12] == b"WEBP" else (0, 0)


def _big(field: bytes) -> int:
    return int.from_bytes(field, "big")


def _little(field: bytes) -> int:
    return int.from_bytes(field, "little")


def _bitmap(data: bytes) -> tuple[int, int]:
    if _little(data[14:18]) == 12:
        return _little(data[18:20]), _little(data[20:22])
    # A negative height means rows from the top.
    return _little(data[18:22]), abs(int.from_bytes(data[22:26], "little", signed=True))


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _JPEG_SIZES:
            return _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7])
        if marker in {0xFF, 0x01} or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + max(_big(data[at + 2 : at + 4]), 2)
    return 0, 0


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return _little(data[24:27]) + 1, _little(data[27:30]) + 1
    if kind == b"VP8L":
        bits = _little(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
    return 0, 0
