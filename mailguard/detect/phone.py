"""Japanese phone numbers: fixed, mobile, IP, toll-free, +81, with any separator or none.

In: folded text or cells. Out: spans; rule `phone.toll_free` marks numbers that only organisations have.
Validity by the numbering plan is a score: 090-0000-0000 is still a number someone wrote down. Short numbers (110) are none.
"""

import re
from collections.abc import Iterator

from mailguard.detect import checks
from mailguard.detect.patterns import Patterns
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

_CELL = re.compile(
    r"(?:(?:tel|phone|電話|携帯|fax)[.: ]*)?(\+?[0-9(][-0-9(). ]{7,19}[0-9])(?: ?(?:\((?:代表?|内線 ?\d+)\)|内線 ?\d{1,5}|ext\.? ?\d{1,5}))?",
    re.IGNORECASE,
)
_SEPARATED = re.compile(
    r"0\d{1,4} ?[-.( ] ?\d{1,4} ?[-.) ] ?\d{3,5}|\(0\d{1,4}\) ?\d{1,4}[- .]?\d{4}|0[5-9]0-?\d{4}-?\d{4}|0120-?\d{6}|0\d{1,3}-\d{5,8}"
)
_INTERNATIONAL = re.compile(r"(?:\+|0(?:10|0|01)[- ]?)81[-. ]?(?:\(0\))?[-. (]*[0-9][-0-9. ()]{7,13}")
_PLAIN = re.compile(r"[0-9]+")
_LOST = 0.4  # only under a phone header


class Phone:
    """Detector of phone numbers."""

    kind = Kind.PHONE

    def __init__(self, rules: KindRules) -> None:
        self._patterns = Patterns(rules, r"[0-9][-0-9(). ]{7}")

    def find(self, text: str) -> Iterator[Span]:
        """Phone numbers in text."""
        return self._patterns.find(text)

    def cell(self, value: str) -> float:
        """0.9 valid and written as a phone, 0.7 written so; 0.4 figures that lost their 0 in a sheet."""
        if len(value) < 9 or len(value) > 32:
            return 0.0
        match = _CELL.fullmatch(value)
        if match is None:
            return 0.0
        number = match[1]
        if _PLAIN.fullmatch(number.removesuffix(".0")):
            return _plain(number.removesuffix(".0"))
        if _SEPARATED.fullmatch(number):
            figures = len(checks.digits(number))
            if not (
                10 <= figures <= 11 and (figures == 10 or number.lstrip("(")[2] == "0" or number.startswith("0800"))
            ):
                return 0.0
            return 0.95 if checks.phone(number) else 0.7
        return 0.9 if _INTERNATIONAL.fullmatch(number) and checks.phone(number) else 0.0


def _plain(number: str) -> float:
    size = len(number)
    if number[0] == "0" and size in {10, 11}:
        if size == 11 and number[2] != "0" and not number.startswith("0800"):
            return 0.0
        return 0.8 if checks.phone(number) else _LOST
    if size in {9, 10} and number[0] != "0":
        return _LOST if checks.phone("0" + number) or number[1:] == "0" * (size - 1) else 0.1
    if size in {11, 12} and number.startswith("81"):
        return _LOST if checks.phone("0" + number[2:]) else 0.0
    return 0.0
