"""Images: the words beside their pixels and, where Tesseract is installed, the text in them.

In: an image. Out: texts, or a Problem, and what was appended behind its end as a part. The size comes from the header,
before any pixel is decoded. Without Tesseract the Problem is marked as a picture: the policy says whether it holds.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import exif, image_end, image_words, jpeg, ocr, rest, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.tools import ToolError

NAME = "Images"
LIMITATIONS = (
    "Text in images is read with Tesseract and mailguard[ocr]; up to 200 x 200 pixels it is not. Without them an image"
    " shown inside the HTML body passes, and any other is a problem in a mailing."
)

_SIDE = 200  # pixels; icons and logos
_SMALL = 262_144  # bytes; more than so few pixels need
_APPENDED = "(appended)"
_PADDING = 16  # bytes behind the end that some writers leave
_JPEG_SIZES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HEIF_HEAD = 1_000_000  # bytes in which sizes are looked for
_READ = {f"image/{kind}" for kind in ("png", "jpeg", "gif", "bmp", "tiff", "webp", "heic")}


def matches(part: Part, sniffed: str) -> bool:
    """By content; SVG is text."""
    del part
    return sniffed.startswith("image/") and sniffed != "image/svg+xml"


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """What is appended, the words beside the pixels, then the text in them or one Problem."""
    yield from _appended(part, budget)
    kind = sniff.sniff(part.data)
    if words := image_words.found(part.data, kind, budget):
        budget.text(sum(map(len, words)))
        yield Text(part.path, "\n".join(words))
    yield from rest.parts(part, image_words.strange(part.data, kind, budget), budget, noise=True)
    if passed(part, budget):
        return
    width, height = size(part.data)
    if width * height > budget.limits.picture_pixels:
        yield Problem(part.path, ProblemKind.TOO_BIG, f"image of {width} x {height} pixels")
    elif _readable(kind, budget):
        yield from _read(part, budget)
    else:
        yield _unread(part, f"image of {width} x {height} pixels" if width else "image")


def passed(part: Part, budget: Budget) -> str:
    """Why nobody reads what is shown in it: "icon", or "inline" where it is part of the HTML body and there is no Tesseract; else ""."""
    width, height = size(part.data)
    if 0 < width <= _SIDE and 0 < height <= _SIDE and len(part.data) <= _SMALL:
        return "icon"
    if not part.inline or width * height > budget.limits.picture_pixels:
        return ""
    return "" if _readable(sniff.sniff(part.data), budget) else "inline"


def _readable(kind: str, budget: Budget) -> bool:
    return kind in _READ and ocr.available(budget)


def _read(part: Part, budget: Budget) -> Iterator[Text | Problem]:
    from mailguard.unpack import picture  # noqa: PLC0415 - needs Pillow, which is optional

    written: list[str] = []
    whole = False
    try:
        for frame in picture.frames(part.data, budget):
            if frame is None:
                yield _unread(part, f"more than {picture.FRAMES} frames")
                break
            written += [ocr.lines(piece, budget) for piece in picture.pieces(frame)]
        else:
            whole = True
    except ToolError as error:
        yield Problem(part.path, error.kind, error.detail)
    except (OSError, ValueError, SyntaxError, EOFError):
        yield Problem(part.path, ProblemKind.DAMAGED, "an image that cannot be decoded")
    finally:
        text = "\n".join(written).strip()
        if text or whole:
            budget.text(len(text))
            yield Text(part.path, text)


def _unread(part: Part, detail: str) -> Problem:
    return Problem(part.path, ProblemKind.NOT_READ, detail, picture=True)


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
    if data.startswith((b"II*\0", b"MM\0*")):
        return exif.Tiff(data).size()
    for reader, begins in (
        (_bitmap, data[:2] == b"BM"),
        (_jpeg, data[:2] == b"\xff\xd8"),
        (_heif, data[4:8] == b"ftyp"),
    ):
        if begins:
            return reader(data)
    return _webp(data) if data[8:12] == b"WEBP" else (0, 0)


def _heif(data: bytes) -> tuple[int, int]:
    """The largest picture that an "ispe" box tells (ISO 23008-12 6.5.3)."""
    sizes, at = [(0, 0)], data.find(b"ispe", 0, _HEIF_HEAD)
    while at >= 0:
        sizes.append((_big(data[at + 8 : at + 12]), _big(data[at + 12 : at + 16])))
        at = data.find(b"ispe", at + 4, _HEIF_HEAD)
    return max(sizes, key=lambda pair: pair[0] * pair[1])


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
    for segment in jpeg.segments(data):
        if segment.marker in _JPEG_SIZES and segment.start + 5 <= len(data):
            return _big(data[segment.start + 3 : segment.start + 5]), _big(data[segment.start + 1 : segment.start + 3])
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
