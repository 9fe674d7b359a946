"""Detached signatures of a mail: S/MIME (RFC 8551 §3.5.3) and OpenPGP (RFC 3156 §5).

In: a part. Out: nothing, when it is nothing but a signature: certificates and figures, no content of its own.
What only calls itself a signature is left to the other handlers, which find a format or none.
"""

import binascii
import re
from collections.abc import Iterator

from mailguard.model import Part, Problem, Table, Text
from mailguard.unpack import sniff
from mailguard.unpack.budget import Budget

NAME = "Signatures (S/MIME, OpenPGP)"
LIMITATIONS = "Not verified, and the certificates in them are not read; above 64 KB, or with content inside, a problem."

_MOST = 65_536
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_SEQUENCE, _SET, _OID, _INTEGER, _CONTEXT_0 = 0x30, 0x31, 0x06, 0x02, 0xA0
_ARMOUR = re.compile(
    rb"\s*-----BEGIN PGP SIGNATURE-----\r?\n(?:[A-Z][A-Za-z]{1,20}: [^\r\n]{0,100}\r?\n)*\r?\n"
    rb"([A-Za-z0-9+/=\s]+)-----END PGP SIGNATURE-----\s*"
)
_PGP_SIGNATURE = {0x88, 0x89, 0x8A, 0xC2}  # tag 2 in both packet formats (RFC 9580 §4.2)


def matches(part: Part, sniffed: str) -> bool:
    """By content, which must be a signature and nothing else."""
    if len(part.data) > _MOST:
        return False
    return pkcs7(part.data) if sniffed == sniff.BINARY else sniffed == sniff.TEXT and _pgp(part.data)


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Nothing: there is nothing to read."""
    del part, budget
    yield from ()


def _pgp(data: bytes) -> bool:
    match = _ARMOUR.fullmatch(data)
    if match is None:
        return False
    try:
        packet = binascii.a2b_base64(match[1].split(b"=", 1)[0].strip()[:4])
    except binascii.Error:
        return False
    return bool(packet) and packet[0] in _PGP_SIGNATURE


def pkcs7(data: bytes) -> bool:
    """Whether `data` is CMS SignedData (RFC 5652 §5.1) without encapsulated content, and no more than that."""
    try:
        at, end = _inside(data, 0, _SEQUENCE)
        if not data.startswith(_SIGNED_DATA, at):
            return False
        if not 0 <= len(data) - (end or _skip(data, 0)) <= 16:
            return False
        at, _ = _inside(data, at + len(_SIGNED_DATA), _CONTEXT_0)
        at, _ = _inside(data, at, _SEQUENCE)
        for tag in (_INTEGER, _SET):
            _inside(data, at, tag)
            at = _skip(data, at)
        at, end = _inside(data, at, _SEQUENCE)
        _inside(data, at, _OID)
        at = _skip(data, at)
    except (IndexError, ValueError, RecursionError):
        return False
    return at == end if end else data[at : at + 2] == b"\0\0"


def _inside(data: bytes, at: int, tag: int) -> tuple[int, int]:
    """Start and end of a value's content; end 0 where the length is indefinite (X.690 §8.1.3.6)."""
    if data[at] != tag:
        raise ValueError
    first = data[at + 1]
    if first == 0x80:
        return at + 2, 0
    if first < 0x80:
        return at + 2, at + 2 + first
    start = at + 2 + (first & 0x7F)
    return start, start + int.from_bytes(data[at + 2 : start], "big")


def _skip(data: bytes, at: int, depth: int = 0) -> int:
    """Where the value that starts at `at` ends."""
    start, end = _inside(data, at, data[at])
    if end:
        if end > len(data):
            raise ValueError
        return end
    if depth > 20:
        raise ValueError
    while data[start : start + 2] != b"\0\0":
        start = _skip(data, start, depth + 1)
    return start + 2
