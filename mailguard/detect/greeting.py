"""Whom a text speaks to: a line that is a name and 様 or 殿 and nothing else.

In: folded lines. Out: the stretch of the name in such a line. 「皆様」 and 「ご担当者様」 are nobody; 「山田様の件」 is no greeting.
"""

from collections.abc import Sequence

import regex

from mailguard.detect.blocks import Line
from mailguard.detect.mask import hides
from mailguard.detect.stand_ins import nobody

FIRST_LINES = 8  # a greeting stands at the top
_LINE = regex.compile(
    r"^\s*(?P<name>[\p{Han}\p{Hiragana}\p{Katakana}々ー・]{1,9}(?: [\p{Han}\p{Hiragana}\p{Katakana}々ー・]{1,9})?) ?(?:様|さま|殿)[\s、。,!]*$"
)
_END = regex.compile(r"\s*(?:様|さま|殿)[\s、。,!]*$")
_NOBODY = regex.compile(
    r"(?:お客|皆|みな|各位|会員|担当|関係|保護者|取引先|患者|家族|オーナー|ユーザー?|読者|利用者|組合員|社員|生徒|学生|株主|購入者|申込者|参加者|受講者"
    r"|ご担当|代理店|加盟店|店長|部長|課長|社長|先生|御中|会社|組合|法人|事務局|商店|病院|学校|どちら|何|その他|ご来場|上|下記|神|仏|お一人|一人|名)(?:者|員|の方|方|の)?$"
)


def literal_name(line: Line) -> tuple[int, int] | None:
    """(start, end) in the text of the name in a line that is 「X 様」 alone, known to a dictionary or not."""
    match = _LINE.match(line.text)
    if match is None or _NOBODY.search(match["name"]) or nobody(match["name"]) or hides(match["name"]):
        return None
    return line.start + match.start("name"), line.start + match.end("name")


def greets(line: Line, name_end: int) -> bool:
    """Whether 様 or 殿 stands behind a name, and then the line ends."""
    return _END.match(line.text, name_end - line.start) is not None


def greeting_line(lines: Sequence[Line], greeted: Sequence[int]) -> int | None:
    """The number of the one line that greets: among the first lines, and no list of 様. greeted: lines that end in 様."""
    top = [line.number for line in lines if line.text.strip()][:FIRST_LINES]
    found = [number for number in greeted if number in top]
    return found[0] if len(found) == 1 and len(set(greeted)) <= 2 else None
