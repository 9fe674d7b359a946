"""What the source of a page says and the page does not: in comments, scripts, attributes, names of tags, whatever their notation.

In: the source, and the text that was read from it. Out: the pieces of the source with telephone numbers or e-mail addresses that the text
lacks, as lines; "" for fewer of them than asked for. Notations of HTML, URLs and JavaScript are undone, and lists of character codes.
"""

import html
import re
from urllib.parse import unquote

from mailguard.unpack import escapes, writing

_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠々]")
_LIST = 40  # such characters in one comment, or in all attributes: ten names; templates explain themselves in fewer
_BEFORE = re.compile(r"([^\x00-\x7f])[-_](?=[0+][0-9])")  # a name and a number made one word
_WITHIN = re.compile(r"(?<=[0-9])_(?=[0-9])")
_DOMAIN = re.compile(r"@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,20}")
_LOCAL = re.compile(r"[\w.+-]{1,64}\Z", re.ASCII)
_CODES = re.compile(r"(?:\d{2,6}[ \t\r\n]{0,3},[ \t\r\n]{0,3}){20,}\d{2,6}")
_PIECES = re.compile(r"[<>\r\n]+")
_JOINED = re.compile(r"""["'`]\s{0,20}\+\s{0,20}["'`]""")
_BASE64 = re.compile(r"""(?<=["'`])[A-Za-z0-9+/]{200,}={0,2}(?=["'`])""")
_MOST_STRINGS = 100
_LONGEST = 100_000  # characters of a piece that are read
_MOST = 20_000  # pieces that are read


def words(source: str, shown: str, least: int) -> str:
    """least: so many different numbers and addresses."""
    source = _plain(source)
    found = _told(source)
    if len(found) < least:
        return ""
    hidden = writing.untold(found - _told(shown), shown)
    if len(hidden) < least:
        return ""
    pieces = [piece[:_LONGEST].strip() for piece in _PIECES.split(source) if hidden & _told(piece)]
    return "\n".join(pieces[:_MOST])


def lists(words: str) -> bool:
    """Whether what no page shows is long enough for a list of names."""
    return not words.isascii() and len(_JAPANESE.findall(words)) >= _LIST


def packed(source: str) -> str:
    """Long strings of base64 in scripts, each in quotation marks on a line of its own."""
    if "<script" not in source.lower():
        return ""
    found = _BASE64.findall(_JOINED.sub("", source))
    return "\n".join(f'"{run}"' for run in found[:_MOST_STRINGS])


def _told(text: str) -> set[str]:
    found = set(writing.numbers(text))
    for domain in _DOMAIN.finditer(text) if "@" in text else ():
        local = _LOCAL.search(text, max(domain.start() - 64, 0), domain.start())
        if local:
            found.add(local[0] + domain[0])
    return found


def _plain(source: str) -> str:
    if "fromCharCode" in source or "fromCodePoint" in source or "<script" in source:
        source = _CODES.sub(_characters, source)
    source = escapes.undone(source)
    if source.count("%") >= escapes.PERCENTS:
        source = unquote(source, errors="replace")
    source = html.unescape(source) if "&" in source else source
    return _WITHIN.sub("-", _BEFORE.sub(r"\1 ", source))


def _characters(match: re.Match[str]) -> str:
    return "".join(escapes.character(int(code)) or "?" for code in match[0].split(","))
