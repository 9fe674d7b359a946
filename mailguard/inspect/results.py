"""What workers found in pieces, kept by the parent for the workers that did not: opaque bytes, never decoded here.

In: results of pieces that the parent itself sent to the worker that answers. Out: the same for another worker. Bounded in
bytes; what was not asked for longest goes.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

_MOST_BYTES = 64 * 1024 * 1024
_READINGS = 4  # one piece under so many names
_VARIES = 3  # a piece that was sent in vain without its bytes so often comes with them


@dataclass(slots=True)
class _Entry:
    readings: OrderedDict[bytes, bytes] = field(default_factory=OrderedDict)
    size: int = 0
    misses: int = 0


class Results:
    """By piece key, then by scan key."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self.size = most_bytes, 0
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    def of(self, key: bytes) -> list[tuple[bytes, bytes]]:
        """(scan key, result) of each reading of a piece."""
        entry = self._entries.get(key)
        if entry is None:
            return []
        self._entries.move_to_end(key)
        return list(entry.readings.items())

    def varies(self, key: bytes) -> bool:
        """Whether the piece is read in a new way each time, under a new name for example."""
        entry = self._entries.get(key)
        return entry is not None and entry.misses >= _VARIES

    def missed(self, key: bytes) -> None:
        """A worker needed the bytes although it, or somebody, had read them before."""
        if entry := self._entries.get(key):
            entry.misses += 1

    def keep(self, key: bytes, scan_key: bytes, packed: bytes) -> None:
        """Remember one reading."""
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        self._resize(entry, len(packed) - len(entry.readings.pop(scan_key, b"")))
        entry.readings[scan_key] = packed
        if len(entry.readings) > _READINGS:
            self._resize(entry, -len(entry.readings.popitem(last=False)[1]))
        while self.size > self._most:
            self.size -= self._entries.popitem(last=False)[1].size

    def forget(self, key: bytes) -> None:
        """Drop all readings of a piece."""
        if entry := self._entries.pop(key, None):
            self.size -= entry.size

    def _resize(self, entry: _Entry, by: int) -> None:
        entry.size += by
        self.size += by
