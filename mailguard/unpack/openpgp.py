"""Files encrypted with OpenPGP (.gpg, .pgp), by their first packets (RFC 9580 §4 and §5).

In: a binary file. Out: the Problem that it is encrypted. Armoured ones are told by the text that they stand in.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import sniff
from mailguard.unpack.budget import Budget

NAME = "OpenPGP (encrypted)"
LIMITATIONS = "Nothing is decrypted: a problem."

_KEY_FOR_SOMEBODY, _KEY_FROM_PASSWORD = 1, 3
_VERSIONS = {_KEY_FOR_SOMEBODY: {2, 3, 6}, _KEY_FROM_PASSWORD: {4, 5, 6}}
_FOLLOWING = frozenset({1, 3, 9, 18, 20})  # tags: another key, or what is encrypted


def matches(part: Part, sniffed: str) -> bool:
    """A key for somebody or from a password, and behind it what it opens."""
    if sniffed != sniff.BINARY:
        return False
    tag, start, end = _packet(part.data)
    if tag not in _VERSIONS or part.data[start : start + 1] not in {bytes((one,)) for one in _VERSIONS[tag]}:
        return False
    return _packet(part.data[end : end + 10])[0] in _FOLLOWING


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """That it is encrypted."""
    del budget
    yield Problem(part.path, ProblemKind.ENCRYPTED, "OpenPGP")


def _packet(data: bytes) -> tuple[int, int, int]:
    """Tag, start and end of the first packet; tag 0 where there is none."""
    if not data or not data[0] & 0x80:
        return 0, 0, 0
    data = data[:6].ljust(6, b"\0")
    if data[0] & 0x40:
        tag, first = data[0] & 0x3F, data[1]
        if first < 192:
            return tag, 2, 2 + first
        if first < 224:
            return tag, 3, 3 + ((first - 192) << 8) + data[2] + 192
        return tag, 6, 6 + int.from_bytes(data[2:6], "big")
    tag, size = data[0] >> 2 & 0x0F, (1, 2, 4, 0)[data[0] & 3]
    return tag, 1 + size, 1 + size + int.from_bytes(data[1 : 1 + size], "big")
