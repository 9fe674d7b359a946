"""Tables of which only the ends of cells and rows are marked (doc, rtf).

In: marks and text as they come. Out: the calls of a `Flow`, each opened table, row and cell closed once.
"""

from mailguard.unpack.flow import Flow


class Cells:
    """Where in a table the paragraphs are: only the ends of cells and rows are marked."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._table = self._row = self._cell = False

    def begin_cell(self) -> None:
        """Text follows."""
        if not self._table:
            self._flow.open_table()
        if not self._row:
            self._flow.open_row()
        if not self._cell:
            self._flow.open_cell()
        self._table = self._row = self._cell = True

    def end_cell(self) -> None:
        """The mark of a cell."""
        if self._cell:
            self._flow.close_cell()
        self._cell = False

    def end_row(self) -> None:
        """The mark of a row."""
        self.end_cell()
        if self._row:
            self._flow.close_row()
        self._row = False

    def end_table(self) -> None:
        """Text outside of tables follows, or nothing."""
        self.end_row()
        if self._table:
            self._flow.close_table()
        self._table = False
