"""Words in a TIFF structure: Exif data (CIPA DC-008), and the tags of a TIFF file itself.

In: the structure from its byte order mark on. Out: every string in it, XMP and IPTC blocks, and the place (GPS) as
degrees. Follows each offset once, whatever it points at; raises ValueError where tags share their bytes a hundred times.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # TIFF 6.0 section 2
_ASCII, _UNDEFINED, _BYTES = 2, 7, (1, 7)
_DIRECTORIES = {0x014A, 0x8769, 0x8825, 0xA005}  # SubIFDs, Exif, GPS, interoperability
_USER_COMMENT = 0x9286
_CODES = {b"ASCII\0\0\0": "utf-8", b"JIS\0\0\0\0\0": "iso2022_jp", b"UNICODE\0": "", b"\0" * 8: "utf-8"}
_WINDOWS = range(0x9C9B, 0x9CA0)  # title, comment, author, keywords, subject in UTF-16
XMP, IPTC = 0x02BC, 0x83BB
_USUAL = re.compile("[ -~\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]")
_GPS = 0x8825
_WIDTH, _HEIGHT = 256, 257
_ENTRIES = 1_000
_LISTS = 200
# Times the file, and bytes, that all values together may have: they may point at each other's places.
_OVERLAP, _SLACK = 4, 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag. group: the tag of the directory it stands in, 0 for the first ones; kind: its TIFF type."""

    group: int
    tag: int
    kind: int
    value: bytes


class Tiff:
    """Its tags, and the byte order of its numbers."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
        self.entries = list(self._walk())

    def strings(self) -> Iterator[str]:
        """What people wrote into it, or a camera for them."""
        for entry in self.entries:
            if entry.kind == _ASCII:
                yield text(entry.value)
            elif entry.tag == _USER_COMMENT and entry.kind in _BYTES:
                code = _CODES.get(entry.value[:8], "utf-8")
                yield _decoded(entry.value[8:], code) if code else _utf16(entry.value[8:])
            elif entry.tag in _WINDOWS and entry.kind in _BYTES:
                yield _decoded(entry.value, "utf-16-le")
        if place := self._place():
            yield place

    def blocks(self, tag: int) -> Iterator[bytes]:
        """The values of one tag."""
        return (entry.value for entry in self.entries if entry.tag == tag and entry.group == 0)

    def size(self) -> tuple[int, int]:
        """Width and height of the largest picture; (0, 0) if it does not tell."""
        widths = [self._number(entry.value) for entry in self.entries if entry.tag == _WIDTH and not entry.group]
        heights = [self._number(entry.value) for entry in self.entries if entry.tag == _HEIGHT and not entry.group]
        return max(widths, default=0), max(heights, default=0)

    def _walk(self) -> Iterator[Entry]:
        left, seen = [(self._long(4), 0)], {0}
        room = len(self._data) * _OVERLAP + _SLACK
        while left and len(seen) <= _LISTS:
            at, group = left.pop()
            if at in seen or at + 2 > len(self._data):
                continue
            seen.add(at)
            count = min(self._number(self._data[at : at + 2]), _ENTRIES)
            for start in range(at + 2, min(at + 2 + 12 * count, len(self._data) - 11), 12):
                entry = self._entry(start, group)
                room -= len(entry.value)
                if room < 0:
                    raise ValueError("tags that share their bytes")
                if entry.tag in _DIRECTORIES:
                    offsets = [entry.value[n : n + 4] for n in range(0, len(entry.value), 4)]
                    left += [(self._number(offset), entry.tag) for offset in offsets]
                else:
                    yield entry
            left.append((self._long(at + 2 + 12 * count), group))

    def _entry(self, at: int, group: int) -> Entry:
        tag, kind = self._number(self._data[at : at + 2]), self._number(self._data[at + 2 : at + 4])
        length = self._long(at + 4) * _SIZES.get(kind, 0)
        start = at + 8 if length <= 4 else self._long(at + 8)
        return Entry(group, tag, kind, self._data[start : start + length])

    def _place(self) -> str:
        """Latitude and longitude in degrees, "35.36060, 138.72740"."""
        gps = {entry.tag: entry.value for entry in self.entries if entry.group == _GPS}
        both = [self._degrees(gps.get(2, b""), gps.get(1, b"")), self._degrees(gps.get(4, b""), gps.get(3, b""))]
        return ", ".join(f"{value:.5f}" for value in both if value is not None) if None not in both else ""

    def _degrees(self, value: bytes, side: bytes) -> float | None:
        if len(value) != 24:
            return None
        parts = [self._number(value[n : n + 4]) for n in range(0, 24, 4)]
        if not all(parts[1::2]):
            return None
        degrees = parts[0] / parts[1] + parts[2] / parts[3] / 60 + parts[4] / parts[5] / 3600
        return -degrees if side[:1] in {b"S", b"W"} else degrees

    def _long(self, at: int) -> int:
        return self._number(self._data[at : at + 4])

    def _number(self, field: bytes) -> int:
        return int.from_bytes(field, self._order)


def text(value: bytes) -> str:
    """A string of unknown encoding: UTF-8, else as Japanese Windows writes."""
    for codec in ("utf-8", "cp932"):
        try:
            return value.rstrip(b"\0 ").decode(codec)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def _decoded(value: bytes, codec: str) -> str:
    return text(value) if codec == "utf-8" else value.decode(codec, "replace").rstrip("\0 ")


def _utf16(value: bytes) -> str:
    """In the byte order that gives more letters: writers do not keep to that of the file."""
    both = [value.decode(codec, "replace").rstrip("\0 ") for codec in ("utf-16-le", "utf-16-be")]
    return max(both, key=lambda read: len(_USUAL.findall(read)))
