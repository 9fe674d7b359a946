"""Check digits and validity of numbers, by the name that rule files use.

In: the matched text, folded. Out: whether the figures in it are valid. Sources stand at each function.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from mailguard import normal
from mailguard.detect import postal_codes

_DIGITS = re.compile("[^0-9]+")


def digits(value: str) -> str:
    """The ASCII figures of a text."""
    return _DIGITS.sub("", value)


def luhn(value: str) -> bool:
    """ISO/IEC 7812-1 Annex B."""
    total = 0
    for index, figure in enumerate(reversed(digits(value))):
        number = int(figure) * (2 if index % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


_IIN = re.compile(
    r"(?:4\d{12}(?:\d{3})?|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d)\d{12}|62\d{14,17})"
)


def card(value: str) -> bool:
    """Luhn and an issuer range: Visa, Mastercard, Amex, JCB, Diners, Discover, UnionPay; one figure repeated is no card."""
    figures = digits(value)
    return _IIN.fullmatch(figures) is not None and len(set(figures)) > 1 and luhn(figures)


def my_number(value: str) -> bool:
    """Check digit of the individual number (平成26年総務省令第85号 §5)."""
    figures = digits(value)
    if len(figures) != 12 or len(set(figures)) == 1:
        return False
    rest = sum(int(figure) * (n + 1 if n <= 6 else n - 5) for n, figure in enumerate(reversed(figures[:11]), 1)) % 11
    return int(figures[11]) == (0 if rest <= 1 else 11 - rest)


def licence(value: str) -> bool:
    """Driver's licence: two figures of the prefecture's commission, the last but one a check digit modulo 11."""
    figures = digits(value)
    if len(figures) != 12:
        return False
    weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(figure) * weight for figure, weight in zip(figures, weights, strict=False)) % 11
    return int(figures[10]) == (0 if rest <= 1 else 11 - rest)


@lru_cache(maxsize=1)
def _numbering_plan() -> "re.Pattern[str]":
    """One expression from libphonenumber's metadata, over national numbers without the 0 in front."""
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - 60 ms that only a worker needs

    metadata = PhoneMetadata.metadata_for_region("JP")
    sorts = ("fixed_line", "mobile", "voip", "toll_free", "uan", "premium_rate", "personal_number", "pager")
    found = [getattr(metadata, sort) for sort in sorts]
    return re.compile("|".join(f"(?:{sort.national_number_pattern})" for sort in found if sort))


def phone(value: str) -> bool:
    """Whether the number is one of the Japanese numbering plan; without the leading 0 too."""
    number = normal.phone(value)
    plan = _numbering_plan()
    return plan.fullmatch(number.removeprefix("0")) is not None


def postal_code(value: str) -> bool:
    """Whether Japan Post has the code."""
    return postal_codes.exists(normal.postal_code(value))


CHECKS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {"luhn": luhn, "card": card, "my_number": my_number, "licence": licence, "phone": phone, "postal_code": postal_code}
)
