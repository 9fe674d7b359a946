"""Files in a text as base 85: between <~ and ~> (Adobe), or in lines of one width (Ascii85, and RFC 1924 as Git and Python write it).

In: a text. Out: bytes, if they read as writing or are of a known format; any line without blanks decodes to something.
"""

import base64
import itertools
import re
from collections.abc import Callable, Iterator

from mailguard.unpack import rest

_BEGIN, _END = "<~", "~>"
_LINES = re.compile(
    r"^(?:[!-~]{200,}|[!-~]{40,200}\r?\n[!-~]{40,200}\r?\n(?:[!-~]{40,200}\r?\n)*[!-~]{1,200})[ \t\r]*$", re.MULTILINE
)
_BASE64 = re.compile(r"[\w+/=\s-]+", re.ASCII)
_LEAST = 100  # bytes
_MOST = 20
_LOOK = 5_000  # signs that tell noise


def files(text: str) -> Iterator[bytes]:
    """At most so many that nobody waits."""
    for packed in itertools.islice(_candidates(text), _MOST):
        for decode in (base64.a85decode, base64.b85decode):
            if data := _decoded(decode, packed):
                yield data
                break


def _candidates(text: str) -> Iterator[str]:
    start = text.find(_BEGIN)
    while start >= 0 and (end := text.find(_END, start)) >= 0:
        yield "".join(text[start + 2 : end].split())
        start = text.find(_BEGIN, end)
    for match in _LINES.finditer(text):
        lines = match[0].split()
        if all(len(line) == len(lines[0]) for line in lines[:-1]) and not _BASE64.fullmatch(match[0]):
            yield "".join(lines).removeprefix(_BEGIN).removesuffix(_END)


def _decoded(decode: Callable[[bytes], bytes], packed: str) -> bytes:
    """Nothing where it is no base 85, or nothing that anybody can read."""
    try:
        signs = packed.encode("ascii")
        data = decode(signs[:_LOOK])
        data = decode(signs) if rest.tells(data) else b""
    except ValueError:
        return b""
    return data if len(data) >= _LEAST else b""
