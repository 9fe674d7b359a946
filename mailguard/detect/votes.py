"""Votes of the distinct cells of a column on what it holds. Only a share that can decide is told exactly.

In: what judges a cell of each kind, and the voters. Out: shares by kind. A kind that fewer than half vote for decides nothing, and
what every value of it needs (a figure, an @) is looked for in all voters at once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from mailguard.detect.email import AT
from mailguard.detect.layout import HALF
from mailguard.detect.plain_cells import at_most, exactly
from mailguard.model import Kind

Cells = Mapping[Kind, Callable[[str], float]]

_FIGURES = re.compile("[0-9]{3}")
_PHONE = re.compile("[0-9〇零○][^\n]{7}")
_FIGURE = re.compile("[0-9〇零○]")
_OF_FIGURES = frozenset({Kind.PHONE, Kind.POSTAL_CODE, Kind.MY_NUMBER, Kind.CARD})
_LETTER_OR_COMMA = re.compile("[^\0-\x7f]|,")
_GROUPS = re.compile("[0-9]{4}[- ]?[0-9]{4}")
_NEEDED: Mapping[Kind, re.Pattern[str]] = MappingProxyType(
    {
        Kind.EMAIL: AT,
        Kind.PHONE: _PHONE,
        Kind.POSTAL_CODE: _FIGURES,
        Kind.ADDRESS: _LETTER_OR_COMMA,
        Kind.MY_NUMBER: _GROUPS,
        Kind.CARD: _GROUPS,
    }
)


def votes(
    cells: Cells, asked: Sequence[Kind], exact: Kind | None, voters: Sequence[str], contest: float | None = None
) -> dict[Kind, float]:
    """The share that votes for each kind, in the order asked; 0 below one half, and behind a kind that all vote for, unless exact.

    contest: what another kind must reach to matter beside the exact one; 0 below it, or below the share of the exact one.
    """
    text = "\n".join(voters)
    found = dict.fromkeys(asked, 0.0)
    if exact in found:
        found[exact] = exactly(exact, cells[exact], voters)
    figures = _FIGURE.search(text) is not None
    least = HALF if contest is None else max(contest, found.get(exact, 0.0) if exact else 0.0)
    for kind in asked:
        if kind is not exact and 1.0 not in found.values() and _possible(kind, text, figures=figures):
            found[kind] = at_most(kind, cells[kind], voters, least)
    return found


def _possible(kind: Kind, text: str, *, figures: bool) -> bool:
    if kind in _OF_FIGURES and not figures:
        return False
    needed = _NEEDED.get(kind)
    return needed is None or needed.search(text) is not None
