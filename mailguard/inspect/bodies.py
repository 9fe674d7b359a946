"""Bodies of a mailing, which differ in their first line: what stands below it was opened before, and is text.

In: a leaf. Out: its text, without asking every format again. A first line of kanji and kana alone makes no format of a
text and hides nothing in it; what stands below is kept only if it is no part of a format that a line above, or a few bytes
more or less, could change.
"""

import re
from binascii import Error as Base64Error
from dataclasses import dataclass

from mailguard.inspect.known import Cost, Found, Latest
from mailguard.inspect.sealing import Said
from mailguard.model import BODY, PartInfo
from mailguard.unpack import charset, sniff, transfer
from mailguard.unpack.budget import LimitError, Limits
from mailguard.unpack.transfer import RawPart

_MOST = 256  # texts kept
_BYTES = 16_000  # of a body, as it was sent
_CHARS = 4_500  # within what `charset` looks at
# Every reader takes these for writing, and three bytes of UTF-8 each for no signature of a file.
_FIRST = re.compile(
    "[々\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff][ \u3000々\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff]{1,30}\r?\n"
)
_PDF = b"%PDF-"  # counts among the first bytes only


@dataclass(frozen=True, slots=True)
class Body:
    """A body, decoded: its bytes and its text; said: what may be passwords in it, none of it in the first line."""

    data: bytes
    text: str
    said: tuple[Said, ...] = ()

    def cost(self) -> Cost:
        """What opening it takes."""
        return Cost(bytes=len(self.data), files=1)

    def info(self, key: bytes) -> PartInfo:
        """Its line in the part tree."""
        return PartInfo((BODY,), sniff.TEXT, len(self.data), 0, key, len(self.text))


class Bodies:
    """What was found to be text and nothing else. None is known where the limits are lower than such a body may be long."""

    def __init__(self, limits: Limits) -> None:
        self._below: Latest[str, tuple[Said, ...]] = Latest(_MOST)
        self._closed = min(limits.member_bytes, limits.ratio_floor_bytes, limits.text_chars) < _BYTES

    def read(self, raw: RawPart) -> Body | None:
        """The body, if it is one of a mailing that is known."""
        found = _decoded(raw)
        said = self._below.get(found[1]) if found else None
        return Body(found[0].data, found[0].text, said) if found and said is not None else None

    def learn(self, raw: RawPart, found: Found) -> None:
        """Remember what stands below the first line, if reading it all gave one text and nothing else."""
        decoded = None if self._closed else _decoded(raw)
        if decoded is None or found.problems or len(found.parts) != 1:
            return
        body, below = decoded
        if found.parts[0] != body.info(found.parts[0].key) or found.cost != body.cost():
            return
        anywhere = _PDF in body.data or sniff.has_tag(body.data)
        if len(body.text) <= _CHARS and not anywhere and not charset.unreadable(below):
            self._below.keep(below, found.said)


def _decoded(raw: RawPart) -> tuple[Body, str] | None:
    """The body and what stands below its first line; None where that line is no name."""
    if raw.path != (BODY,) or raw.media_type != sniff.TEXT or raw.depth or raw.other_names or len(raw.raw) > _BYTES:
        return None
    try:
        data = transfer.decoded(raw.raw, raw.encoding)
        text = data.decode("utf-8")
    except (LimitError, Base64Error, ValueError):
        return None
    first = _FIRST.match(text)
    return (Body(data, text), text[first.end() :]) if first else None
