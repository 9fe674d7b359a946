"""All entries at one moment, as sorted digests: 16 bytes an entry, whatever it named.

In: blocks of digests, each with a scope. Out: whether a recipient is on the list. Never changes.
"""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from mailguard.digest import SIZE
from mailguard.stoplist.scope import Scope, Sender


class _Digests(Sequence[bytes]):
    """The digests of a block, as `bisect` wants them."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // SIZE

    def __getitem__(self, place: int) -> bytes:  # type: ignore[override]  # nobody asks for slices
        return self._data[place * SIZE : (place + 1) * SIZE]


@dataclass(frozen=True, slots=True)
class Block:
    """Entries of one scope; `data` is their digests, sorted, one behind the other."""

    scope: Scope
    data: bytes

    @classmethod
    def of(cls, scope: Scope, keys: Iterable[bytes]) -> Self:
        """Entries in any order; the same one twice is one."""
        return cls(scope, b"".join(sorted(set(keys))))

    def __len__(self) -> int:
        return len(self.data) // SIZE

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, bytes):
            return False
        digests = _Digests(self.data)
        place = bisect.bisect_left(digests, key)
        return place < len(digests) and digests[place] == key


@dataclass(frozen=True, slots=True)
class StopList:
    """`never`: sources whose mail no entry is about, whatever it says (invoices)."""

    blocks: tuple[Block, ...] = ()
    never: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return sum(map(len, self.blocks))

    def names(self, keys: Sequence[bytes], sender: Sender, *, in_doubt: bool = False) -> bool:
        """Whether a recipient with these keys gets nothing from this sender; in_doubt: the answer where From is not known."""
        if sender.declared and self.never & sender.sources:
            return False
        return any(
            any(key in block for key in keys)
            for block in self.blocks
            if (covered := block.scope.covers(sender)) or (covered is None and in_doubt)
        )
