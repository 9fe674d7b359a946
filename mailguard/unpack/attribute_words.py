"""Whether an attribute or a comment of an Office file, which no page shows, may carry writing all the same.

In: the names of element and attribute without namespaces, and the value. Out: true for Japanese and for telephone numbers as people write
them. Names of makers, styles, fonts, shapes and sheets count only with such a number.
"""

from typing import Final

from mailguard.unpack import writing

_SHORTEST: Final = 10  # characters of a telephone number
_MAKERS = frozenset({"author", "initials", "userid", "providerid", "lastmodifiedby", "typeface"})
_NAMES = ("name", "font", "style")


def tells(element: str, attribute: str, value: str) -> bool:
    """Called for every attribute of a document: the cheap questions first."""
    if value.isascii():
        return len(value) >= _SHORTEST and writing.number(value)
    return not _is_name(element.lower(), attribute.lower()) or writing.number(value)


def _is_name(element: str, attribute: str) -> bool:
    if attribute == "val":
        return element.endswith(_NAMES)
    return attribute in _MAKERS or attribute.endswith(_NAMES)
