"""What a table looks like once its columns are decided: columns with their meaning, and what is left over.

Made by `columns`, read by `table`. Cells are folded, one a data row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailguard.detect.categorical import Categorical
from mailguard.model import Kind

HALF = 0.5  # a cell that is at least so sure counts
LOST_ZERO = 0.4  # how sure figures are that may be a phone without its 0


@dataclass(frozen=True, slots=True)
class Column:
    """One meaningful column. cells: folded values, one a data row. piece: full | family | given.

    staff: by its header; several: a cell may list given names (ひなた・律).
    """

    index: int
    kind: Kind
    title: str
    cells: Categorical
    role: str = ""
    piece: str = "full"
    organisation: bool = False
    confidence: float = 1.0
    staff: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """first: index of the first data row; columns in order; free: index and folded cells of columns that mean nothing.

    organisations: rows are about companies or shops; beside_organisations: a column names companies;
    shops: each row is about one of its own, and all contacts are theirs; unsure: data rows that may be about nobody.
    """

    first: int
    titles: tuple[str, ...]
    columns: tuple[Column, ...]
    free: tuple[tuple[int, Categorical], ...]
    organisations: bool = False
    beside_organisations: bool = False
    shops: bool = False
    unsure: frozenset[int] = frozenset()

    def title(self, index: int) -> str:
        """How people find a column: by its header, else by its number from 1."""
        return self.titles[index].strip() or str(index + 1)


_KNOWN = 512  # votes remembered: the same list comes again, and columns of sex and grade in every list
_SHORT = 12_000  # characters of voters whose vote is remembered


def share(cell: Callable[[str], float], voters: Sequence[str]) -> float:
    """The share of cells that `cell` is sure of; 0 of none."""
    if isinstance(voters, tuple) and sum(map(len, voters)) <= _SHORT:
        return _known_share(cell, voters)
    return _share(cell, voters)


def _share(cell: Callable[[str], float], voters: Sequence[str]) -> float:
    return sum(cell(value) >= HALF for value in voters) / len(voters) if voters else 0.0


_known_share = lru_cache(_KNOWN)(_share)
