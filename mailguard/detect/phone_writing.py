"""Rare writings of phone numbers made common, character by character: 〇九〇ー一二三四, 090・1234・5678, Tel.03-, x123.

In: folded text. Out: text of the same length, so that spans stay true; links become blanks: no number in them is a phone.
"""

import re
from functools import partial

_ZERO, _FIGURE = "〇零○", "〇零○一二三四五六七八九"
_KANJI = str.maketrans(_FIGURE + "ー・", "000123456789--")
_LARGER = _FIGURE + "十百千万"
# A number in kanji opens with its zero: 〇九〇ー一二三四ー五六七八.
_KANJI_NUMBER = re.compile(
    rf"(?<![{_LARGER}])\(?[{_ZERO}][{_FIGURE}](?:[-ー() ・]{{0,2}}[{_FIGURE}]){{8,9}}(?![{_LARGER}])"
)
_SEPARATED = re.compile(
    r"(?<![-0-9A-Za-z_/.])(?:\+81[・~〜_/一])?0?[0-9]{1,4}(?P<mark>[・~〜_/一])[0-9]{2,4}(?P=mark)[0-9]{4}(?![-0-9A-Za-z_/])"
)
_MARK = str.maketrans("・~〜_/一", "------")
# What stands against a number and is none of it: another number, Tel., an extension, square brackets.
_NEXT = re.compile(r"(?:(?<=[-) .][0-9]{4})|(?<=0[0-9]{9})|(?<=0[0-9]{10}))[/・](?=\(?\+?0)")
_LABEL = re.compile(r"(?:(?<=tel)|(?<=fax)|(?<=no)|(?<=phone))\.(?=[0-9(])", re.IGNORECASE)
_EXTENSION = re.compile(r"(?<=[0-9]{4})(?:ext|x)(?=[. ]{0,2}[0-9]{1,5}(?![0-9]))", re.IGNORECASE)
_BRACKETS = str.maketrans("[]〔〕", "()()")
_LINK = re.compile(r"(?:https?://|www\.)[!-'*-;=?-~]{1,2000}")
_RARE = re.compile(
    rf"[{_ZERO}][{_FIGURE}ー]|[0-9][・~〜_/一]|[\[〔]0|(?:tel|fax|no|phone)\.|[0-9](?:ext|x)|://|www\.", re.IGNORECASE
)


def plain(text: str) -> str:
    """The same text, as long as before, with phones in common writing."""
    if _RARE.search(text) is None:
        return text
    text = _LINK.sub(_blank, text)
    text = _KANJI_NUMBER.sub(partial(_written, _KANJI), text)
    text = _SEPARATED.sub(partial(_written, _MARK), text.translate(_BRACKETS))
    text = _NEXT.sub(",", text)
    text = _LABEL.sub(" ", text)
    return _EXTENSION.sub(_parted, text)


def _parted(match: "re.Match[str]") -> str:
    return ";" * len(match[0])


def _blank(match: "re.Match[str]") -> str:
    return " " * len(match[0])


def _written(table: dict[int, int], match: "re.Match[str]") -> str:
    return match[0].translate(table)
