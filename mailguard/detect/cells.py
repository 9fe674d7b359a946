"""What a single cell of a decided column says: whether it holds a value, several, or a placeholder.

In: folded cells. Out: values and the forms that tie households. Never decides what a column means.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter

from mailguard import normal
from mailguard.detect import forms
from mailguard.detect.mask import hides, masked_already
from mailguard.detect.organisation import shared_mailbox
from mailguard.detect.phone import toll_free
from mailguard.detect.stand_ins import BLANK, LONGEST_BLANK, NOBODY
from mailguard.model import Kind

NAMES = (Kind.NAME, Kind.NAME_KANA)
_FIRST = itemgetter(0)
_TWO_PHONES = re.compile(r"[、,，/／;；\n・]|\s{2,}|(?<=\d{4})\s(?=\+?0)")
_FREE = ("0120", "0800", "0570", "0990", "00", "120", "800", "570", "990", "81")
_FREE_ABROAD = (*_FREE, "01081")
_MOBILE = re.compile(r"(?:\+?81[-. ]?)?\(?0?80[-() .]|0?800(\d)\1{6}$")  # 080-0123-4567 is written like a mobile
_ADDRESS = re.compile(r"[^\s<>()、,，/／;；・:]+@[^\s<>()、,，/／;；・]+")
_HAS_NUMBER = re.compile(r"[0-9]")
_CUT_OFF = re.compile(r"[*＊●■×]")  # 粟窪********: where the house number was hidden nobody is tied
_ASCENDING = frozenset("01234567890123456789"[start : start + 8] for start in range(10))
_STAND_IN = re.compile(
    r"no-?e?mail|none|null|nashi|nothing|unknown|fumei|dummy|tests?|sample|example|hoge(?:hoge)?|foo|user|mail|email|address|x+|(.)\1\1+|no-?reply"
)


@lru_cache(normal.KNOWN)
def tells(kind: Kind, cell: str) -> bool:
    """Whether a cell of a decided column really holds a value: no blank, no placeholder, no hidden name."""
    if not cell or cell.casefold() in BLANK or not any(map(str.isalnum, cell)):
        return False
    if kind in NAMES:
        return cell not in NOBODY and not masked_already(cell)
    if kind is Kind.PHONE:
        return len(normal.figures(cell)) >= 9 and not firms(cell)
    if kind is Kind.EMAIL:
        return "@" in cell
    return True


def told(kind: Kind, values: Sequence[str]) -> list[bool]:
    """`tells` of each."""
    flags = _saying(values)
    if kind in NAMES:
        if hides(forms.UNIT.join(values)):
            return [
                flag and not masked_already(value) for flag, value in zip(_somebody(flags, values), values, strict=True)
            ]
        return _somebody(flags, values)
    if kind is Kind.PHONE:
        figures = forms.figures(values) or list(map(normal.figures, values))
        flags = [flag and len(found) >= 9 for flag, found in zip(flags, figures, strict=True)]
        if not any(found.startswith(_FREE) for found in figures):
            return flags
        return [
            flag and not (found.startswith(_FREE_ABROAD) and firms(value))
            for flag, found, value in zip(flags, figures, values, strict=True)
        ]
    if kind is Kind.EMAIL:
        return [flag and "@" in value for flag, value in zip(flags, values, strict=True)]
    return flags


def _somebody(flags: list[bool], values: Sequence[str]) -> list[bool]:
    return [flag and value not in NOBODY for flag, value in zip(flags, values, strict=True)]


def _saying(values: Sequence[str]) -> list[bool]:
    """`_says` of each. What is long and opens with a letter or figure says something: most columns hold nothing else."""
    if len(min(values, key=len, default="")) > LONGEST_BLANK and all(map(str.isalnum, set(map(_FIRST, values)))):
        return [True] * len(values)
    if all(map(str.isalnum, set(map(_FIRST, filter(None, values))))):
        return [len(value) > LONGEST_BLANK or _says(value) for value in values]
    return [_says(value) if len(value) <= LONGEST_BLANK or not value[0].isalnum() else True for value in values]


def _says(value: str) -> bool:
    return any(map(str.isalnum, value)) and value.casefold() not in BLANK


def firms(cell: str) -> bool:
    """Whether all phones of a cell are numbers that only organisations have (0120-…, 0570-…): no person's."""
    parts = [part for part in _TWO_PHONES.split(cell) if part] if len(cell) > 17 else [cell]
    return all(toll_free(part) and not _MOBILE.match(part) for part in parts)


def several(kind: Kind, cell: str) -> list[str]:
    """The contacts of a cell, one by one: two phones or e-mail addresses tie each."""
    if kind is Kind.EMAIL and cell.count("@") > 1:
        return _ADDRESS.findall(cell)
    if kind is Kind.PHONE and len(cell) > 17:
        return [part for part in _TWO_PHONES.split(cell) if tells(kind, part)] or [cell]
    return [cell]


@lru_cache(normal.KNOWN)
def tie_form(kind: Kind, value: str) -> str:
    """The form that ties; placeholders such as 000-0000-0000 and mailboxes of nobody tie nobody."""
    if kind is Kind.EMAIL:
        address = normal.email(value)
        return "" if _nobodys(address) else address
    if kind is Kind.PHONE:
        digits = normal.phone(value)
        return "" if len(set(digits[3:])) <= 1 or digits[-8:] in _ASCENDING else digits
    return normal.address(value)


def tying(kind: Kind, found: Sequence[str]) -> list[str]:
    """`tie_form` of e-mail addresses or phones in their normal forms."""
    if kind is Kind.EMAIL:
        return [form if form and not _nobodys(form) else "" for form in found]
    return ["" if len(set(form[3:])) <= 1 or form[-8:] in _ASCENDING else form for form in found]


def houses(values: Sequence[str], found: Sequence[str]) -> list[str]:
    """The form that ties each address with a `house`; "" of the others."""
    cut_off = _CUT_OFF.search(forms.UNIT.join(values)) is not None
    return [
        form
        if _HAS_NUMBER.search(form)
        and (form[0].isalpha() or any(map(str.isalpha, form)))
        and not (cut_off and _CUT_OFF.search(value))
        else ""
        for form, value in zip(found, values, strict=True)
    ]


def _nobodys(address: str) -> bool:
    """user01@ and info2@ may be one of a row of made-up or numbered addresses: only without a figure they are nobody's."""
    local, _, domain = address.partition("@")
    if local == domain.partition(".")[0] or _STAND_IN.fullmatch(local):
        return True
    return not local[-1:].isdecimal() and shared_mailbox(address)


def house(address: str) -> bool:
    """Whether an address has a place, a house number, and neither is hidden."""
    form = normal.address(address) if address else ""
    lettered = any(char.isalpha() for char in form)
    return lettered and _HAS_NUMBER.search(form) is not None and not _CUT_OFF.search(address)
