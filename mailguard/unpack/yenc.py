"""Files packed by yEnc (draft 1.3), between `=ybegin` and `=yend` in a text of any charset.

In: the bytes of a text in which such a file stands. Out: the text around as one part, the files, each with its size and CRC-32 checked.
One piece of several is opened as far as it goes, and is a Problem: the rest is in another mail.
"""

import re
import zlib
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import charset, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name
from mailguard.unpack.member import opened, sliced

NAME = "yEnc"
LIMITATIONS = "Pieces of a file that comes in several mails are problems."

_BEGIN = re.compile(
    rb"^=ybegin ([^\r\n]{0,2000}?name=([^\r\n]{0,1000}))\r?\n(?:=ypart ([^\r\n]{0,200})\r?\n)?", re.MULTILINE
)
_END = re.compile(rb"^=yend[ \t]([^\r\n]{0,200})", re.MULTILINE)
_FIELD = re.compile(rb"\b(size|total|pcrc32|crc32|begin|end)=([0-9A-Fa-f]{1,20})")
_MINUS_42 = bytes((byte - 42) % 256 for byte in range(256))


def matches(part: Part, sniffed: str) -> bool:
    """By its first line."""
    del part
    return sniffed == sniff.YENC


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """The text around, then each file."""
    around, at, found = [], 0, []
    while begin := _BEGIN.search(part.data, at):
        end = _END.search(part.data, begin.end())
        stop = end.start() if end else len(part.data)
        around.append(part.data[at : begin.start()])
        found.append((begin, part.data[begin.end() : stop], end))
        at = end.end() if end else stop
    around.append(part.data[at:])
    if text := b"\n".join(around).strip():
        budget.file(part.depth + 1)
        yield Part(part.path, text, "text/plain", part.charset, part.depth + 1)
    for begin, packed, end in found:
        name = clean_name(charset.decode(begin[2].strip(), "cp932")) or "(yEnc)"
        data = decoded(packed)
        if fault := _fault(begin, data, end):
            yield Problem((*part.path, name), *fault)
        yield from opened(part, name, sliced(data), len(packed), budget)


def decoded(packed: bytes) -> bytes:
    """The bytes of the lines: each plus 42, critical ones after `=` and plus 64 more."""
    first, *rest = packed.replace(b"\r", b"").replace(b"\n", b"").split(b"=")
    pieces = (bytes([(piece[0] - 64) % 256]) + piece[1:] for piece in rest if piece)
    return b"".join((first, *pieces)).translate(_MINUS_42)


def _fault(begin: re.Match[bytes], data: bytes, end: re.Match[bytes] | None) -> tuple[ProblemKind, str] | None:
    if end is None:
        return ProblemKind.DAMAGED, "a yEnc file without its end"
    said, told = dict(_FIELD.findall(end[1])), dict(_FIELD.findall(begin[1]))
    checksum = said.get(b"pcrc32", said.get(b"crc32") if begin[3] is None else None)
    if _differs(said.get(b"size"), len(data), 10) or _differs(checksum, zlib.crc32(data), 16):
        return ProblemKind.DAMAGED, "not the size or checksum that a yEnc file says"
    if int(told.get(b"total", b"1"), 16) > 1 or (begin[3] is not None and _differs(told.get(b"size"), len(data), 10)):
        return ProblemKind.NOT_READ, "one of several pieces"
    return None


def _differs(said: bytes | None, found: int, base: int) -> bool:
    if said is None:
        return False
    try:
        return int(said, base) != found
    except ValueError:
        return True
