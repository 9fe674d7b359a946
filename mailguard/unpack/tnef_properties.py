"""Lists of properties inside a winmail.dat (MS-OXTNEF 2.1.3.4).

In: the value of an attribute. Out: its properties, appended as they are read: what stands before damage is kept. Never
reads further than the data goes, whatever a count says; raises ValueError or struct.error where it does not add up.
"""

import struct

from mailguard.unpack import mapi

_SIZES = {0x0000: 4, 0x0001: 4, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x000B: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, 0x0048: 16}  # fmt: skip
_VARIABLE = frozenset({mapi.STRING8, mapi.STRING, mapi.OBJECT, mapi.BINARY})
_NAMED = 0x8000
_INTERFACE = 16  # bytes before an object: what it is


class Reader:
    """Reads on from where it stands."""

    def __init__(self, data: bytes, declared: str) -> None:
        self._data = data
        self._at = 0
        self._declared = declared

    def rows(self, into: list[mapi.Properties]) -> None:
        """A table of recipients."""
        for _ in range(self._number()):
            row: mapi.Properties = []
            into.append(row)
            self.properties(row)

    def properties(self, into: mapi.Properties) -> None:
        """One list."""
        for _ in range(self._number()):
            kind, name = struct.unpack("<HH", self._take(4))
            if name >= _NAMED:
                self._skip_name()
            several = kind & mapi.MULTIPLE
            kind &= ~mapi.MULTIPLE
            if kind in _VARIABLE:
                for _ in range(self._number()):
                    self._value(kind, name, into)
            elif kind in _SIZES:
                self._fixed(kind, self._number() if several else 1)
            else:
                raise ValueError("unknown type of property")

    def _value(self, kind: int, name: int, into: mapi.Properties) -> None:
        length = self._number()
        value = self._take(length)
        self._take(-length % 4)
        if kind in {mapi.STRING8, mapi.STRING}:
            into.append((name, mapi.text(value, kind, self._declared)))
        else:
            into.append((name, value[_INTERFACE:] if kind == mapi.OBJECT else value))

    def _fixed(self, kind: int, count: int) -> None:
        # Several short numbers stand together, and are filled up to four bytes at their end.
        size = (count * 2 + 3) // 4 * 4 if kind in {0x0002, 0x000B} else count * _SIZES[kind]
        self._take(size)

    def _skip_name(self) -> None:
        self._take(16)
        if self._number():
            length = self._number()
            self._take(length + -length % 4)
        else:
            self._take(4)

    def _number(self) -> int:
        return int.from_bytes(self._take(4), "little")

    def _take(self, length: int) -> bytes:
        if self._at + length > len(self._data):
            raise ValueError("cut off")
        self._at += length
        return self._data[self._at - length : self._at]
