"""E-mail addresses, next to kana too, with docomo dots, IDN and [at] writings. Never judged by whether the host exists."""

import re
from collections.abc import Iterator

import regex

from mailguard.detect.patterns import Patterns
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

PLAIN = re.compile(
    r"(?:mailto:)?<?[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}(?<!/)@(?![0-9]x\.)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{1,59})>?"
)
_NAMED = regex.compile(r"[^@<>]{1,60}+<[^@<> ]{1,64}+@[^@<> ]{3,190}+>")
_SIGNS = "@☆★■●◎*#%&!~◆◇△▲□○※"
# What stands for the @ in every address. It begins with a set of characters, which `re` looks for far faster than for words.
AT = re.compile(rf"[{_SIGNS}aAアあ](?:(?<=[{_SIGNS}])|(?<=[aA])[tT]|(?<=ア)ット|(?<=あ)っと)")


class Email:
    """Detector of e-mail addresses."""

    kind = Kind.EMAIL

    def __init__(self, rules: KindRules) -> None:
        self._patterns = Patterns(
            rules, rf"[{_SIGNS}][ \])>}}】]{{0,2}}[^\s]|(?i:[\[({{<_ 【]a(?:t[\])}}>_ 】]|\)))|アット|あっと"
        )

    def find(self, text: str) -> Iterator[Span]:
        """E-mail addresses in text."""
        return self._patterns.find(text)

    def cell(self, value: str) -> float:
        """0.98 for one address; 0.9 for other writings and 名前 <address>."""
        if "@" in value and PLAIN.fullmatch(value):
            return 0.98
        if len(value) > 254 or AT.search(value) is None:
            return 0.0
        if _NAMED.fullmatch(value):
            return 0.9
        spans = list(self._patterns.find(value))
        return 0.9 if spans and sum(span.end - span.start for span in spans) >= 0.7 * len(value) else 0.0
