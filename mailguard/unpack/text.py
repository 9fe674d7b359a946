"""Plain text, and all that reads as plain text: JSON, XML, logs.

In: a text file. Out: Text; with escapes of JSON and XML undone. What hides other content in text is a Problem too.
"""

import html
import re
from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text, attached
from mailguard.unpack import escapes, part_text, sniff
from mailguard.unpack.budget import Budget

NAME = "Text"
LIMITATIONS = "Files packed into text by PGP, and encoded values as in address cards, are not decoded: a problem."

# What a text must hold, which is quicker to see, and the expression itself.
_HIDDEN = (
    ("=ybegin ", re.compile(r"^=ybegin ", re.MULTILINE), ProblemKind.NOT_READ, "yEnc file"),
    ("PGP MESSAGE", re.compile(r"^-----BEGIN PGP MESSAGE-----", re.MULTILINE), ProblemKind.ENCRYPTED, "PGP message"),
    (";", re.compile(r"^[^\n:]{1,60};ENCODING=(?:QUOTED-PRINTABLE|BASE64|B)\b", re.MULTILINE | re.IGNORECASE), ProblemKind.NOT_READ, "encoded values"),
    (":: ", re.compile(r"^[\w;-]{1,60}:: [A-Za-z0-9+/=]{8}", re.MULTILINE), ProblemKind.NOT_READ, "encoded values"),
)  # fmt: skip


def matches(part: Part, sniffed: str) -> bool:
    """Whatever reads as text and was not claimed before."""
    del part
    return sniffed in sniff.READABLE


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """One text."""
    text = part_text.decoded(part, budget)
    yield from part_text.faults(part, text)
    for needed, pattern, kind, detail in _HIDDEN:
        if needed in text and pattern.search(text):
            yield Problem(part.path, kind, detail)
            break
    yield Text(part.path, _unescape(escapes.unquoted(text, links=attached(part.path))))


def _unescape(text: str) -> str:
    text = escapes.undone(text)
    return html.unescape(text) if "&#" in text else text
