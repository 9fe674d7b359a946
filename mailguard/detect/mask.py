"""Masks: a value as people may see it. At least half of its letters and digits are hidden.

山田太郎 → 山〇〇郎, 林太 → 林〇, 090-1234-5678 → 090-****-**78. In: kind and clear value. Out: the mask; never the value.
"""

import re

from mailguard import normal
from mailguard.detect.person_dictionary import load
from mailguard.model import Kind

_NAMES = {Kind.NAME, Kind.NAME_KANA}
_PREFECTURE = re.compile("^(?:北海道|東京都|京都府|大阪府|.{2,3}県)")
_LIMIT = 40  # characters of a mask


def mask(kind: Kind, value: str) -> str:
    """Hide at least half of `value`; what stays tells two values apart for somebody who knows them."""
    value = value.strip()[:_LIMIT].strip()
    if kind in _NAMES:
        return _name(value)
    if kind is Kind.EMAIL:
        return _email(value)
    if kind is Kind.ADDRESS:
        match = _PREFECTURE.match(value)
        return _hide(value, keep=match.end() if match else 2, circle="〇")
    if kind is Kind.PHONE:
        return _phone(value)
    return _hide(value, keep=2)


def _name(value: str) -> str:
    letters = [index for index, char in enumerate(value) if _telling(char)]
    shown = {letters[0], letters[-1]} if len(letters) >= 4 else set(letters[:1]) if len(letters) >= 2 else set()
    return "".join(char if char.isspace() or index in shown else "〇" for index, char in enumerate(value))


def _phone(value: str) -> str:
    digits = [index for index, char in enumerate(value) if char.isdecimal()]
    tail = min(2, len(digits) // 4)
    shown = set(digits[: min(3, len(digits) // 2 - tail)]) | set(digits[len(digits) - tail :])
    return "".join("*" if _telling(char) and index not in shown else char for index, char in enumerate(value))


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    host, dot, top = domain.rpartition(".")
    stars = _hide(local, keep=1) + at + _hide(host, keep=1) + dot + top
    return stars if _hidden_half(value, stars) else _hide(value, keep=1)


def _hide(value: str, keep: int, circle: str = "*") -> str:
    telling = [index for index, char in enumerate(value) if _telling(char)]
    shown = set(telling[: min(keep, len(telling) // 2)])
    return "".join(circle if _telling(char) and index not in shown else char for index, char in enumerate(value))


def _hidden_half(value: str, masked: str) -> bool:
    telling = [index for index, char in enumerate(value) if _telling(char)]
    return 2 * sum(masked[index] == value[index] for index in telling) <= len(telling)


def _telling(char: str) -> bool:
    return char.isalnum() or char in "々ー"


def masked_already(value: str) -> bool:
    """Whether the writer hid the name: 山〇〇郎, 山田＊＊, ●●, ＿＿＿. A sign before or behind a full name marks it: ○佐藤花子."""
    return hides(value) and unmarked(value) == value


_MARKED = re.compile(r"([〇○◯●◎*×✕■□△▲☆★◆◇※✓✔]?)( ?)([^〇○◯●◎*×✕■□△▲☆★◆◇※✓✔_]+?) ?[〇○◯●◎*×✕■□△▲☆★◆◇※✓✔]?")
_NEVER_HIDES = frozenset("☆★◎◆◇※✓✔")


def unmarked(value: str) -> str:
    """A full name without the one sign that stands before or behind it; any other value as it is."""
    match = _MARKED.fullmatch(value) if value else None
    if match is None or len(match[3]) == len(value):
        return value
    family, _, given = match[3].partition(" ")
    known = load()
    cut = (
        len(family)
        if given and known.is_family(family) and known.is_given(given)
        else known.split(normal.name(match[3]))
    )
    # 〇山太郎 hides the first letter of a surname: against a sign only what is longer is a whole one.
    apart = not match[1] or bool(match[2]) or match[1] in _NEVER_HIDES
    return match[3] if cut >= (1 if apart else 2) else value


# It begins with a set of characters, which `re` looks for far faster than for several beginnings.
_HIDING = re.compile(
    "[〇○◯●◎＊*×✕■□△▲＿_XＸxｘ?？※](?:(?<=[^XＸxｘ?？※])|(?<=[XＸ])[XＸ]|(?<=[xｘ])[xｘ]{2}|(?<=[?？])[?？]|(?<=※)※)"
)


def hides(text: str) -> bool:
    """Whether any sign stands in a text by which names are hidden."""
    return _HIDING.search(text) is not None
