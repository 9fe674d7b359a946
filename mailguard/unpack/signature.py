"""Detached signatures of a mail: S/MIME (RFC 8551 §3.5.3) and OpenPGP (RFC 3156 §5).

In: a part. Out: nothing, when it is nothing but a signature: certificates and figures, no content of its own.
What only calls itself a signature is left to the other handlers, which find a format or none.
"""

import binascii
import re
from collections.abc import Iterator

from mailguard.model import Part, Problem, Table, Text
from mailguard.unpack import ber, sniff
from mailguard.unpack.budget import Budget

NAME = "Signatures (S/MIME, OpenPGP)"
LIMITATIONS = "Not verified, and the certificates in them are not read; above 64 KB, a problem."

_MOST = 65_536
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_ARMOUR = re.compile(
    rb"\s*-----BEGIN PGP SIGNATURE-----\r?\n(?:[A-Z][A-Za-z]{1,20}: [^\r\n]{0,100}\r?\n)*\r?\n"
    rb"([A-Za-z0-9+/=\s]+)-----END PGP SIGNATURE-----\s*"
)
_PGP_SIGNATURE = {0x88, 0x89, 0x8A, 0xC2}  # tag 2 in both packet formats (RFC 9580 §4.2)


def matches(part: Part, sniffed: str) -> bool:
    """By content, which must be a signature and nothing else."""
    if len(part.data) > _MOST:
        return False
    return pkcs7(part.data) if sniffed == sniff.CMS else sniffed == sniff.TEXT and _pgp(part.data)


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """There is nothing to read in it."""
    del part, budget
    yield from ()


def passed(part: Part, budget: Budget) -> str:
    """Why nothing in it is read."""
    del part, budget
    return "signature"


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
        at, end = ber.inside(data, 0, ber.SEQUENCE)
        if not data.startswith(_SIGNED_DATA, at):
            return False
        if not 0 <= len(data) - (end or ber.behind(data, 0)) <= 16:
            return False
        at, _ = ber.inside(data, at + len(_SIGNED_DATA), ber.CONTEXT_0)
        at, _ = ber.inside(data, at, ber.SEQUENCE)
        for tag in (ber.INTEGER, ber.SET):
            ber.inside(data, at, tag)
            at = ber.behind(data, at)
        at, end = ber.inside(data, at, ber.SEQUENCE)
        ber.inside(data, at, ber.OBJECT_ID)
        at = ber.behind(data, at)
    except (IndexError, ValueError, RecursionError):
        return False
    return at == end if end else data[at : at + 2] == b"\0\0"
