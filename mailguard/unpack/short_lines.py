"""Base64, its notation for URLs and hexadecimal figures in lines that are shorter than those of mail programs, or with blanks between.

In: a text. Out: what lines of one width hold that follow each other, if it reads as writing or is of a known format: a list of words is none.
"""

import binascii
import re
from collections.abc import Iterator

from mailguard.unpack import rest
from mailguard.unpack.transfer import from_base64

_LINES = re.compile(
    r"\n[ \t>]{0,20}([A-Za-z0-9+/_-]{16,200})[ \t]{0,20}\r?\n(?:[ \t>]{0,20}[A-Za-z0-9+/_-]{16,200}[ \t]{0,20}\r?\n){4,}"
    r"(?:[ \t>]{0,20}[A-Za-z0-9+/_-]{1,200}={0,2}[ \t]{0,20}$)?",
    re.MULTILINE,
)
# As programs show bytes: a place, pairs or fours of figures, the same as characters.
_DUMP = re.compile(
    r"^[ \t>]{0,20}(?:[0-9a-fA-F]{4,16}:?[ \t]{1,3})?((?:[0-9a-fA-F]{2}(?:[0-9a-fA-F]{2})?[ ,:\t]{1,2}){7,}(?:[0-9a-fA-F]{2}){0,2})"
    r"(?:[ \t|][^\n]*)?\r?$",
    re.MULTILINE,
)
_DUMPED = 5  # lines
_SIGNS = re.compile(r"[A-Za-z0-9+/_=-]+")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_FOR_URLS = str.maketrans("-_", "+/")
_NO_BLANKS = str.maketrans("", "", " ,:\t")
_OTHER = re.compile("[-_]")
_LONG = 60  # signs: from here on plain base64 is found wherever it stands
_LEAST = 100  # bytes
_MOST = 20


def files(text: str) -> Iterator[bytes]:
    """At most so many that nobody waits."""
    for number, match in enumerate(_LINES.finditer("\n" + text)):
        if number >= _MOST:
            return
        lines = _SIGNS.findall(match[0])
        packed, width = "".join(lines), len(lines[0])
        if any(len(line) != width for line in lines[:-1]) or (width >= _LONG and not _OTHER.search(packed)):
            continue
        data = figures(packed) if _HEX.fullmatch(packed) else _base64(packed)
        if len(data) >= _LEAST and rest.tells(data):
            yield data
    dump = [match[1] for match in _DUMP.finditer(text)]
    data = figures("".join(dump).translate(_NO_BLANKS)) if len(dump) >= _DUMPED else b""
    if len(data) >= _LEAST and rest.tells(data):
        yield data


def figures(packed: str) -> bytes:
    """The bytes of hexadecimal figures, whatever stands between them."""
    signs = "".join(_SIGNS.findall(packed))
    try:
        return binascii.unhexlify(signs[: len(signs) & ~1])
    except binascii.Error:
        return b""


def _base64(packed: str) -> bytes:
    try:
        return from_base64(packed.translate(_FOR_URLS).encode())
    except binascii.Error:
        return b""
