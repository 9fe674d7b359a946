"""What in a text may be the password of a file: what stands at a word such as パスワード, then whatever looks like one.

In: subject, body or another text of a mail. Out: candidates, the likeliest first, and whether the text speaks of a password at
all. They are for trying only: nothing here may reach a log, an error or a result.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

MOST: Final = 50
"""Candidates of one mail."""

_LONGEST = 64
_LOOK = 20_000  # characters of one text
_SHORT = 2_000  # characters of a mail that may be nothing but a password
_NEXT = 3  # lines after the word that are looked at
_MARKS = "()[]{}<>「」『』【】〈〉《》“”‘’\"'`"

# Looked for in every text of every mail, before anything is folded: as they are written, wide and narrow.
_NEEDLES = (
    "パスワード", "ﾊﾟｽ", "ぱすわーど", "パスコード", "パス：", "暗証", "解凍", "復号", "合言葉", "先ほど", "先程", "別送", "別便", "pass",
    "pw", "ｐｗ", "ｐａｓｓ", "zip",
)  # fmt: skip
_WORD = re.compile(
    r"パスワード|ぱすわーど|パスコード|パス(?=[ :は=】\]」])|暗証(?:番号)?|暗号(?:キー)?|解凍(?:用)?(?:キー|コード|鍵)?|復号(?:キー|鍵)?"
    r"|開封キー|合い?言葉|(?<![a-z])(?:pass(?:[ _-]?(?:word|code|phrase|key))?|pwd?)(?![a-z])",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"「([^「」\n]{1,64})」|『([^『』\n]{1,64})』|【([^【】\n]{1,64})】|\"([^\"\n]{1,64})\"|'([^'\n]{1,64})'"
)
_SAID = re.compile(r"[:=→⇒は]\s*")
_SAID_END = re.compile(r"[\s。、」』】]|です|でござ|となり|になり|にて|と致|といた")
_TOKEN = re.compile(r"[!-~]+")
_LIST = re.compile(r"^[\s\-=*_#>・■●○◆◇□※→⇒>*]+|[\s\-=*_#。]+$")
_LINK = re.compile(r"://|^www\.|^[^@]+@[^@]+\.[a-z]{2,}$", re.IGNORECASE)
_END = ".,;:)]}>\"'`"


def told(text: str) -> bool:
    """Whether the text may be about the password of a file."""
    low = text[:_LOOK].lower()
    return any(needle in low for needle in _NEEDLES)


def found(texts: Iterable[str]) -> tuple[str, ...]:
    """Candidates of all texts of a mail together, at most `MOST`."""
    folded = [unicodedata.normalize("NFKC", text[:_LOOK]) for text in texts]
    named = [word for text in folded for word in _named(text)]
    others = [word for text in folded if len(text) <= _SHORT for word in _others(text)]
    words = (word for word in (*named, *others) if 3 <= len(word) <= _LONGEST)
    return tuple(dict.fromkeys(words))[:MOST]


def _named(text: str) -> Iterator[str]:
    """On the line of a word that announces it, and on the lines below."""
    left = 0
    for line in text.splitlines():
        word = _WORD.search(line)
        if word:
            left = _NEXT
            yield from _on(line, line[word.end() :])
        elif left and line.strip():
            left -= 1
            yield from _below(line)


def _on(line: str, rest: str) -> Iterator[str]:
    for quoted in _QUOTED.finditer(line):
        yield next(filter(None, quoted.groups()), "").strip()
    for said in _SAID.finditer(rest[: 2 * _LONGEST]):
        value = rest[said.end() : said.end() + _LONGEST + 1].strip(_MARKS)
        yield _SAID_END.split(value, 1)[0]
    for token in _TOKEN.findall(line):
        if not _WORD.fullmatch(token):
            yield from _trimmed(token)


def _below(line: str) -> Iterator[str]:
    whole = _LIST.sub("", line)
    yield from _trimmed(line.strip())
    yield whole.strip(_MARKS).strip()
    for quoted in _QUOTED.finditer(line):
        yield next(filter(None, quoted.groups()), "").strip()
    for token in _TOKEN.findall(line):
        yield from _trimmed(token)


def _others(text: str) -> Iterator[str]:
    """Tokens of a short mail that no word announces."""
    for token in _TOKEN.findall(text):
        if 4 <= len(token) <= 32 and not token.isalpha() and any(map(str.isalnum, token)) and not _LINK.search(token):
            yield from _trimmed(token)


def _trimmed(token: str) -> Iterator[str]:
    """As it stands, without the marks around it, and what follows a colon: which of these belong to it nobody knows."""
    yield token
    yield token.rstrip(_END).lstrip("([{<\"'`")
    label, colon, value = token.partition(":")
    if colon and label.isalnum():
        yield value
