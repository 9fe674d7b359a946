"""Normal forms of many postal addresses at once: what `normal.address` gives for each.

In: folded and stripped cells. Out: their normal forms in order. Each step is tried only where its first character stands.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np

from mailguard import normal
from mailguard.detect.joined import UNIT, folded
from mailguard.detect.places import Alphabet, Places, Sorts, any_of, behind, substituted

_PREFECTURES = frozenset(normal.PREFECTURES)
_END = f"(?={UNIT}|\\Z)"
_KANJI_NUMBER = re.compile(f"[〇一二三四五六七八九十百]+(?:(?=丁目|番|号|条|線|の|ノ|-)|{_END})")
# These begin with a set of characters, which `re` looks for far faster than for words.
_BLOCK_WORD = re.compile(
    "[丁番号ノの](?:(?:(?<=丁)目|(?<=番)(?:地の?|町?(?=[0-9])|)|(?<=号)室?|(?<=[ノの]))(?=[0-9])"
    f"|(?:(?<=丁)目|(?<=番)地?|(?<=号)室?){_END})"
)
_LAST_WORD = re.compile(f"[番号](?<=[0-9].)(?:(?<=番)地|)(?=[^-0-9号室線棟館地町{UNIT}])")
_FLOOR = re.compile(f"階(?<=[0-9].)(?:{_END}|(?=[^建]))")
_ROOM = re.compile(
    "[-#rn](?:"
    f"(?<=[^0-9{UNIT}].)(?:(?<=[-#])|(?<=r)(?:oom|m\\.?)|(?<=n)o\\.?)(?:[-#]|room|rm\\.?|no\\.?)*(?=[0-9])"
    "|(?<=[0-9].)(?:(?<=-)(?:#|room|rm\\.?)|(?<=#)|(?<=r)(?:oom|m\\.?))(?=[0-9]))"
)


_FIGURE = re.compile(r"\d")
_FIGURES = "".join(filter(str.isdecimal, map(chr, range(0x10000))))
_BREAK, _DECIMAL, _DIGIT, _DASH, _KANJI, _WORD, _AFTER_WORD, _CLOSED, _STOREY, _SIGN, _HYPHEN = (
    1 << bit for bit in range(11)
)
_SORTS = Alphabet(
    {
        _BREAK: UNIT,
        _DECIMAL: _FIGURES,
        _DIGIT: "0123456789",
        _DASH: normal.DASHES,
        _KANJI: "〇一二三四五六七八九十百",
        _WORD: "丁番号ノの",
        _AFTER_WORD: "目地町室",
        _CLOSED: f"-0123456789号室線棟館町{UNIT}",
        _STOREY: "階",
        _SIGN: "#rn",
        _HYPHEN: "-",
    }
)


def addresses(values: Sequence[str]) -> list[str]:
    """`normal.address` of each."""
    found = folded(values).split(UNIT)
    if len(found) != len(values):
        return [normal.address(value) for value in values]
    local, bare = _hyphened(UNIT + UNIT.join(_local(found)))
    text = _Text(local)
    text.replace(_KANJI_NUMBER, normal.arabic, _kanji_numbers)
    text.replace(_BLOCK_WORD, lambda _: "-", _block_words)
    text.replace(_LAST_WORD, lambda _: "", _last_words)
    text.casefold()
    text.replace(_ROOM, _parted, _room_words)
    text.replace(_FLOOR, lambda _: "f", lambda sorts: np.flatnonzero(sorts & _STOREY))
    found = text.text[1:].split(UNIT)
    if "-" in text.text:
        found = [value.strip("-") for value in found]
    for at in bare:
        found[at] = normal.address(values[at])
    return found


class _Text:
    """A text with the sorts of its characters, which are looked up again only when it has changed."""

    def __init__(self, text: str) -> None:
        self.text, self._sorts = text, _SORTS.sorts(text)

    def replace(
        self,
        pattern: "re.Pattern[str]",
        replacement: Callable[["re.Match[str]"], str],
        places: Callable[[Sorts], Places],
    ) -> None:
        self._become(substituted(pattern, replacement, self.text, places(self._sorts)))

    def casefold(self) -> None:
        self._become(self.text.casefold())

    def _become(self, text: str) -> None:
        if text != self.text:
            self.text, self._sorts = text, _SORTS.sorts(text)


def _hyphened(text: str) -> tuple[str, list[int]]:
    """(with hyphens for dashes; the values without a figure, which are left out: no dash is one there, as in メゾン)."""
    sorts = _SORTS.sorts(text)
    if not any_of(sorts) & _DASH:
        return text, []
    figures = np.logical_or.reduceat(sorts & _DECIMAL, np.flatnonzero(sorts & _BREAK))
    local = text[1:].split(UNIT)
    bare = [at for at in np.flatnonzero(~figures).tolist() if not _FIGURE.search(local[at])]
    for at in bare:
        local[at] = ""
    text = UNIT + UNIT.join(local) if bare else text
    for dash in normal.DASHES:
        text = text.replace(dash, "-")
    return text, bare


def _kanji_numbers(sorts: Sorts) -> Places:
    """Where a run of figures begins, if a word, a hyphen or the end of a value stands behind any figure."""
    found = sorts & _KANJI
    found[1:] &= ~found[:-1]
    return np.flatnonzero(found)


def _block_words(sorts: Sorts) -> Places:
    """Behind a word stands a figure or the end of a value, or another part of the word does and they stand behind that."""
    next_, then = behind(sorts, 1, _BREAK), behind(sorts, 2, _BREAK)
    last = (next_ & (_DIGIT | _BREAK)) != 0
    longer = ((next_ & _AFTER_WORD) != 0) & ((then & (_DIGIT | _BREAK | _WORD)) != 0)
    return np.flatnonzero(((sorts & _WORD) != 0) & (last | longer))


def _last_words(sorts: Sorts) -> Places:
    """Behind a figure, and not before what goes on with the number."""
    found = ((sorts & _WORD) != 0) & ((behind(sorts, 1, _BREAK) & _CLOSED) == 0)
    found[1:] &= (sorts[:-1] & _DIGIT) != 0
    return np.flatnonzero(found)


def _room_words(sorts: Sorts) -> Places:
    """A hyphen between figures is one of a house number; one before a letter or kana is none of a room."""
    next_ = behind(sorts, 1, _BREAK)
    hyphens = (sorts & _HYPHEN) != 0
    hyphens[1:] &= ((sorts[:-1] & _DIGIT) == 0) | ((next_[1:] & _DIGIT) == 0)
    return np.flatnonzero(((sorts & _SIGN) != 0) | (hyphens & ((next_ & (_DIGIT | _SIGN | _HYPHEN)) != 0)))


def _parted(match: "re.Match[str]") -> str:
    """What stands before the number of a room: nothing, but between two numbers."""
    return "-" if match.string[match.start() - 1].isdigit() else ""


def _local(values: Sequence[str]) -> list[str]:
    """Each without its prefecture, unless it is nothing else."""
    return [
        (value[3:] or value)
        if value[:3] in _PREFECTURES
        else (value[4:] or value)
        if value[:4] in _PREFECTURES
        else value
        for value in values
    ]
