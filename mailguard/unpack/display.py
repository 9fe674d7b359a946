"""What stands in an address field beside the addresses (RFC 5322 §3.4): display names, comments, names of groups, and junk.

In: the value of From, To or the like. Out: text for people. The name of somebody is what these fields are for; with
telephone numbers, other addresses or several persons in it a display name is a place for data like any other.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from mailguard.unpack import charset, header
from mailguard.unpack.writing import number

_KEPT, _SHORT = 2048, 300  # so many values, of at most so many bytes
_ADDRESS = r"(?<![A-Za-z0-9!#$%&'*+/=^_`{|}~.-])[A-Za-z0-9!#$%&'*+/=^_`{|}~.-]++@[A-Za-z0-9.-]+"
# What is quoted or in brackets ends with the value where nothing closes it: so each character is looked at once.
_PIECE = re.compile(rf'"(?:[^"\\]|\\.)*+"?|\((?:[^()\\]|\\.)*+\)?|<\s*({_ADDRESS})\s*>|([^\s"(<>,;:]++)|.', re.DOTALL)
_PLAIN = re.compile(_ADDRESS)
_UTF8 = re.compile(r"[^\s\"(<>,;:@]++@[^\s\"(<>,;:@]++")  # RFC 6531 §3.3
_PLAIN_BYTES = re.compile(_ADDRESS.encode())
_ONE = re.compile(
    rb'(?:[^"(<>,;:@\x1b\x80-\xff]*+|"[^"\\(<>@\x1b\x80-\xff]*+"[ \t]*)<[^<>"(@\s]*+@[A-Za-z0-9.-]++>'
)  # as mailers write it
_EDGES = " \t\r\n,;:\"'<>()"
_LONG, _FIGURES = 40, 5  # of a name that is a name
_SEVERAL = re.compile("[,、，;；]")
_MAILBOXES = 3  # more names than this are read as one list


def beside(value: bytes) -> tuple[str, ...]:
    """What stands beside each address, decoded, without the addresses themselves."""
    if _PLAIN_BYTES.fullmatch(value):
        return ()
    if _ONE.fullmatch(value):
        [(name, address)] = header.addresses(value)  # known: everybody asks for it
        return (name,) if name and name.casefold() != address.casefold() else ()
    return _known(value) if len(value) <= _SHORT else _beside(value)


def _beside(value: bytes) -> tuple[str, ...]:
    text = value.decode("ascii") if value.isascii() and b"\x1b" not in value else charset.decode(value)
    own: set[str] = set()
    pieces = [""]
    # Beside an address in brackets, 会員@example.jp is a display name; alone it is the address.
    plain = _PLAIN if "<" in text else _UTF8
    for match in _PIECE.finditer(text):
        address = match[1] or (match[2] if match[2] and plain.fullmatch(match[2]) else "")
        if address:
            own.add(address.casefold())
            pieces.append("")
        else:
            pieces[-1] += match[0]
    shown = (header.decode(piece.encode("utf-8", "surrogatepass")) for piece in pieces if piece.strip(_EDGES))
    named = (_PLAIN.sub(lambda match: "" if match[0].casefold() in own else match[0], text) for text in shown)
    return tuple(text for each in named if (text := each.strip(_EDGES)))


_known = lru_cache(_KEPT)(_beside)


def senders(values: Iterable[bytes]) -> tuple[str, ...]:
    """What the fields say of who sends, a line for each name that may be more than one; of many names one line."""
    lines: list[str] = []
    for value in values:
        shown = [text for text in beside(value) if not text.isascii() or "@" in text or number(text)]
        lines += shown if len(shown) <= _MAILBOXES else ["、".join(shown)]
    return tuple(dict.fromkeys(lines))


def recipients(values: Iterable[bytes]) -> tuple[str, ...]:
    """What stands beside the addresses of who gets a mail and is more than a name."""
    return tuple(text for value in values for text in recipient(value))


def recipient(value: bytes) -> tuple[str, ...]:
    """The same of one field."""
    shown = beside(value)
    return tuple(filter(_is_more, shown)) if shown else ()


def _is_more(text: str) -> bool:
    if text.isascii():
        return "@" in text or number(text)
    more = len(text) > _LONG or "@" in text or "＠" in text or _SEVERAL.search(text) is not None
    return more or sum(map(str.isdecimal, text)) >= _FIGURES
