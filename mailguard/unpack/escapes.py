r"""Notations of programs for characters, undone: \u of JSON and JavaScript, \x of scripts and logs, % of addresses (RFC 3986).

In: a text. Out: the same text with the characters themselves. Bytes of \x that follow each other are UTF-8.
"""

import re
from urllib.parse import unquote_to_bytes

from mailguard.unpack import charset

_CHARACTER = re.compile(
    r"\\u(?:\{([0-9a-fA-F]{1,6})\}|([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|([0-9a-fA-F]{4}))"
)
_BYTES = re.compile(r"(?:\\x[0-9a-fA-F]{2}){2,}|\\x[0-7][0-9a-fA-F]")
PERCENTS = 20  # in a line; fewer write no list
_HALVES = range(0xD800, 0xE000)


def undone(text: str) -> str:
    """Both notations."""
    if "\\u" in text:
        text = _CHARACTER.sub(_character, text)
    if "\\x" in text:
        text = _BYTES.sub(_written, text)
    return text


def unquoted(text: str, *, links: bool) -> str:
    """Lines of many % are undone. links: those with an address of the web, too."""
    if text.count("%") < PERCENTS:
        return text
    return "\n".join(map(_unquoted, text.split("\n"), [links] * (text.count("\n") + 1)))


def _unquoted(line: str, links: bool) -> str:  # noqa: FBT001 - called by map
    if line.count("%") < PERCENTS or (not links and "://" in line):
        return line
    return charset.decode(unquote_to_bytes(line))


def character(code: int) -> str:
    """The character of a code point, "" for what is none."""
    return "" if code in _HALVES or code > 0x10FFFF else chr(code)


def _character(match: re.Match[str]) -> str:
    if match[2]:
        return bytes.fromhex(match[2] + match[3]).decode("utf-16-be")
    return character(int(match[1] or match[4], 16)) or match[0]


def _written(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("\\x", "")).decode("utf-8", "replace")
