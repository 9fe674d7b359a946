"""Writing of which every letter stands apart: with a blank behind it, or on a line of its own (as RFC 3676 lets a mail break its lines).

In: a text. Out: the same letters together, if that makes telephone numbers of them; a heading with wide letters makes none.
"""

import re
from collections.abc import Iterator

from mailguard.unpack import writing

_RUN = re.compile(r"\S([ \u3000]?\r?\n|[ \u3000])(?:.\1){40,}.?", re.DOTALL)
# Each begins with a sign that is quick to look for.
_SIGNS = (
    re.compile(r" \S \S \S \S "),
    re.compile("\u3000\\S\u3000\\S\u3000\\S"),
    re.compile(r"\n.[ \u3000]?\r?\n.[ \u3000]?\r?\n."),
)
_MOST = 1_000


def texts(text: str) -> Iterator[str]:
    """Each stretch of such letters."""
    if not any(sign.search(text) for sign in _SIGNS):
        return
    for number, match in enumerate(_RUN.finditer(text)):
        if number >= _MOST:
            return
        joined = match[0][:: 1 + len(match[1])]
        if writing.number(joined):
            yield joined
