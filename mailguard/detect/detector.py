"""What every detector of one kind offers. All are built once from the rules and keep no state between calls.

In: folded text (`folding.fold`). Out: spans in that text, or how sure one table cell is.
"""

from collections.abc import Iterator
from typing import Protocol

from mailguard.detect.span import Span
from mailguard.model import Kind


class Detector(Protocol):
    """One kind of personal data."""

    @property
    def kind(self) -> Kind:
        """The kind of every span that `find` yields."""
        ...

    def find(self, text: str) -> Iterator[Span]:
        """Spans in running text, in order of their start; they may overlap those of other kinds."""
        ...

    def cell(self, value: str) -> float:
        """How sure a whole cell, folded and stripped, is of this kind: 0 no, 0.4 only under its header, 0.9 by itself."""
        ...
