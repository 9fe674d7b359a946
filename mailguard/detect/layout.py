"""What a table looks like once its columns are decided: columns with their meaning, and what is left over.

Made by `columns`, read by `table`. Cells are folded, one a data row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailguard.model import Kind

VOTERS = 300  # distinct cells asked, spread over the column
HALF = 0.5  # a cell that is at least so sure counts


@dataclass(frozen=True, slots=True)
class Column:
    """One meaningful column. cells: folded values, one a data row. piece: full | family | given.

    staff: by its header; several: a cell may list given names (ひなた・律).
    """

    index: int
    kind: Kind
    title: str
    cells: tuple[str, ...]
    role: str = ""
    piece: str = "full"
    organisation: bool = False
    confidence: float = 1.0
    staff: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """first: index of the first data row; columns in order; free: index and folded cells of columns that mean nothing.

    organisations: rows are about companies or shops; beside_organisations: a column names companies; unsure: data rows that may be about nobody.
    """

    first: int
    titles: tuple[str, ...]
    columns: tuple[Column, ...]
    free: tuple[tuple[int, tuple[str, ...]], ...]
    organisations: bool = False
    beside_organisations: bool = False
    unsure: frozenset[int] = frozenset()

    def title(self, index: int) -> str:
        """How people find a column: by its header, else by its number from 1."""
        return self.titles[index].strip() or str(index + 1)


def voters_of(values: Sequence[str]) -> list[str]:
    """Distinct cells that are asked for the whole column."""
    distinct = list(dict.fromkeys(value for value in values if value))
    step = max(1, len(distinct) // VOTERS)
    return distinct[::step][:VOTERS]


def share(cell: Callable[[str], float], voters: Sequence[str]) -> float:
    """The share of cells that `cell` is sure of; 0 of none."""
    return sum(cell(value) >= HALF for value in voters) / len(voters) if voters else 0.0
