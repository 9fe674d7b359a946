"""What an office numbers (伝票番号, 許可番号, No.) looks like phones and postal codes.

In: a kind that the cells under such a header voted for, and the cells. Out: whether they are that kind all the same.
"""

import re
from collections.abc import Sequence

from mailguard.detect.layout import HALF, share
from mailguard.model import Kind

_FIGURES = frozenset({Kind.PHONE, Kind.POSTAL_CODE, Kind.MY_NUMBER, Kind.CARD})
MEMBERS = frozenset({Kind.MEMBER_NUMBER, Kind.EMPLOYEE_NUMBER})  # a header of these is believed, too
_MOBILE = re.compile("0[6-9]0[0-9]{8}")
_YEAR = re.compile("[0-9]{2,4}-(?:19|20)[0-9]{2}-[0-9]{3,5}")
_NEARLY_ALL = 0.9


def as_written(kind: Kind, voters: Sequence[str]) -> bool:
    """Whether they are so by their hyphens, unless these part a year, or nearly all of them are mobile phones."""
    if kind not in _FIGURES:
        return True
    if any("-" in value or "(" in value for value in voters):
        return share(_of_a_year, voters) < HALF
    return kind is Kind.PHONE and share(_mobile, voters) >= _NEARLY_ALL


def _of_a_year(value: str) -> float:
    """06-2023-0012."""
    return float(_YEAR.fullmatch(value) is not None)


def _mobile(value: str) -> float:
    return float(_MOBILE.fullmatch(value) is not None)
