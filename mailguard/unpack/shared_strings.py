"""Strings of a workbook that no cell shows (ECMA-376 part 1 §18.4): rows were deleted, and the program kept their words.

In: sharedStrings.xml, and the words of all cells. Out: the others. Furigana and runs of formatting are no strings of their own.
"""

import html
import re
from collections.abc import Set as AbstractSet

_STRING = re.compile(rb"<(?:\w+:)?si\b[^<>]*>(.*?)</(?:\w+:)?si>", re.DOTALL)
_READING = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_WORDS = re.compile(rb"<(?:\w+:)?t\b[^<>]*>([^<]*)<")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_SPACE = re.compile(r"\s+")


def unseen(strings: bytes, seen: AbstractSet[str]) -> list[str]:
    """In their order. seen: the words of cells, see `squeezed`."""
    found = dict.fromkeys(_words(match) for match in _STRING.findall(strings))
    return [words for words in found if squeezed(words) not in seen and words.strip()]


def squeezed(words: str) -> str:
    """Without blanks and controls, which readers treat in different ways."""
    return _SPACE.sub("", words)


def _words(string: bytes) -> str:
    if b"rPh" in string:
        string = _READING.sub(b"", string)
    text = html.unescape(b"".join(_WORDS.findall(string)).decode("utf-8", "replace"))
    return (
        _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] != "D800" else "", text) if "_x" in text else text
    )
