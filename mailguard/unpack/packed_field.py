"""Base64 in a header field for machines: a signature or an id, unless it reads as Japanese.

In: the value of a field. Out: the text packed in it, "" where it is none. Random bytes are neither UTF-8 nor cp932.
"""

import binascii
import re
from typing import Final

LEAST: Final = 120  # bytes of a field: shorter ones pack no list
_RUN = re.compile(rb"[A-Za-z0-9+/]{40,}")
_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
_LETTERS = 10
_LOOK = 64  # signs that tell random bytes
_CUT = 4  # bytes of a character that may be cut off


def text(value: bytes) -> str:
    """All runs of the field together, lines unfolded."""
    first = _RUN.search(value) if len(value) >= LEAST else None
    if first is None or not _decoded(first[0][:_LOOK]):
        return ""
    found = _decoded(b"".join(_RUN.findall(b"".join(value.split()))))
    return found if len(_JAPANESE.findall(found)) >= _LETTERS else ""


def _decoded(packed: bytes) -> str:
    try:
        data = binascii.a2b_base64(packed[: len(packed) // 4 * 4])
    except binascii.Error:
        return ""
    for codec in ("utf-8", "cp932"):
        for cut in range(_CUT):
            try:
                return data[: len(data) - cut].decode(codec)
            except UnicodeDecodeError as error:
                if error.start < len(data) - _CUT:
                    break
    return ""
