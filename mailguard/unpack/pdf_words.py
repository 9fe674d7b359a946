"""The words of a PDF page with their places, by PDFium's text page.

In: a page. Out: its characters, and the words among them with boxes as a reader sees the page, the origin at the top left.
Never renders anything.
"""

import ctypes
import re
from collections.abc import Callable
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from mailguard.unpack.pdf_fonts import Fonts

_WORD = re.compile(r"\S+")
_SAMPLE = 200  # characters of a page that are asked whether their font says what they are
_NAME = 256  # bytes of a font's name


@dataclass(frozen=True, slots=True)
class Word:
    """Characters from `start` to `end` of the page; points, y grows downwards. height: of one character."""

    start: int
    end: int
    left: float
    right: float
    middle: float
    height: float


@dataclass(frozen=True, slots=True)
class Words:
    """characters: a surrogate pair is two. drawn_gap: whether the blank behind a word was written, not only left free."""

    characters: str
    words: list[Word]
    unmapped: float
    drawn_gap: Callable[[Word], bool]


def read(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, fonts: Fonts) -> Words:
    """All words; those that run up or down the page, which no table has, stand in `characters` only."""
    characters, unmapped = _mapped(textpage, _characters(textpage), fonts)
    turn = page.get_rotation()
    words = []
    for match in _WORD.finditer(characters):
        word = _word(textpage, match.start(), match.end(), turn)
        if word is not None:
            words.append(word)

    def drawn_gap(word: Word) -> bool:
        return bool(pdfium.FPDFText_IsGenerated(textpage, word.end) == 0)

    return Words(characters, words, unmapped, drawn_gap)


def whole(characters: str) -> str:
    """As text: surrogate pairs joined, hyphens at line ends that PDFium marks taken out."""
    if any("\ud800" <= char <= "\udfff" for char in characters):
        characters = characters.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return characters.replace("\r\n", "\n").replace("\ufffe", "").replace("\x02", "")


def _characters(textpage: pypdfium2.PdfTextPage) -> str:
    """One character per index of PDFium, whose text as a whole leaves some out."""
    count = textpage.count_chars()
    text = str(textpage.get_text_range())
    if len(text) == count:
        return text
    return "".join(chr(pdfium.FPDFText_GetUnicode(textpage, index) & 0xFFFF) for index in range(count))


def _mapped(textpage: pypdfium2.PdfTextPage, characters: str, fonts: Fonts) -> tuple[str, float]:
    """The characters, and the share of the letters of which nothing says what they are: PDFium then gives their codes."""
    asked = range(0, len(characters), max(len(characters) // _SAMPLE, 1))
    if not any(pdfium.FPDFText_HasUnicodeMapError(textpage, index) == 1 for index in asked):
        return characters, 0.0
    out = list(characters)
    errors = 0
    for index, character in enumerate(characters):
        if pdfium.FPDFText_HasUnicodeMapError(textpage, index) == 1:
            found = fonts.character(_font(textpage, index), ord(character))
            out[index] = found or character
            errors += not found
    return "".join(out), errors / max(len("".join(characters.split())), 1)


def _font(textpage: pypdfium2.PdfTextPage, index: int) -> str:
    """The name of the font of a character, "" for a Type 3 font."""
    font = pdfium.FPDFTextObj_GetFont(pdfium.FPDFText_GetTextObject(textpage, index))
    buffer = ctypes.create_string_buffer(_NAME)
    size = pdfium.FPDFFont_GetBaseFontName(font, buffer, _NAME) if font else 0
    return buffer.value.decode("utf-8", "replace") if 0 < size <= _NAME else ""


def _word(textpage: pypdfium2.PdfTextPage, start: int, end: int, turn: int) -> Word | None:
    first, last = _box(textpage, start, turn), _box(textpage, end - 1, turn)
    if first is None or last is None:
        return None
    left, right = min(first[0], last[0]), max(first[2], last[2])
    top, bottom = min(first[1], last[1]), max(first[3], last[3])
    height = first[3] - first[1]
    if height <= 0 or bottom - top > 1.9 * height:
        return None
    return Word(start, end, left, right, (top + bottom) / 2, height)


def _box(textpage: pypdfium2.PdfTextPage, index: int, turn: int) -> tuple[float, float, float, float] | None:
    rect = pdfium.FS_RECTF()
    if not pdfium.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(rect)):
        return None
    if turn == 0:
        return rect.left, -rect.top, rect.right, -rect.bottom
    x, y = _turned(rect.left, rect.top, turn)
    other_x, other_y = _turned(rect.right, rect.bottom, turn)
    return min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y)


def _turned(x: float, y: float, turn: int) -> tuple[float, float]:
    """A point of the page as it is shown (PDF 32000-1 §7.7.3.3, Rotate), y downwards."""
    if turn == 90:
        return y, x
    return (-x, y) if turn == 180 else (-y, -x)
