r"""Notations of programs for characters, undone: \u of JSON and JavaScript, \x of scripts and logs.

In: a text. Out: the same text with the characters themselves. Bytes of \x that follow each other are UTF-8.
"""

import re

_CHARACTER = re.compile(
    r"\\u(?:\{([0-9a-fA-F]{1,6})\}|([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|([0-9a-fA-F]{4}))"
)
_BYTES = re.compile(r"(?:\\x[0-9a-fA-F]{2}){2,}|\\x[0-7][0-9a-fA-F]")
_HALVES = range(0xD800, 0xE000)


def undone(text: str) -> str:
    """Both notations."""
    if "\\u" in text:
        text = _CHARACTER.sub(_character, text)
    if "\\x" in text:
        text = _BYTES.sub(_written, text)
    return text


def character(code: int) -> str:
    """The character of a code point, "" for what is none."""
    return "" if code in _HALVES or code > 0x10FFFF else chr(code)


def _character(match: re.Match[str]) -> str:
    if match[2]:
        return bytes.fromhex(match[2] + match[3]).decode("utf-16-be")
    return character(int(match[1] or match[4], 16)) or match[0]


def _written(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("\\x", "")).decode("utf-8", "replace")
