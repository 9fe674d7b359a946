"""Japanese phone numbers: fixed, mobile, IP, toll-free, +81, with any separator or none, in kanji too.

In: folded text or cells. Out: spans; rule `phone.toll_free` marks numbers that only organisations have.
Validity by the numbering plan is a score: 090-0000-0000 is still a number someone wrote down. Short numbers (110) are none.
"""

import re
from collections.abc import Iterator

from mailguard import normal
from mailguard.detect import checks
from mailguard.detect.long_text import LONG, stretches
from mailguard.detect.patterns import AFTER, BEFORE, Patterns
from mailguard.detect.phone_writing import plain
from mailguard.detect.ruleset import KindRules
from mailguard.detect.span import Span, moved
from mailguard.model import Kind

_NEEDS = r"[0-9][-0-9(). ・~〜_/一]{7}|[〇零○][〇零○一二三四五六七八九ー]"
# What every number begins with, in whatever writing: 0 or +81, and eight figures close behind it. It begins with a set of
# characters, which `re` looks for far faster than for several beginnings.
_POSSIBLE = re.compile(
    r"[0+〇零○](?:(?<=0)(?<![0-9]0)|(?<=\+)81|(?<=[〇零○]))(?=[-. ()\[\]〔〕・~〜_/ー\d〇零○一二三四五六七八九]{8})"
    r"(?:[-. ()\[\]〔〕・~_/ー]{0,5}[\d〇零○一二三四五六七八九]){8}"
)
# A cell that is one by itself; with links, blanks may become part of a number.
PERHAPS = re.compile(rf"{_POSSIBLE.pattern}|://|www\.", re.IGNORECASE)
# Ten or eleven figures with a hyphen or two are written as a phone, whatever the numbering plan says of them.
PLAIN = re.compile(
    "(?:(?=0(?:[25-9]0|800))(?=(?:[0-9]-?){11}\\Z)|(?!0(?:[25-9]0|800))(?=(?:[0-9]-?){10}\\Z))"
    "0[0-9]{1,3}(?:[0-9]?-[0-9]{1,4}-[0-9]{3,5}|-[0-9]{5,8})"
)
_WORDS = "(?:電話|携帯|自宅|勤務先|会社|実家|代表|直通|日中|夜間|緊急|父親?|母親?|本人|tel|telephone|phone|mobile|cell|fax|t|m)"
_BEFORE = rf"[☎℡]? ?\(?{_WORDS}(?:電話|携帯|番号)?\)?[.: ]*|[☎℡] ?"
_BEHIND = r" ?\((?:内(?:線)?[ :]{0,2}[0-9]{1,5}|[^()0-9]{1,6})\)| ?内線[ :]{0,2}[0-9]{1,5}| ?(?:#|\(内\)|ext|x|;{1,3})[. ]{0,2}[0-9]{1,5}"
_CELL = re.compile(
    rf"(?:{_BEFORE})?(?P<number>\(?\+?[0-9(][-0-9(). ]{{7,22}}?[0-9])(?:{_BEHIND})?(?:\.0)?", re.IGNORECASE
)
_SEPARATED = re.compile(
    r"0[0-9]{1,4} ?[-.( ] ?[0-9]{1,4} ?[-.) ] ?[0-9]{3,5}|\(0[0-9]{1,4}\) ?[0-9]{1,4}[- .]?[0-9]{4}|0[5-9]0-?[0-9]{4}-?[0-9]{4}"
    r"|0[0-9]{1,3}-[0-9]{5,8}|\(0(?:120|570)\) ?[0-9]{3}-?[0-9]{3}"
)
_INTERNATIONAL = re.compile(r"\(?(?:\+|0(?:10|0|01)[- ]?)81\)?[-. ]{0,2}(?:\(0\))?[-. (]{0,3}[0-9][-0-9. ()]{7,14}")
_LONG = re.compile(r"\(?0(?:[25-9]0|800)")  # mobile, IP and some free numbers have 11 figures
_FIGURES = re.compile("[0-9]+")
_LOST_AND_DASHED = re.compile("[1-9][0-9]{0,3}-[0-9]{1,4}-[0-9]{4}")
_NEXT = re.compile(r" ?[/、,;・\n] ?| +(?=\(?\+?0[0-9]{1,4}-)")
_TOLL_FREE = re.compile(r"0120[0-9]{6}|0800[0-9]{7}|0(?:570|990)[0-9]{6}|00(?:77|88)[0-9]{6,9}|1[0-9]{2}|[79]1[0-9]{2}")
# What an office numbers: No. 06-2023-0012, 許可番号 第06-2023-0012号. 電話No. and 問合せ番号 are no such words.
_NUMBERED = re.compile(
    r"(?:(?<![a-z電話携帯])(?<!tel )(?<!tel\.)(?<!fax )(?<!phone )no\.?|№|第|(?:許可|受付|予約|認可|認定|登録|届出|免許|証書|文書|注文|受注|発注|伝票|管理|整理|製造|製品|商品|契約|請求書?|見積書?|案件|特許|出願|資産|図面|シリアル|証明書?|議案|事件|ロット)(?:番号|no\.?|コード)|(?:lot|serial|order) ?(?:no\.?|number)?)[ :#(]{0,3}第?$",
    re.IGNORECASE,
)
_LOST = 0.4  # only under a phone header
_LONGEST = 48
_MOST = 3  # numbers that a cell may list


def toll_free(number: str) -> bool:
    """Whether a number is free of charge, shared by a firm, or short (110, #7119): an organisation's, never a person's."""
    figures = checks.digits(number)
    return _TOLL_FREE.fullmatch(figures) is not None or _TOLL_FREE.fullmatch(normal.phone(number)) is not None


class Phone:
    """Detector of phone numbers."""

    kind = Kind.PHONE

    def __init__(self, rules: KindRules) -> None:
        self._patterns = Patterns(rules, r"[0-9][-0-9(). ]{7}")
        self._needs = re.compile(_NEEDS)

    def find(self, text: str) -> Iterator[Span]:
        """Phone numbers in text."""
        if len(text) <= LONG:
            yield from self._found(text)
            return
        for start, end in stretches(_POSSIBLE, text, BEFORE, AFTER):
            yield from (moved(span, start) for span in self._found(text[start:end]))

    def _found(self, text: str) -> Iterator[Span]:
        if self._needs.search(text) is None:
            return
        text = plain(text)
        for span in self._patterns.find(text):
            numbered = span.rule == "phone.fixed" and _NUMBERED.search(text, max(0, span.start - BEFORE), span.start)
            if not numbered:
                yield span

    def cell(self, value: str) -> float:
        """0.9 valid and written as a phone, 0.7 written so; 0.4 figures that lost their 0 in a sheet. Of several the least."""
        if len(value) < 9 or len(value) > _LONGEST:
            return 0.0
        text = plain(value)
        sure = _one(text)
        if sure or len(text) < 20:
            return sure
        parts = _NEXT.split(text)
        return min(map(_one, parts)) if 2 <= len(parts) <= _MOST else 0.0


def _one(text: str) -> float:
    match = _CELL.fullmatch(text)
    if match is None:
        return 0.0
    number = match["number"]
    if _FIGURES.fullmatch(number):
        return _bare(number)
    if _SEPARATED.fullmatch(number):
        return _separated(number)
    if _LOST_AND_DASHED.fullmatch(number):
        return _LOST if checks.phone("0" + number) else 0.0
    return 0.9 if _INTERNATIONAL.fullmatch(number) and checks.phone(number) else 0.0


def _separated(number: str) -> float:
    figures = checks.digits(number)
    if len(figures) != (11 if _LONG.match(number) else 10):
        return 0.0
    return 0.95 if checks.phone(number) else 0.7


def _bare(number: str) -> float:
    size = len(number)
    if number.startswith("00") and number.strip("0"):
        return 0.0  # 0000000017 is numbered on
    if number[0] == "0" and size in {10, 11}:
        if size == 11 and number[2] != "0" and not number.startswith("0800"):
            return 0.0
        return 0.8 if checks.phone(number) else _LOST
    if size in {9, 10} and number[0] != "0":
        return _LOST if checks.phone("0" + number) or number[1:] == "0" * (size - 1) else 0.1
    if size in {11, 12} and number.startswith("81"):
        return _LOST if checks.phone("0" + number[2:]) else 0.0
    return 0.0
