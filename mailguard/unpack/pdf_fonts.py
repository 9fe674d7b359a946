"""What the codes of a PDF's fonts stand for, where PDFium does not know it and gives the codes themselves.

In: the fonts of a file, as pikepdf has them. Out: the character of a code, by what the font says of itself: a ToUnicode that names
the codes Unicode (PDF 32000-1 §9.10.3 asks for a stream; PDFium knows no other), or the names of its glyphs (Adobe Glyph List).
Fonts go by their name, Type 3 fonts by "": where two of one name do not agree, nobody knows.
"""

import re
import unicodedata
from collections import defaultdict

import pikepdf
from fontTools import agl

_SUBSET = re.compile(r"\A[A-Z]{6}\+")
_NUMBERED = re.compile(r"[A-Za-z]([0-9A-Fa-f]{2,3})")
_IDENTITY = ("/Identity-H", "/Identity-V")
_CODES = 256  # of a font that is no Type 0
_FIRST = 0x20  # below it are no letters in any encoding
_FEW = 3  # numbers that follow each other by chance
_LIGATURES = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFB00, 0xFB07)}


class _Unicode(dict[int, str]):
    """The font of which the codes are Unicode."""

    def __missing__(self, code: int) -> str:
        return chr(code)


class _Unknown(dict[int, str]):
    """A font that is said nothing of."""

    def __missing__(self, code: int) -> str:
        return ""


class Fonts:
    """All fonts of a file."""

    def __init__(self) -> None:
        self._known: dict[str, list[dict[int, str]]] = defaultdict(list)

    def add(self, font: pikepdf.Dictionary | pikepdf.Stream) -> None:
        """One more; what is no font says nothing."""
        kind = font.get("/Subtype")
        codes: dict[int, str]
        if kind == "/Type0":
            codes = _Unicode() if _says_unicode(font) else _Unknown()
            names = {_name(font), *(_name(below) for below in _descendants(font))}
        elif kind == "/Type3":
            codes, names = _named(font), {""}
        elif kind in ("/Type1", "/MMType1", "/TrueType"):
            codes, names = _Unknown(_named(font)), {_name(font)}
        else:
            return
        for name in names:
            self._known[name].append(codes)

    def character(self, font: str, code: int) -> str:
        """One character, "" where it is not known. A Type 3 font without this code says nothing of it."""
        said = set()
        for codes in self._known[_SUBSET.sub("", font)]:
            if isinstance(codes, _Unicode | _Unknown) or code in codes:
                said.add(codes[code])
        return said.pop() if len(said) == 1 else ""


def _name(font: pikepdf.Dictionary | pikepdf.Stream) -> str:
    return _SUBSET.sub("", _spelled(font.get("/BaseFont")))


def _spelled(name: object) -> str:
    """Without its slash; "?" where it is not UTF-8, as names of Japanese fonts in cp932 are: PDFium gives no such name."""
    try:
        return str(name or "").removeprefix("/")
    except UnicodeDecodeError:
        return "?"


def _descendants(font: pikepdf.Dictionary | pikepdf.Stream) -> list[pikepdf.Dictionary]:
    below = font.get("/DescendantFonts")
    return [one for one in below if isinstance(one, pikepdf.Dictionary)] if isinstance(below, pikepdf.Array) else []


def _says_unicode(font: pikepdf.Dictionary | pikepdf.Stream) -> bool:
    """Whether its ToUnicode names the codes Unicode, and they are not the numbers of glyphs (§9.7.4.2)."""
    if font.get("/ToUnicode") not in _IDENTITY:
        return False
    mapped = any(isinstance(below.get("/CIDToGIDMap"), pikepdf.Stream) for below in _descendants(font))
    return mapped or isinstance(font.get("/Encoding"), pikepdf.Stream)


def _named(font: pikepdf.Dictionary | pikepdf.Stream) -> dict[int, str]:
    """Characters by code, "" where the name of the glyph tells none (§9.6.6.1)."""
    encoding = font.get("/Encoding")
    differences = encoding.get("/Differences") if isinstance(encoding, pikepdf.Dictionary) else None
    names: dict[int, str] = {}
    code = 0
    items: list[object] = list(differences) if isinstance(differences, pikepdf.Array) else []
    for item in items[: 2 * _CODES]:
        if isinstance(item, pikepdf.Name):
            names[code] = _spelled(item)
            code += 1
        elif isinstance(item, int):
            code = item
    codes = {code for code, name in names.items() if _number(name) == code or _hex(name) == code}
    spelled = codes if _written(codes) else set()
    return {code: chr(code) if code in spelled else _glyph(name) for code, name in names.items() if name != ".notdef"}


def _written(codes: set[int]) -> bool:
    """Whether glyphs that are named by their codes are those of a text: not numbered one after the other."""
    return len(codes) <= _FEW or max(codes) - min(codes) >= len(codes)


def _number(name: str) -> int:
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match and match[1].isdecimal() else -1


def _hex(name: str) -> int:
    match = _NUMBERED.fullmatch(name)
    return int(match[1], 16) if match else -1


def _glyph(name: str) -> str:
    if len(name) == 1 and name > " ":
        return name
    found = agl.toUnicode(name)
    return found if len(found) == 1 else _LIGATURES.get(found, "")
