"""A made-up matrix of encoded texts: encoding x length x characters of NEC and IBM x half-width kana.

In: a seed. Out: samples with the text that must come out. JIS and Microsoft give the same bytes of EUC-JP and ISO-2022-JP
different names (〜 and ～, JIS X 0221 annex); there the sample asks for those of JIS, as Python's codecs do.
"""

import codecs
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby, product
from random import Random

from mailguard.demo.people import households

GAIJI = (
    "髙橋",
    "﨑山",
    "濵田",
    "德永",
    "神﨑",
    "㈱みらい",
    "①",
    "№12",
    "℡",
    "㍻",
    "Ⅲ",
    "㈲",
    "～",
    "－",
    "∥",
    "纊",
    "彅",
    "瀨",
)
LENGTHS = (2, 4, 8, 20, 100, 1_000, 10_000)
"""Characters, about. 5 KB of ASCII with one name are a length of their own."""
ASCII_HEAVY = 5_000
_HOMES = households(200, 7)
_UNMARKED = 8  # fewer characters of UTF-16 without a mark may be ASCII as well
_JIS = str.maketrans("～－∥￠￡￢", "〜−‖¢£¬")


@dataclass(frozen=True, slots=True)
class Sample:
    """`data` must be read as `text`."""

    encoding: str
    length: int
    gaiji: bool
    kana: bool
    data: bytes
    text: str


def matrix(seed: int, rounds: int) -> Iterator[Sample]:
    """`rounds` samples for each place of the matrix."""
    rng = Random(seed)
    for encoding, length, gaiji, kana in product(ENCODINGS, (*LENGTHS, ASCII_HEAVY), (False, True), (False, True)):
        for _ in range(rounds):
            text = _text(rng, length, gaiji=gaiji, kana=kana)
            if encoding in {"euc-jp", "iso-2022-jp"}:
                text = text.translate(_JIS)
            if encoding in {"utf-16-le", "utf-16-be"} and length < _UNMARKED:
                continue
            yield Sample(encoding, length, gaiji, kana, ENCODINGS[encoding](text), text)


def _text(rng: Random, length: int, *, gaiji: bool, kana: bool) -> str:
    name = _word(rng, gaiji=gaiji, kana=kana)
    if length == ASCII_HEAVY:
        filler = "".join(f"{rng.randrange(10**9)},user{n}@example.com\r\n" for n in range(170))
        at = rng.randrange(len(filler))
        return filler[:at] + name + filler[at:]
    if length <= 8:
        return name[:length]
    text = "氏名,電話番号,住所\r\n" if length >= 100 else ""
    while len(text) < length:
        home = rng.choice(_HOMES)
        phone = home.phone if rng.random() < 0.8 else ""
        text += f"{name},{phone},{home.address}\r\n" if length >= 100 else f"{name} {home.address}\r\n"
        name = _word(rng, gaiji=gaiji, kana=kana)
    return text[:length]


def _word(rng: Random, *, gaiji: bool, kana: bool) -> str:
    who = rng.choice(_HOMES).guardian
    name = (rng.choice(GAIJI) if gaiji else who.family) + " " + who.given
    return name + "," + _half(who.kana) if kana and rng.random() < 0.7 else name


def _half(kana: str) -> str:
    return "".join(_HALF.get(char, char) for char in unicodedata.normalize("NFD", kana)).replace("\u3000", " ")


_HALF = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}
_HALF |= {"\u3099": "ﾞ", "\u309a": "ﾟ"}


def euc_jp(text: str) -> bytes:
    """With NEC row 13 and the rows NEC selected of IBM's, as `eucJP-ms` and `cp51932` have them."""
    return b"".join(_euc(char) for char in text)


def _euc(char: str) -> bytes:
    try:
        return char.encode("euc_jp")
    except UnicodeEncodeError:
        row, cell = _row(char)
        return bytes((row + 0xA0, cell + 0xA0))


def _row(char: str) -> tuple[int, int]:
    """Row and cell of a character that cp932 has beyond JIS X 0208."""
    lead, trail = char.encode("cp932")
    row = (lead - (0x81 if lead < 0xA0 else 0xC1)) * 2 + 1
    if trail >= 0x9F:
        return row + 1, trail - 0x9E
    return row, trail - 0x3F - (trail > 0x7F)


def iso_2022_jp(text: str) -> bytes:
    """With the same rows in JIS X 0208, and half-width kana in a set of their own (`cp50221`)."""
    out, last = b"", b"\x1b(B"
    for escape, chars in groupby(text, _set):
        data = "".join(chars)
        out += b"" if escape == last else escape
        last = escape
        if escape == b"\x1b$B":
            out += b"".join(_seven(char) for char in data)
        else:
            out += bytes(byte & 0x7F for byte in data.encode("cp932"))
    return out + (b"" if last == b"\x1b(B" else b"\x1b(B")


def _set(char: str) -> bytes:
    if char < "\x80":
        return b"\x1b(B"
    return b"\x1b(I" if "\uff61" <= char <= "\uff9f" else b"\x1b$B"


def _seven(char: str) -> bytes:
    try:
        data = char.encode("euc_jp")
    except UnicodeEncodeError:
        data = b""
    if len(data) != 2:
        row, cell = _row(char)
        data = bytes((row + 0xA0, cell + 0xA0))
    return bytes(byte & 0x7F for byte in data)


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-8-sig": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-16-le, BOM": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16-be, BOM": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "cp932": lambda text: text.encode("cp932"),
    "euc-jp": euc_jp,
    "iso-2022-jp": iso_2022_jp,
}
