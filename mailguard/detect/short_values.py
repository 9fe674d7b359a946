"""Kinds whose values are short words or figures: sex, age, school grade. Alone they say little; their header decides.

In: folded text or cells. Out: spans only where a keyword stands in front (性別：女性).
"""

import re
from collections.abc import Iterator

from mailguard.detect.patterns import Patterns
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span
from mailguard.model import Kind

_SURE = {
    Kind.SEX: re.compile(
        "男|女|男性|女性|男子|女子|男の子|女の子|おとこ|おんな|オトコ|オンナ|male|female|男児|女児", re.IGNORECASE
    ),
    Kind.AGE: re.compile(r"満?(?:1[0-2]\d|\d{1,2}) ?[歳才](?:\d{1,2}[かヶヵカ]?月)?"),
    Kind.GRADE: re.compile(
        r"(?:小学?校?|中学?校?|高校?|高等学校|大学?|幼稚園|保育園|専門学校|高専|短大|院) ?(?:[1-6一二三四五六]|第[1-6一二三四五六])(?: ?年生?| ?回生)?|新?(?:小|中|高|大|修|博|幼|[MDBJKH])[1-6]"
        r"|年[長中少](?:児|組)?|未就学児?|未就園児?|園児|[1-6一二三四五六]年生|新[1-6一二三四五六]年生?|[0-5]歳児(?:クラス)?|既卒|社会人|浪人生?|小学生|中学生|高校生|大学生|大学院生"
    ),
}
_UNDER_HEADER = {
    Kind.SEX: re.compile("[MFmf0129♂♀]|不明|その他|無回答|回答しない|other|unknown|未回答", re.IGNORECASE),
    Kind.AGE: re.compile(r"(?:1[0-2]\d|\d{1,2})(?:\.0)?"),
    Kind.GRADE: re.compile(r"[1-9一二三四五六](?: ?年)?(?: ?[1-9A-Z] ?組)?|1[0-2]|[1-9]\.0|[1-9]-[1-9A-Z]"),
}
# Each begins with a set of characters, which `re` looks for far faster than for words.
_NEEDS = {
    Kind.SEX: "[性sSgG](?:(?<=性)別|(?<=[sS])(?i:ex)|(?<=[gG])(?i:ender))",
    Kind.AGE: "[齢満aA](?:(?<=[齢満])|(?<=[aA])(?i:ge))",
    Kind.GRADE: "[学gG](?:(?<=学)年|(?<=[gG])(?i:rade))",
}


class ShortValue:
    """Detector of sex, age or grade, whichever the rules are of."""

    def __init__(self, rules: KindRules) -> None:
        self.kind = rules.kind
        self._patterns = Patterns(rules, _NEEDS[rules.kind])
        self._sure, self._under_header = _SURE[rules.kind], _UNDER_HEADER[rules.kind]

    def find(self, text: str) -> Iterator[Span]:
        """Values behind their keyword."""
        return self._patterns.find(text)

    def cell(self, value: str) -> float:
        """0.9 says it by itself, 0.4 only under its header."""
        if len(value) > 12:
            return 0.0
        return 0.9 if self._sure.fullmatch(value) else (0.4 if self._under_header.fullmatch(value) else 0.0)
