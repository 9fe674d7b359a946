"""Many values as one text, U+001F between them, so that one pass changes them all.

In: values. Out: their text, folded and without spaces as `normal` does it; what is rare is looked for before it is replaced.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from mailguard import normal
from mailguard.detect.places import Alphabet, any_of

UNIT = "\x1f"  # U+001F stands between values
_SPACE, _VARIANT = 1, 2
# What `\s` means but for the blank and U+001F; NFKC makes blanks of some of it.
_WHITE = "\t\n\v\f\r\x1c\x1d\x1e\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_SPACES = re.compile(f"[{_WHITE}]+")
_RARE = Alphabet({_SPACE: _WHITE, _VARIANT: "".join(map(chr, normal.VARIANTS))})


def folded(values: Sequence[str]) -> str:
    """`normal.fold` of each, without spaces."""
    text, rare = _compatible(values)
    return text.translate(normal.VARIANTS) if rare & _VARIANT else text


def compatible(values: Sequence[str]) -> str:
    """NFKC of each, without spaces."""
    return _compatible(values)[0]


def _compatible(values: Sequence[str]) -> tuple[str, int]:
    text = unicodedata.normalize("NFKC", UNIT.join(values)).replace(" ", "")
    rare = any_of(_RARE.sorts(text))
    return _SPACES.sub("", text) if rare & _SPACE else text, rare


def each(one: Callable[[str], str], values: Sequence[str], text: str) -> list[str]:
    """The values of a joined text, or each by itself when a value held what stands between them."""
    found = text.split(UNIT)
    return found if len(found) == len(values) else [one(value) for value in values]
