"""Postal codes with and without 〒 and hyphen; whether Japan Post has the code is a score."""

import re
from collections.abc import Iterator

from mailguard.detect import checks
from mailguard.detect.patterns import Patterns
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

_CELL = re.compile(r"(〒 ?)?([0-9]{3})( ?- ?)?([0-9]{3,4})(?:\.0)?")


class PostalCode:
    """Detector of postal codes."""

    kind = Kind.POSTAL_CODE

    def __init__(self, rules: KindRules) -> None:
        self._patterns = Patterns(rules, r"[0-9]{3} ?-? ?[0-9]{4}")

    def find(self, text: str) -> Iterator[Span]:
        """Postal codes in text."""
        return self._patterns.find(text)

    def cell(self, value: str) -> float:
        """0.95 in use and hyphened, 0.6 hyphened or seven figures in use; 0.4 unknown figures and those that lost their 0."""
        match = _CELL.fullmatch(value)
        if match is None:
            return 0.0
        mark, head, hyphen, tail = match.groups()
        if len(tail) == 3:
            return 0.0 if mark or hyphen else (0.4 if checks.postal_code("0" + head + tail) else 0.1)
        exists = checks.postal_code(head + tail)
        if mark or hyphen:
            return 0.95 if exists else 0.6
        return 0.6 if exists else 0.4
