"""The arguments of MAIL and RCPT (RFC 5321 §4.1.2), read without changing them.

In: what follows the verb. Out: the raw path between the angle brackets and the options as written, or a refusal.
An address is nobody's business here but the next hop's: quoted local parts, source routes and `a..b@` pass as they are.
"""

import re
from dataclasses import dataclass

from mailguard.relay.reply import Reply

_KEYWORD = {"MAIL": "FROM", "RCPT": "TO"}
_SYNTAX = {verb: Reply.of(501, f"5.5.4 syntax: {verb} {keyword}:<address>") for verb, keyword in _KEYWORD.items()}
# A path ends at the first ">" outside a quoted string. Without brackets (old tools) it ends at a space.
_PATH = re.compile(r'<((?:"(?:[^"\\]|\\.)*"|[^">])*)>(?:[ ]+(.*))?|([^ <>]+)(?:[ ]+(.*))?')
_OPTION = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^ =]+))?")

# Which extension of ours makes an option known (RFC 1870, 6152, 6531, 3461, 4954).
_KNOWN = {
    "MAIL": {"SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN", "AUTH": "AUTH"},
    "RCPT": {"NOTIFY": "DSN", "ORCPT": "DSN"},
}
_PATH_LIMIT = 1_024  # RFC 5321 §4.5.3.1.3 asks for 256; VERP paths are longer


@dataclass(frozen=True, slots=True)
class Address:
    """A raw path without its angle brackets ("" is the null sender), and the options after it."""

    path: str
    options: tuple[str, ...]

    @property
    def utf8(self) -> bool:
        """Whether SMTPUTF8 is asked for: with MAIL, for the whole message (RFC 6531 §3.4)."""
        return _asks_utf8(self.options)


def parse(verb: str, argument: str, offered: frozenset[str], *, utf8: bool = False) -> Address | Reply:
    """Read the argument of MAIL or RCPT; `offered` are the extensions that this client was told of.

    utf8: the MAIL before this RCPT asked for SMTPUTF8.
    """
    keyword, colon, rest = argument.partition(":")
    if not colon or keyword.strip().upper() != _KEYWORD[verb]:
        return _SYNTAX[verb]
    match = _PATH.fullmatch(rest.strip(" "))
    if match is None:
        return _SYNTAX[verb]
    path = match[1] if match[1] is not None else match[3]
    options = tuple(option for option in (match[2] or match[4] or "").split(" ") if option)
    if len(path) > _PATH_LIMIT or (verb == "RCPT" and not path):
        return Reply.of(501, "5.1.3 bad address")
    if not path.isascii() and any("\ud800" <= char <= "\udfff" for char in path):
        # Bytes that are no UTF-8; RFC 6531 §3.5 gives the code for an address that cannot be taken.
        return Reply.of(553, "5.6.7 address is not UTF-8")
    return _options_refusal(verb, options, offered, utf8=utf8 or _asks_utf8(options)) or Address(path, options)


def _asks_utf8(options: tuple[str, ...]) -> bool:
    return any(option.upper() == "SMTPUTF8" for option in options)


def _options_refusal(verb: str, options: tuple[str, ...], offered: frozenset[str], *, utf8: bool) -> Reply | None:
    seen = set()
    for option in options:
        match = _OPTION.fullmatch(option)
        if match is None:
            return Reply.of(501, "5.5.4 malformed parameter")
        keyword = match[1].upper()
        if _KNOWN[verb].get(keyword, "") not in offered:
            return Reply.of(555, "5.5.4 parameter not recognised")
        if keyword in seen or not _good_value(keyword, match[2], utf8=utf8):
            return Reply.of(501, "5.5.4 malformed parameter")
        seen.add(keyword)
    return None


def _good_value(keyword: str, value: str | None, *, utf8: bool) -> bool:
    if keyword == "SMTPUTF8":
        return value is None
    # RFC 5321 §4.1.2: esmtp-value is %d33-60 and %d62-126; only with SMTPUTF8 it may be UTF-8 too (RFC 6531 §3.3).
    if value is None or not value.isprintable() or not (utf8 or value.isascii()):
        return False
    match keyword:
        case "SIZE":
            return value.isascii() and value.isdecimal() and len(value) <= 20
        case "BODY":
            return value.isascii() and value.upper() in {"7BIT", "8BITMIME"}
        case _:
            return True


def size_of(options: tuple[str, ...]) -> int:
    """The size that a client announces with SIZE=, in bytes; 0 if it does not."""
    for option in options:
        keyword, _, value = option.partition("=")
        if keyword.upper() == "SIZE":
            return int(value)
    return 0
