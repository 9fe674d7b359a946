"""Cells that are plainly of a kind, and cells that plainly are not, each told by one expression; only the rest must be asked.

In: folded cells. Out: the share of them of which the kind's own `cell` is sure. `surely`: whoever matches is; `perhaps`: nobody
else can be.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import filterfalse
from types import MappingProxyType

from mailguard.detect import birth_date, email, numbers, phone, postal_code
from mailguard.detect.layout import HALF, share
from mailguard.model import Kind

Look = Callable[[str], "re.Match[str] | None"]
_ASKED_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Plain:
    """What a cell of a kind is looked through for; None where that is not known."""

    surely: Look | None = None
    perhaps: Look | None = None


PLAIN: Mapping[Kind, Plain] = MappingProxyType(
    {
        Kind.EMAIL: Plain(email.PLAIN.fullmatch, email.AT.search),
        Kind.PHONE: Plain(phone.PLAIN.fullmatch, phone.PERHAPS.search),
        Kind.POSTAL_CODE: Plain(postal_code.PLAIN.fullmatch, postal_code.PERHAPS.fullmatch),
        Kind.MY_NUMBER: Plain(perhaps=numbers.SHAPES[Kind.MY_NUMBER].fullmatch),
        Kind.CARD: Plain(perhaps=numbers.SHAPES[Kind.CARD].fullmatch),
        Kind.BIRTH_DATE: Plain(birth_date.PLAIN.fullmatch),
    }
)


def exactly(kind: Kind, cell: Callable[[str], float], voters: Sequence[str]) -> float:
    """The share that `cell` is sure of; 0 of none."""
    if kind not in PLAIN or not voters:
        return share(cell, voters)
    sure, rest = _parted(PLAIN[kind], voters)
    return (sure + sum(cell(value) >= HALF for value in rest)) / len(voters)


def at_most(kind: Kind, cell: Callable[[str], float], voters: Sequence[str], least: float = HALF) -> float:
    """The same; 0 as soon as it is known to be less than so much."""
    hits, rest = _parted(PLAIN.get(kind, Plain()), voters)
    for start in range(0, len(rest), _ASKED_TOGETHER):
        if (hits + len(rest) - start) / len(voters) < least:
            return 0.0
        hits += sum(cell(value) >= HALF for value in rest[start : start + _ASKED_TOGETHER])
    return found if (found := hits / len(voters)) >= least else 0.0


def _parted(plain: Plain, voters: Sequence[str]) -> tuple[int, Sequence[str]]:
    """(how many are surely of the kind, those that may be)."""
    rest = voters if plain.surely is None else list(filterfalse(plain.surely, voters))
    sure = len(voters) - len(rest)
    return sure, rest if plain.perhaps is None else list(filter(plain.perhaps, rest))
