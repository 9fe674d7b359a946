"""Normal forms of many values at once: what `normal` gives for each, found in one pass over all of them joined.

In: folded and stripped cells. Out: their normal forms in order. What is rare in a value (letters beyond ASCII where figures are
meant, a separator of ours inside a cell) is left to `normal`, value by value.
"""

import re
from collections.abc import Sequence

import numpy as np

from mailguard import normal
from mailguard.detect.address_forms import addresses
from mailguard.detect.joined import UNIT, compatible, each, folded
from mailguard.detect.places import Alphabet, Places, any_of, substituted
from mailguard.model import Kind

__all__ = ["UNIT", "addresses", "emails", "figures", "forms", "kana", "names", "phones", "postal_codes", "readings"]

_NOT_FIGURES = bytes(byte for byte in range(128) if byte not in b"0123456789\x1f")
_ODD_EMAIL = re.compile(r"[ \[\](){}<>\"]")
_HIRAGANA = re.compile("[ぁ-ゖ]+")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_UNIT, _MARK, _END = 1, 2, 4
# What a mark of a list, an honorific or a reading in brackets may be.
_EDGES = Alphabet({_UNIT: UNIT, _MARK: normal.MARKS, _END: normal.MARKS + "まん生様殿氏)]】〕"})


def forms(kind: Kind, values: Sequence[str]) -> list[str]:
    """What `evidence.normalise` gives for each."""
    many = _MANY.get(kind)
    return many(values) if many else [value.strip() for value in values]


def emails(values: Sequence[str]) -> list[str]:
    """`normal.email` of each."""
    text = UNIT.join(values)
    if not text.isascii() or _ODD_EMAIL.search(text) or text.count("@") != len(values):
        return [normal.email(value) for value in values]
    return each(normal.email, values, text.lower())


def figures(values: Sequence[str]) -> list[str] | None:
    """The figures of each; None where they are not to be had from all values at once."""
    text = UNIT.join(values)
    if not text.isascii() or f".0{UNIT}" in text or text.endswith(".0"):
        return None
    found = text.encode().translate(None, _NOT_FIGURES).decode().split(UNIT)
    return found if len(found) == len(values) else None


def phones(values: Sequence[str]) -> list[str]:
    """`normal.phone` of each: what begins with 0 is its own form."""
    found = figures(values)
    if found is None:
        return [normal.phone(value) for value in values]
    return [
        form if form[:1] == "0" else normal.phone(value) if form else ""
        for form, value in zip(found, values, strict=True)
    ]


def postal_codes(values: Sequence[str]) -> list[str]:
    """`normal.postal_code` of each."""
    found = figures(values)
    if found is None:
        return [normal.postal_code(value) for value in values]
    return [form.rjust(7, "0") if len(form) == 6 else form for form in found]


def names(values: Sequence[str]) -> list[str]:
    """`normal.name` of each."""
    text = folded(values).replace("・", "").replace("·", "").casefold()
    found = text.split(UNIT)
    if len(found) != len(values):
        return [normal.name(value) for value in values]
    for at in _marked(text):
        found[at] = normal.name(values[at])
    return found


def _marked(text: str) -> list[int]:
    """Which of joined names may have a mark, an honorific or a reading at an end."""
    sorts = _EDGES.sorts(f"{UNIT}{text}{UNIT}")
    if not any_of(sorts) & ~_UNIT:
        return []
    ends = np.flatnonzero(sorts & _UNIT)
    found: list[int] = np.flatnonzero((sorts[ends[1:] - 1] & _END) | (sorts[ends[:-1] + 1] & _MARK)).tolist()
    return found


def kana(values: Sequence[str]) -> list[str]:
    """`normal.kana` of each."""
    text = compatible(values).replace("・", "")
    if _HIRAGANA.search(text):
        text = text.translate(_TO_KATAKANA)
    return each(normal.kana, values, text)


_LATIN = 4  # letters of a kana at most
_OTHER = b"\xff"  # stands for what is neither kana nor a Latin letter
_AFTER_KANA = 0x3100
_SOUNDS = np.full(_AFTER_KANA + 1, _OTHER, f"S{_LATIN}")
for _letter in map(chr, range(_AFTER_KANA)):
    if _letter.isascii() and (_letter.isalpha() or _letter == UNIT):
        _SOUNDS[ord(_letter)] = _letter.lower().encode()
for _code, _sound in normal.ROMAJI.items():
    _SOUNDS[_code] = _sound.encode()


def readings(values: Sequence[str]) -> list[str]:
    """`normal.reading` of each."""
    points = np.frombuffer(UNIT.join(values).encode("utf-32-le", "surrogatepass"), np.uint32)
    latin = _SOUNDS[np.minimum(points, _AFTER_KANA)].tobytes().translate(None, b"\0")  # numpy pads with NUL
    if _OTHER in latin:
        return [normal.reading(value) for value in values]
    return each(normal.reading, values, _spelling(_spelling(latin.decode())))


# The two letters that whatever `normal.SPELLINGS` replaces begins with.
_PAIRS = np.zeros(1 << 14, bool)
for _pair in [
    "ou",
    "oo",
    "oh",
    "uu",
    "iy",
    "sh",
    "ch",
    "jy",
    "mb",
    "mm",
    "mp",
    "tc",
    *(2 * char for char in "kstpcgdbz"),
]:
    _PAIRS[ord(_pair[0]) << 7 | ord(_pair[1])] = True


def _spelling(latin: str) -> str:
    """One pass of `normal.spelling`."""
    letters = np.frombuffer(latin.encode(), np.uint8).astype(np.uint16)
    places: Places = np.flatnonzero(_PAIRS[letters[:-1] << 7 | letters[1:]])
    return substituted(normal.SPELLINGS, normal.spelt, latin, places)


_MANY = {
    Kind.EMAIL: emails,
    Kind.PHONE: phones,
    Kind.ADDRESS: addresses,
    Kind.POSTAL_CODE: postal_codes,
    Kind.NAME: names,
    Kind.NAME_KANA: kana,
}
