"""Rich Text Format, of word processors and of mail programs.

In: an rtf, under whatever name. Out: one text with headers, notes, comments, boxes and links; its tables; objects and pictures inside as
parts; HTML that a mail program wrapped in it, as a part. Read here: striprtf drops all but the main text.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import ole_native, rest, rtf_hidden, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name
from mailguard.unpack.rtf_reader import Reader

NAME = "Rich text (rtf)"
LIMITATIONS = "Who made or commented it, and drawings (WMF, EMF) of objects are not read."

_WRAPPED = "(html)"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")


def matches(part: Part, sniffed: str) -> bool:
    """By its first bytes."""
    del part
    return sniffed == sniff.RTF


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The text or the HTML, the tables, then files inside."""
    reader = Reader(part.data, budget)
    text = _joined(reader.flow.text())
    if reader.wraps_html:
        yield _inside(part, _WRAPPED, _joined("".join(reader.html)).encode("utf-8", "replace"), budget, "text/html")
    elif text or not reader.flow.tables:
        yield Text(part.path, text)
    for rows in reader.flow.tables:
        yield Table(part.path, [[_joined(cell) for cell in row] for row in rows])
    if not part.data.rstrip(b"\0\r\n\t ").endswith(b"}"):
        yield Problem(part.path, ProblemKind.DAMAGED, "cut off")
    for number, data in enumerate(reader.objects, 1):
        name, content = ole_native.embedded(data)
        yield _inside(part, name or f"object {number}", content, budget)
    for number, picture in enumerate(reader.pictures, 1):
        if picture.startswith(_PICTURES) or rest.tells(picture):
            yield _inside(part, f"picture {number}", picture, budget)
    yield from rtf_hidden.items(part, reader.hidden, budget)


def _inside(part: Part, name: str, data: bytes, budget: Budget, media_type: str = "") -> Part:
    budget.file(part.depth + 1)
    return Part((*part.path, clean_name(name)), data, media_type, depth=part.depth + 1)


def _joined(text: str) -> str:
    """Halves of a character beyond the first 65,536 come as two."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if not text.isascii() else text
