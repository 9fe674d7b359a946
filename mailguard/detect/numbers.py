"""Numbers that need a header or keyword and a shape or check digit: member and employee numbers, and all high-risk numbers.

In: folded text or cells. Out: spans where the rule file's words stand near. A check digit alone proves nothing (10 % pass).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from mailguard.detect import checks
from mailguard.detect.patterns import Patterns
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

SHAPES: Mapping[Kind, "re.Pattern[str]"] = MappingProxyType(
    {
        Kind.MEMBER_NUMBER: re.compile(r"[A-Za-z]{0,6}[-_]?[0-9][0-9A-Za-z_-]{1,23}(?:\.0)?"),
        Kind.EMPLOYEE_NUMBER: re.compile(r"[A-Za-z]{0,4}[-_]?[0-9][0-9A-Za-z_-]{1,15}(?:\.0)?"),
        Kind.MY_NUMBER: re.compile(r"[0-9]{4}([- ]?)[0-9]{4}\1[0-9]{4}(?:\.0)?"),
        Kind.CARD: re.compile(
            r"[0-9]{14,19}|[0-9]{4}([- ])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|3[0-9]{3}[- ][0-9]{6}[- ][0-9]{4,5}"
        ),
        Kind.BANK_ACCOUNT: re.compile(
            r"[0-9]{6,8}(?:\.0)?|1[0-9]{4}-?[0-9]?[- ][0-9]{6,8}|.{2,20}(?:銀行|信用?金庫?|農協).{0,20}[0-9]{6,8}"
        ),
        Kind.LICENCE: re.compile(r"(?:第 ?)?[0-9]{12}(?: ?号)?"),
        Kind.PASSPORT: re.compile(r"[A-Za-z]{2} ?[0-9]{7}"),
        Kind.PENSION: re.compile(r"[0-9]{4}[- ]?[0-9]{6}"),
        Kind.INSURANCE: re.compile(
            r"[0-9]{5,10}|[0-9]{4}-?[0-9]{6}-?[0-9]|[^\s]{1,8}[-・ ][0-9]{1,8}(?:[-・ ][0-9]{1,4})?"
        ),
        Kind.RESIDENCE_CARD: re.compile(r"[A-Za-z]{2} ?[0-9]{8} ?[A-Za-z]{2}"),
    }
)
_CHECKS: Mapping[Kind, Callable[[str], bool]] = MappingProxyType({Kind.CARD: checks.card, Kind.LICENCE: checks.licence})
_DISTINCTIVE = {Kind.RESIDENCE_CARD: 0.9}  # a shape that nothing else has


class Number:
    """Detector of one kind of number."""

    def __init__(self, rules: KindRules) -> None:
        self.kind = rules.kind
        self._patterns = Patterns(rules)
        self._shape, self._check = SHAPES[rules.kind], _CHECKS.get(rules.kind)

    def find(self, text: str) -> Iterator[Span]:
        """Numbers with their keyword near, cards also by grouping and check digit."""
        return self._patterns.find(text)

    def cell(self, value: str) -> float:
        """0.4 the shape: only under its header; 0.6 a card or licence whose check digit holds; 0.9 a shape of its own."""
        if len(value) > 60 or self._shape.fullmatch(value) is None:
            return 0.0
        if self.kind is Kind.MY_NUMBER:
            # 9.9 % of any twelve figures pass: a share of a column that mailguard votes on, not one cell.
            return 0.5 if checks.my_number(value.removesuffix(".0")) else 0.1
        if self._check is not None:
            return 0.6 if self._check(value) else 0.3
        return _DISTINCTIVE.get(self.kind, 0.4)
