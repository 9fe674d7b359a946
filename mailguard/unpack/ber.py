"""Values of ASN.1 in BER and DER (X.690): where one begins and ends, and the octets of a string.

In: bytes and a place in them. Out: places. Raises IndexError or ValueError where it does not add up.
"""

SEQUENCE, SET, OBJECT_ID, INTEGER, OCTETS, CONTEXT_0 = 0x30, 0x31, 0x06, 0x02, 0x04, 0xA0
_CONSTRUCTED = 0x20
_DEPTH = 20


def inside(data: bytes, at: int, tag: int) -> tuple[int, int]:
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


def behind(data: bytes, at: int, depth: int = 0) -> int:
    """Where the value that starts at `at` ends."""
    start, end = inside(data, at, data[at])
    if end:
        if end > len(data):
            raise ValueError
        return end
    if depth > _DEPTH:
        raise ValueError
    while data[start : start + 2] != b"\0\0":
        start = behind(data, start, depth + 1)
    return start + 2


def octets(data: bytes, at: int) -> bytes:
    """An octet string, also one in pieces (§8.7.3)."""
    pieces: list[bytes] = []
    _collect(data, at, pieces, 0)
    return b"".join(pieces)


def _collect(data: bytes, at: int, pieces: list[bytes], depth: int) -> None:
    start, end = inside(data, at, data[at])
    if data[at] == OCTETS:
        if end > len(data) or not end:
            raise ValueError
        pieces.append(data[start:end])
        return
    if not data[at] & _CONSTRUCTED or depth > _DEPTH:
        raise ValueError
    while start < end if end else data[start : start + 2] != b"\0\0":
        _collect(data, start, pieces, depth + 1)
        start = behind(data, start)
