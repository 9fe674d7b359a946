"""One notation for matching, with the way back to the original.

In: any string, lone surrogates included. Out: `Folded`, whose spans map to code points of the original.
NFKC per character (half-width kana join their voice mark), one dash, common kanji forms; characters that nobody sees
(zero width, soft hyphen, direction marks) are dropped. Plain text costs one search.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mailguard.normal import VARIANTS

# What NFKC leaves as it is and what joins nothing to its left.
_STABLE = "\x00-\x7f\u3001-\u3035\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fff"
_JOINING = "\uff9e\uff9f\u3099\u309a\u0300-\u036f"
# Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties): readers show nothing for them.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_DROPPED = re.compile(f"[{_UNSEEN}]+")
# Unseen characters belong to the one before; at the very start to the one after.
_UNSTABLE = re.compile(rf"\A[{_UNSEEN}]+.?[^{_STABLE}]*|.?[^{_STABLE}]+", re.DOTALL)
_CLUSTER = re.compile(
    rf"[{_UNSEEN}]*+[^{_JOINING}{_UNSEEN}][{_JOINING}{_UNSEEN}]*|[{_UNSEEN}]*+.[{_UNSEEN}]*|[{_UNSEEN}]+", re.DOTALL
)
_DASHES = "‐‑‒–—―−─━➖﹣－⁃˗⸺"
_ONE_TO_ONE = {ord(dash): "-" for dash in _DASHES} | {ord("·"): "・"} | dict(VARIANTS.items())
_REPLACED = re.compile("[" + "".join(map(chr, _ONE_TO_ONE)) + "]")
# The long vowel mark is a dash only between figures: 090ー1234ー5678.
_LONG_MARK = re.compile(r"(?<=[0-9)]) ?ー ?(?=[0-9(])")


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` as matched. `shifts`: where lengths differ, as (start, end) in `text` and (start, end) in the original."""

    text: str
    shifts: tuple[tuple[int, int, int, int], ...] = ()

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that `text[start:end]` came from; a cluster that is touched counts whole."""
        if not self.shifts:
            return start, end
        return self._back(start, 0), self._back(end, 1) if end > start else self._back(start, 0)

    def _back(self, position: int, side: int) -> int:
        # For an end, the cluster that the last character lies in decides.
        index = bisect_right(self.shifts, (position - side, len(self.text) + 1)) - 1
        if index < 0:
            return position
        start, end, old_start, old_end = self.shifts[index]
        if start <= position - side < end:
            return old_end if side else old_start
        return old_end + position - end


@lru_cache(maxsize=4096)
def _nfkc(cluster: str) -> str:
    return unicodedata.normalize("NFKC", _DROPPED.sub("", cluster))


def fold(original: str) -> Folded:
    """The folded form of a text."""
    if original.isascii():
        return Folded(original)
    pieces: list[str] = []
    shifts: list[tuple[int, int, int, int]] = []
    done = length = 0
    for match in _UNSTABLE.finditer(original):
        start, end = match.span()
        pieces.append(original[done:start])
        length += start - done
        for cluster in _CLUSTER.finditer(original, start, end):
            new = _nfkc(cluster[0])
            if len(new) != len(cluster[0]):
                shifts.append((length, length + len(new), *cluster.span()))
            pieces.append(new)
            length += len(new)
        done = end
    pieces.append(original[done:])
    text = "".join(pieces) if done else original
    return Folded(_unified(text), tuple(shifts))


def _unified(text: str) -> str:
    if _REPLACED.search(text):
        text = _REPLACED.sub(lambda match: _ONE_TO_ONE[ord(match[0])], text)
    if "ー" in text:
        text = _LONG_MARK.sub(lambda match: match[0].replace("ー", "-"), text)
    return text


def fold_cell(value: str) -> str:
    """A table cell as `Detector.cell` wants it: folded and stripped."""
    folded = value.strip() if value.isascii() else fold(value).text.strip()
    return _unquoted(folded) if folded[:1] in _TEXT_MARKS else folded


# How a CSV keeps a spreadsheet from dropping a zero: ="0901234567" and '0901234567; and what stands around a whole cell:
# "佐藤 花子" behind a comma and a blank, 【佐藤 花子】.
_TEXT_MARKS = ("=", "'", '"', "[", "【", "「", "『", "<", "《", "〈")
_AS_TEXT = re.compile(
    r"=?\"([^\"]*)\"|'(?=[0-9+(])([^']+)|\[([^\[\]]*)\]|【([^【】]*)】|「([^「」]*)」|『([^『』]*)』|<([^<>]*)>|《([^《》]*)》|〈([^〈〉]*)〉"
)
_QUOTES = "=＝'＇\"＂[［【「『<＜《〈"
_QUOTED = re.compile(rf"(?:^|\x1f)\s*[{re.escape(_QUOTES)}]")


def _unquoted(value: str) -> str:
    match = _AS_TEXT.fullmatch(value)
    return value if match is None else (match[match.lastindex or 0]).strip()


_UNIT = "\x1f"  # U+001F stands between cells; a cell that holds it is folded by itself


def fold_all(values: Sequence[str]) -> list[str]:
    """Many cells at once, each as `fold_cell` gives it; one pass over the whole column."""
    joined = _UNIT.join(values)
    if joined.isascii():
        folded = list(map(str.strip, values))
    else:
        text = _folded_text(joined)
        pieces = values if text == joined and joined.count(_UNIT) < len(values) else text.split(_UNIT)
        if len(pieces) != len(values):
            return [fold_cell(value) for value in values]
        folded = list(map(str.strip, pieces))
    quoted = any(mark in joined for mark in _QUOTES) and _QUOTED.search(joined)
    return list(map(_unquoted, folded)) if quoted else folded


def _folded_text(text: str) -> str:
    """`fold(text).text`: where no character joins another, each of them folds by itself wherever it stands."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    odd = list(map(chr, np.unique(points[_ODD[np.minimum(points, _BEYOND)]]).tolist()))
    if any(_BOUND.match(char) for char in odd):
        return fold(text).text
    for char in odd:
        text = text.replace(char, _unified(_nfkc(char)))
    return _LONG_MARK.sub(lambda match: match[0].replace("ー", "-"), text) if _MAY_BE_DASH.search(text) else text


# What folding may change, and what it does not take by itself. (A voice mark alone is bound too.)
_MAY_BE_DASH = re.compile("ー ?[0-9(]")
_BEYOND = 0xA000  # nothing from here on stays as it is
_ODD = np.ones(_BEYOND + 1, bool)
_ODD[[ord(match[0]) for match in re.finditer(f"[{_STABLE}]", "".join(map(chr, range(_BEYOND))))]] = False
_ODD[[code for code in _ONE_TO_ONE if code < _BEYOND]] = True
_BOUND = re.compile(f"[{_JOINING}{_UNSEEN}]")
