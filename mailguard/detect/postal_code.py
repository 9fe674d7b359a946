"""Postal codes with and without 〒 and hyphen, in kanji too; whether Japan Post has the code is a score."""

import re
from collections.abc import Iterator

from mailguard.detect import checks
from mailguard.detect.patterns import Patterns
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

_CELL = re.compile(r"(〒 ?)?([0-9]{3})( ?- ?)? ?([0-9]{3,4})(?:\.0)?")


_FIGURES = "〇零○一二三四五六七八九"
_ARABIC = str.maketrans(_FIGURES + "ー~〜の", "000123456789----")
_MARKED = re.compile(
    rf"(?:〒|郵便番号) ?:? ?[0-9{_FIGURES}]{{3}} ?[-ー~〜の]? ?[0-9{_FIGURES}]{{4}}(?![0-9{_FIGURES}])"
)
# Every code has seven figures, or six where a sheet lost its 0; with a hyphen it is written as one, in use or not.
PERHAPS = re.compile(rf"[〒 ]{{0,2}}[0-9{_FIGURES}]{{3}}[- ー~〜の]{{0,3}}[0-9{_FIGURES}]{{3,4}}(?:\.0)?")
PLAIN = re.compile("(?:〒 ?)?[0-9]{3} ?- ?[0-9]{4}")
_WRITTEN = re.compile(rf"(?:〒 ?)?[{_FIGURES}]{{3}}[-ーの]?[{_FIGURES}]{{4}}")


def plain(text: str) -> str:
    """The same text, as long as before, its marked postal codes in figures and hyphens: 〒一〇〇ー〇〇〇一, 〒100〜0001."""
    if "〒" not in text and "郵便番号" not in text:
        return text
    return _MARKED.sub(lambda match: match[0].translate(_ARABIC), text)


class PostalCode:
    """Detector of postal codes."""

    kind = Kind.POSTAL_CODE

    def __init__(self, rules: KindRules) -> None:
        self._patterns = Patterns(rules, r"[0-9]{3} ?-? ?[0-9]{4}")

    def find(self, text: str) -> Iterator[Span]:
        """Postal codes in text."""
        return self._patterns.find(plain(text))

    def cell(self, value: str) -> float:
        """0.95 in use and hyphened, 0.6 hyphened or seven figures in use; 0.5 in use without the 0 they lost; 0.4 unknown."""
        match = _CELL.fullmatch(value.translate(_ARABIC) if _WRITTEN.fullmatch(value) else plain(value))
        if match is None:
            return 0.0
        mark, head, hyphen, tail = match.groups()
        if len(tail) == 3:
            return 0.0 if mark or hyphen else (0.5 if checks.postal_code("0" + head + tail) else 0.1)
        exists = checks.postal_code(head + tail)
        if mark or hyphen:
            return 0.95 if exists else 0.6
        return 0.6 if exists else 0.4
