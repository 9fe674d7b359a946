"""Signed, compressed and encrypted data of S/MIME, .p7m (CMS, RFC 5652 and RFC 8551), in DER or BER.

In: the file, under whatever name; PEM comes through the base64 in a text. Out: what is signed or compressed as a part; of what is
encrypted a Problem.
"""

import zlib
from collections.abc import Iterator

from mailguard.model import MAIL, Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import ber, header, sniff
from mailguard.unpack.budget import Budget

NAME = "S/MIME (p7m, p7s)"
LIMITATIONS = "Signatures are not verified, and certificates not read; what is encrypted is a problem."

_TAIL = 16  # bytes behind it that mailers may add
_SIGNED, _COMPRESSED, _DATA, _DIGESTED = "signed", "compressed", "data", "digested"
_PKCS7 = bytes.fromhex("2a864886f70d0107")
_TYPES = {
    _PKCS7 + b"\x01": _DATA,
    _PKCS7 + b"\x02": _SIGNED,
    _PKCS7 + b"\x05": _DIGESTED,
    bytes.fromhex("2a864886f70d0109100109"): _COMPRESSED,
}
# Fields before the content inside: version, then digests or one algorithm (RFC 5652 §5.1 and §7, RFC 3274 §1.1).
_BEFORE = {
    _SIGNED: (ber.INTEGER, ber.SET),
    _DIGESTED: (ber.INTEGER, ber.SEQUENCE),
    _COMPRESSED: (ber.INTEGER, ber.SEQUENCE),
}
_ENDINGS = (".p7m", ".p7s", ".p7")


def matches(part: Part, sniffed: str) -> bool:
    """By the object identifier at its beginning."""
    del part
    return sniffed == sniff.CMS


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The content inside."""
    try:
        kind, data = _content(part.data)
        if kind == _COMPRESSED and data is not None:
            data = _inflated(data, budget)
        whole = len(part.data) - ber.behind(part.data, 0) <= _TAIL
    except (IndexError, ValueError, RecursionError, zlib.error):
        yield Problem(part.path, ProblemKind.DAMAGED, "S/MIME that cannot be read")
        return
    if not kind:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "encrypted S/MIME")
    elif data is None:
        yield Problem(part.path, ProblemKind.NOT_READ, "a signature that is longer than one, or is not all")
    else:
        yield _inside(part, data, budget)
    if not whole:
        yield Problem(part.path, ProblemKind.DAMAGED, "followed by something else")


def _content(data: bytes) -> tuple[str, bytes | None]:
    """What kind it is ("" for encrypted), and the bytes inside, if any."""
    at, _ = ber.inside(data, 0, ber.SEQUENCE)
    start, end = ber.inside(data, at, ber.OBJECT_ID)
    kind = _TYPES.get(data[start:end], "")
    if not kind:
        return "", None
    at, _ = ber.inside(data, end, ber.CONTEXT_0)
    if kind == _DATA:
        return kind, ber.octets(data, at)
    at, _ = ber.inside(data, at, ber.SEQUENCE)
    for tag in _BEFORE[kind]:
        ber.inside(data, at, tag)
        at = ber.behind(data, at)
    at, end = ber.inside(data, at, ber.SEQUENCE)
    ber.inside(data, at, ber.OBJECT_ID)
    at = ber.behind(data, at)
    if at == end or (not end and data[at : at + 2] == b"\0\0"):
        return kind, None
    at, _ = ber.inside(data, at, ber.CONTEXT_0)
    if data[at] & 0x1F == ber.OCTETS:
        return kind, ber.octets(data, at)
    return kind, data[at : ber.behind(data, at)]  # PKCS 7 of before 1999 allows any value


def _inflated(data: bytes, budget: Budget) -> bytes:
    unpacker = zlib.decompressobj()
    out = unpacker.decompress(data, budget.limits.member_bytes + 1)
    budget.member(len(out), len(data))
    if not unpacker.eof:
        raise ValueError("cut off")
    return out


def _inside(part: Part, data: bytes, budget: Budget) -> Part:
    budget.file(part.depth + 1)
    budget.spend(len(data))
    # S/MIME signs an entity with its headers; other programs sign a file as it is.
    if header.looks_like_field(data[:200]) and b"content-type:" in data[:4_000].lower():
        return Part((*part.path, MAIL), data, sniff.MAIL, depth=part.depth + 1)
    name = part.path[-1]
    for ending in _ENDINGS:
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return Part((*part.path, name or "(content)"), data, depth=part.depth + 1)
