"""What a single cell of a decided column says: whether it holds a value, several, or a placeholder.

In: folded cells. Out: values and the forms that tie households. Never decides what a column means.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat

from mailguard import normal
from mailguard.detect import forms
from mailguard.detect.mask import hides, masked_already
from mailguard.detect.organisation import MAILBOXES, shared_mailbox
from mailguard.detect.phone import toll_free
from mailguard.detect.stand_ins import BLANK, BLANK_IN_ANY_CASE, NOBODY
from mailguard.model import Kind

NAMES = (Kind.NAME, Kind.NAME_KANA)
_NO_LETTER_FIRST = re.compile(f"{forms.UNIT}(?=[^\\w{forms.UNIT}]|_)")
_TWO_PHONES = re.compile(r"[、,，/／;；\n・]|\s{2,}|(?<=\d{4})\s(?=\+?0)")
_FREE = ("0120", "0800", "0570", "0990", "00", "120", "800", "570", "990", "81")
_FREE_ABROAD = (*_FREE, "01081")
_FREE_FIRST = re.compile(f"{forms.UNIT}(?:{'|'.join(_FREE)})")
_MOBILE = re.compile(r"(?:\+?81[-. ]?)?\(?0?80[-() .]|0?800(\d)\1{6}$")  # 080-0123-4567 is written like a mobile
_ADDRESS = re.compile(r"[^\s<>()、,，/／;；・:]+@[^\s<>()、,，/／;；・]+")
_HAS_NUMBER = re.compile(r"[0-9]")
_NUMBERLESS = re.compile(f"{forms.UNIT}([^0-9{forms.UNIT}]*+)(?={forms.UNIT}|\\Z)")
_CUT_OFF = re.compile(r"[*＊●■×]")  # 粟窪********: where the house number was hidden nobody is tied
_ASCENDING = frozenset("01234567890123456789"[start : start + 8] for start in range(10))
# The last six figures of a number that may be nobody's.
_ODD_ENDS = frozenset(
    digits[at : at + 6] for digits in (*_ASCENDING, *(8 * figure for figure in "0123456789")) for at in range(3)
)
# fmt: off
_STAND_INS = frozenset([
    "address", "dummy", "email", "example", "foo", "fumei", "hoge", "hogehoge", "mail", "nashi", "no-email", "no-mail", "no-reply",
    "noemail", "nomail", "none", "noreply", "nothing", "null", "sample", "test", "tests", "unknown", "user",
])
# fmt: on
_NOBODY = _STAND_INS | MAILBOXES
_ONE_LETTER = re.compile(f"{forms.UNIT}((.)\2*)(?={forms.UNIT})")
_REPEATED = re.compile(r"x+|(.)+")


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
    text = forms.UNIT + forms.UNIT.join(values)
    if kind in NAMES:
        flags = _saying(values, text, NOBODY)
        if hides(text):
            return [flag and not masked_already(value) for flag, value in zip(flags, values, strict=True)]
        return flags
    flags = _saying(values, text)
    if kind is Kind.PHONE:
        return _dialled(values, flags)
    if kind is Kind.EMAIL:
        return [flag and "@" in value for flag, value in zip(flags, values, strict=True)]
    return flags


def _dialled(values: Sequence[str], flags: list[bool]) -> list[bool]:
    """Of those that say something which are a phone: with figures enough, and no number that only organisations have."""
    figures = forms.figures(values) or list(map(normal.figures, values))
    if min(map(len, figures), default=9) < 9:
        flags = [flag and len(found) >= 9 for flag, found in zip(flags, figures, strict=True)]
    if not _FREE_FIRST.search(forms.UNIT + forms.UNIT.join(figures)):
        return flags
    return [
        flag and not (found.startswith(_FREE_ABROAD) and firms(value))
        for flag, found, value in zip(flags, figures, values, strict=True)
    ]


def _saying(values: Sequence[str], text: str, nobody: frozenset[str] = frozenset()) -> list[bool]:
    """Which are no blank, have a letter or figure, and are not `nobody`. text: the values joined, with a separator before each.

    What opens with a letter or figure needs no further look: most columns hold nothing else.
    """
    if _NO_LETTER_FIRST.search(text) or text.count(forms.UNIT) != len(values):
        return [_says(value) and value not in nobody for value in values]
    empty = BLANK_IN_ANY_CASE.intersection(values) | nobody.intersection(values)
    return [value not in empty for value in values] if empty else [True] * len(values)


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
    gone = nobodys(kind, found)
    return ["" if form in gone else form for form in found] if gone else list(found)


def nobodys(kind: Kind, found: Sequence[str]) -> set[str]:
    """The e-mail addresses or phones, in their normal forms, that tie nobody."""
    if kind is Kind.EMAIL:
        return _of_nobody(found)
    return {form for form in found if (len(form) <= 8 or form[-6:] in _ODD_ENDS) and not _called(form)}


def _called(form: str) -> str:
    return "" if len(set(form[3:])) <= 1 or form[-8:] in _ASCENDING else form


def houses(values: Sequence[str], found: Sequence[str]) -> list[str]:
    """The form that ties each address with a `house`; "" of the others."""
    lettered = all(map(str.isalpha, {form[0] for form in found if form}))
    if lettered and not _CUT_OFF.search(forms.UNIT.join(values)):
        numberless = {match[1] for match in _NUMBERLESS.finditer(forms.UNIT + forms.UNIT.join(found))}
        return ["" if form in numberless else form for form in found] if numberless else list(found)
    return [
        form if _HAS_NUMBER.search(form) and any(map(str.isalpha, form)) and not _CUT_OFF.search(value) else ""
        for form, value in zip(found, values, strict=True)
    ]


def _nobodys(address: str) -> bool:
    """user01@ and info2@ may be one of a row of made-up or numbered addresses: only without a figure they are nobody's."""
    local, _, domain = address.partition("@")
    if local == domain.partition(".")[0] or local in _STAND_INS or _REPEATED.fullmatch(local):
        return True
    return not local[-1:].isdecimal() and shared_mailbox(address)


def _of_nobody(found: Sequence[str]) -> set[str]:
    """The e-mail addresses that are nobody's: only a few of many are looked at one by one."""
    present = list(filter(None, found))
    text = forms.UNIT.join(present)
    pieces = text.replace("@", forms.UNIT).split(forms.UNIT)
    # With one @ in each, local parts and domains take turns.
    if len(pieces) != 2 * len(present) or set(map(str.count, present, repeat("@"))) != {1}:
        return set(filter(_nobodys, present))
    locals_, labels = pieces[::2], {domain.partition(".")[0] for domain in set(pieces[1::2])}
    odd = {*_NOBODY.intersection(locals_), *labels.intersection(locals_)}
    odd.update(match[1] for match in _ONE_LETTER.finditer(forms.UNIT.join(["", *locals_, ""])))
    if "-@" in text or "_@" in text:  # info-@ is info@
        odd.update(local for local in locals_ if local[-1:] in "-_")
    return (
        {form for form, local in zip(present, locals_, strict=True) if local in odd and _nobodys(form)}
        if odd
        else set()
    )


def house(address: str) -> bool:
    """Whether an address has a place, a house number, and neither is hidden."""
    form = normal.address(address) if address else ""
    lettered = any(char.isalpha() for char in form)
    return lettered and _HAS_NUMBER.search(form) is not None and not _CUT_OFF.search(address)
