"""What a worker remembers, bounded in bytes and not only in entries: one mail may carry a paragraph of a megabyte.

In: keys, values and what each weighs. Out: the value while it is remembered. The least recently asked for go first.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_SHARE = 16  # what alone would take more than this part of the memory is not kept


class Memory(Generic[K, V]):
    """At most `limit` bytes of values."""

    def __init__(self, limit: int) -> None:
        self.weight = 0
        self._limit = limit
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """The value, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int) -> V:
        """Remember `value`, unless it is too heavy; gives it back."""
        if weight * _SHARE <= self._limit and key not in self._kept:
            self._kept[key] = value, weight
            self.weight += weight
            while self.weight > self._limit:
                _, (_, gone) = self._kept.popitem(last=False)
                self.weight -= gone
        return value
