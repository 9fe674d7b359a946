"""Tables of a PDF put together over its pages.

In: the tables page by page. Out: each as rows; one that goes on has the same columns at the same places, and its header, which
comes again on each page, once.
"""

from collections.abc import Iterator

from mailguard.unpack.budget import Budget
from mailguard.unpack.pdf_layout import Grid


class Tables:
    """`all`: those found so far."""

    def __init__(self, budget: Budget) -> None:
        self.all: list[list[list[str]]] = []
        self._budget = budget
        self._last: tuple[int, Grid] | None = None

    def add(self, page: int, grids: list[Grid]) -> None:
        """The tables of the next page, from top to bottom."""
        for number, grid in enumerate(grids):
            self._budget.spend_cells(sum(map(len, grid.rows)))
            if number == 0 and self._last and self._last[0] == page - 1 and _goes_on(self._last[1], grid):
                header = self.all[-1][0]
                self.all[-1] += grid.rows[1:] if grid.rows[0] == header else grid.rows
            else:
                self.all.append(list(grid.rows))
            self._last = (page, grid)

    def cells(self) -> Iterator[str]:
        """Every cell."""
        for rows in self.all:
            for row in rows:
                yield from row


def _goes_on(before: Grid, grid: Grid) -> bool:
    if len(before.columns) != len(grid.columns):
        return False
    both = zip(before.columns, grid.columns, strict=True)
    return all(old[0] < new[1] and new[0] < old[1] for old, new in both)
