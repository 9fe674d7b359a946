"""Files packed by BinHex 4.0 (RFC 1741 appendix A), as Macs sent them: between colons in a text, behind the line that says so.

In: the bytes of the text. Out: of each file its name, data and resource fork, and what is wrong with it: checksums, or an end that is missing.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.unpack import charset

_START = re.compile(
    rb"^[ \t>]*\(This file must be converted with BinHex[^\r\n]{0,80}\)[ \t]*[\r\n]{1,8}[ \t>]*:?", re.MULTILINE
)
_SIGNS = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_AS_BASE64 = bytes.maketrans(_SIGNS, _BASE64)
_BLANKS = b" \t\r\n>"
_REPEAT = b"\x90"
_MOST = 20  # files in one text


@dataclass(frozen=True, slots=True)
class File:
    """packed: bytes of the text that it took. fault: "" when it is whole."""

    name: str
    data: bytes
    resources: bytes
    packed: int
    fault: str


def files(text: bytes, most: int) -> Iterator[File]:
    """Each file, unpacked to at most so many bytes together."""
    if b"BinHex" not in text:
        return
    for start in list(_START.finditer(text))[:_MOST]:
        end = text.find(b":", start.end())
        packed = text[start.end() : end if end >= 0 else len(text)].translate(None, _BLANKS)
        strange = packed.translate(None, _SIGNS)
        out = _file(_repeated(_sixes(packed.translate(None, strange)), most), len(packed))
        most -= len(out.data)
        fault = out.fault or ("other signs in it" if strange else "" if end >= 0 else "no end")
        yield File(out.name, out.data, out.resources, out.packed, fault)


def _sixes(packed: bytes) -> bytes:
    """Six bits a sign; what does not fill a byte is left out."""
    whole = packed[: len(packed) // 4 * 4]
    rest = packed[len(whole) :]
    out = base64.b64decode(whole.translate(_AS_BASE64))
    if len(rest) > 1:
        padded = rest.translate(_AS_BASE64) + b"A" * (4 - len(rest))
        out += base64.b64decode(padded)[: len(rest) - 1]
    return out


def _repeated(data: bytes, most: int) -> bytes:
    """Runs written out: a byte, 0x90, how often it stands; 0x90 0x00 is the byte 0x90."""
    pieces: list[bytes] = []
    at, size, last = 0, 0, b""
    while size <= most and (mark := data.find(_REPEAT, at)) >= 0 and mark + 1 < len(data):
        count = data[mark + 1]
        last = data[mark - 1 : mark] if mark > at else last
        piece = data[at:mark] + (last * (count - 1) if count else _REPEAT)
        last = last if count else _REPEAT
        pieces.append(piece)
        size, at = size + len(piece), mark + 2
    pieces.append(data[at : at + max(most - size, 0)])
    return b"".join(pieces)


def _file(data: bytes, packed: int) -> File:
    """Header, data fork, resource fork, each with its CRC behind it."""
    length = data[0] if data else 0
    head, start = data[: length + 20], length + 22
    name = charset.decode(head[1 : 1 + length], "cp932")
    if len(data) < start:
        return File(name, b"", b"", packed, "cut off")
    first, second = (int.from_bytes(head[at : at + 4], "big") for at in (length + 12, length + 16))
    content, resources = data[start : start + first], data[start + first + 2 : start + first + 2 + second]
    crcs = data[length + 20 : start], data[start + first :][:2], data[start + first + 2 + second :][:2]
    right = all(
        binascii.crc_hqx(piece, 0).to_bytes(2, "big") == crc
        for piece, crc in zip((head, content, resources), crcs, strict=True)
    )
    return File(name, content, resources, packed, "" if right else "a wrong checksum")
