"""Files that stand in a text between `begin 644 name` and `end` (POSIX uuencode).

In: the bytes of the text, whatever it reads as: a line of such a file may look like a tag, or like cells. Out: name and bytes of
each, and whether it is whole. `begin-base64` is found as base64 wherever it stands.
"""

import binascii
import re
from collections.abc import Iterator

from mailguard.unpack import charset, header

_BEGIN = re.compile(rb"^begin [0-7]{3,4} (\S[^\r\n]{0,1000})$", re.MULTILINE)
_QUOTE = re.compile(rb"^(?:>[ ]?)+", re.MULTILINE)
_BROKEN = 10  # files of one text that break off, and are told; behind them nothing more is
_LINE = re.compile(rb"[ -`]{1,90}")


def files(text: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Each file; of a damaged one what could be read."""
    if b"begin " not in text and b"b\0e\0g\0i\0n" not in text:
        return
    if b"\0" in text:
        text = charset.decode(text).encode("utf-8", "replace")  # UTF-16
    text = text.replace(b"\r\n", b"\n")
    if b">begin " in text or b"> begin " in text:
        text = _QUOTE.sub(b"", text)
    at, broken = 0, 0
    while broken < _BROKEN and (begin := _BEGIN.search(text, at)):
        data, at, whole = _body(text, begin.end() + 1)
        broken += not whole
        yield header.decode(begin[1].strip()), data, whole


def _body(text: bytes, at: int) -> tuple[bytes, int, bool]:
    """The bytes of the lines from there, where they end, and whether by `end`."""
    lines: list[bytes] = []
    while at < len(text):
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].rstrip(b"\r")
        if line.strip() == b"end":
            return b"".join(lines), end, True
        unpacked = _line(line)
        if unpacked is None:
            break
        lines.append(unpacked)
        at = end + 1
    return b"".join(lines), min(at, len(text)), False


def _line(line: bytes) -> bytes | None:
    """The bytes of one line, None for what is no line of it."""
    if not line.strip():
        return b""
    length = (line[0] - 32) & 63
    needed = (length + 2) // 3 * 4
    # Some writers add a sign for a checksum, some leave out what fills the last group; mailers take away spaces at the end.
    if not _LINE.fullmatch(line) or len(line) > needed + 3:
        return None
    try:
        return binascii.a2b_uu(line[: 1 + needed])
    except binascii.Error:
        return None
