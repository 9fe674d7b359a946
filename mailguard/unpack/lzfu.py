"""Compressed RTF of Outlook (MS-OXRTFCP).

In: the bytes of the property. Out: the RTF. A run that reaches before the beginning or behind the end is damage.
"""

import struct

_INITIAL = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial"
    rb"Times New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_HEADER = 16
_WINDOW = 4096


def inflated(packed: bytes) -> bytes:
    """The RTF; ValueError when it is damaged."""
    if len(packed) < _HEADER:
        raise ValueError("no header")
    size, magic = struct.unpack("<4xI4s", packed[:12])
    if magic == _PLAIN:
        return packed[_HEADER : _HEADER + size]
    if magic != _COMPRESSED:
        raise ValueError("unknown compression")
    out = _unpacked(packed)
    if len(out) < size:
        raise ValueError("cut off")
    return out[:size]


def _unpacked(packed: bytes) -> bytes:
    out = bytearray(_INITIAL)
    at, end = _HEADER, len(packed)
    while at < end:
        control = packed[at]
        at += 1
        for bit in range(8):
            if not control >> bit & 1:
                out += packed[at : at + 1]
                at += 1
                continue
            if at + 2 > end:
                return bytes(out[len(_INITIAL) :])
            reference = packed[at] << 8 | packed[at + 1]
            at += 2
            distance = (len(out) - (reference >> 4)) % _WINDOW
            if not distance:  # a reference to where writing goes on is the end (§2.2.1.5)
                return bytes(out[len(_INITIAL) :])
            _copy(out, distance, (reference & 15) + 2)
    return bytes(out[len(_INITIAL) :])


def _copy(out: bytearray, distance: int, length: int) -> None:
    start = len(out) - distance
    if start < 0:
        raise ValueError("before the beginning")
    run = bytes(out[start : start + length])
    while len(run) < length:
        run += run
    out += run[:length]
