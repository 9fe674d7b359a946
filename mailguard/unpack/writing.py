"""Writing in header fields: what people, or programs for people, may have put there.

In: fields. Out: names and decoded text of those that may carry writing. Fields that mailers and filters fill for machines
hold addresses and ids that are no writing: of them only what is not ASCII is read, and what has a number written as a
telephone's or a card's in it. Parameters and comments of Content fields are read in the same way.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache

from mailguard.unpack import header, packed_field
from mailguard.unpack.header import Headers

Written = tuple[tuple[str, str], ...]
"""Name and text, decoded."""

_KEPT, _SHORT = 2048, 300  # so many values, of at most so many bytes
_LONG = 1_000_000_000  # characters that are looked through
_OTHERS = 20
_OTHER_CHARS = 2_000
_MACHINES = re.compile(
    "(?:resent-.*|date|return-path|message-id|in-reply-to|references|mime-version"
    "|content-(?:transfer-encoding|id|language|location|md5|length|class|base|features)|received.*|dkim.*|domainkey.*"
    "|arc-.*|authentication-.*|autocrypt|face|list-(?:id|unsubscribe.*|help|post|owner|subscribe|archive)|auto-submitted"
    "|precedence|importance|priority|sensitivity|user-agent|thread-index|feedback-id|require-recipient-valid-since|lines|xref|path"
    "|x-(?:mailer|received.*|priority|msmail-.*|mimeole|face|uid.*|mozilla-.*|account-key|originating-.*|original-message-id"
    "|spam.*|virus.*|ms-.*|microsoft-.*|exchange-.*|forefront-.*|google-.*|gm-.*|gmail-.*|sg-.*|ses-.*|mc-.*|mailgun-.*"
    "|mandrill-.*|report-abuse.*|csa-.*|proofpoint.*|ironport.*|barracuda.*|amavis.*|dkim.*|sender-id|tm-.*|yahoo-.*|ymail-.*"
    "|apple-.*|mailman-.*|beenthere|loop|list.*|feedback-id|auto-response-suppress|campaign.*|message-id|entity-id))"
    r"\Z"
)
# Read by themselves: mailboxes (`display`), and the fields that say how to read a part (`parameters`).
_MAILBOXES = frozenset(
    prefix + name for prefix in ("", "resent-") for name in ("from", "sender", "reply-to", "to", "cc", "bcc")
)
_CONTENT = frozenset(["content-type", "content-disposition"])
_ABOUT_PART = frozenset(
    ["content-transfer-encoding", "content-id", "content-language", "content-location", "content-md5", "mime-version"]
)
_MARK = re.compile("[!-?A-~]{0,200}")  # one word: an id or a flag
# The first figure is looked behind only where it stands: so a search runs from one to the next.
_NUMBER_PATTERN = (
    r"0(?<![\w.+=@/%~-]0)(?:[5-9]0\d{8}|(?:\d[-. ()]{1,2}\d{4}|\d\d[-. ()]{1,2}\d{3,4}|\d{3}[-. ()]{1,2}\d\d|\d{4}[-. ()]{1,2}\d)"
    r"[-. ()]{1,2}\d{4})(?![\w=@/%-])"
    r"|\+81(?<![\w=@/%~-]\+81)[-. (]{0,2}\d[-. ()0-9]{8,14}(?![\w=@/%-])"
    r"|-(?<=(?<![\w.+=@/%~-])\d{4}-)\d{4}-\d{4}-\d{4}(?![\w=@/%-])"
)
_NUMBER = re.compile(_NUMBER_PATTERN, re.ASCII)
_NUMBER_BYTES = re.compile(_NUMBER_PATTERN.encode())
_USUAL = re.compile(  # Date and Message-ID, as mailers write them
    rb"[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} [\d:]{8} [+-]\d{4}(?: \([A-Z]{1,5}\))?|<[\w.$%+=/-]+@[\w.-]+>"
)
_STRUCTURE = frozenset(
    ["boundary", "charset", "format", "delsp", "type", "start", "start-info", "protocol", "micalg", "method"]
)
_STRUCTURE |= {
    "report-type",
    "smime-type",
    "reply-type",
    "creation-date",
    "modification-date",
    "read-date",
    "size",
    "reverse",
}
_STRUCTURE |= {"x-unix-mode", "x-mac-type", "x-mac-creator", "x-apple-part-url"}
_FILE = frozenset(["name", "filename"])
_SHOWN = 255  # characters of a file name that are read as one
_PARAMETER_LIKE = re.compile(r"[\w!#$&^.+/-]*[\s;]*", re.ASCII)


def remaining(headers: Headers) -> tuple[Written, str]:
    """Fields of a mail that may carry writing and stand nowhere else; and what of them is over the bounds, "" if nothing."""
    found: list[tuple[str, str]] = []
    subjects = 0
    too_much = ""
    for name, value in headers.fields:
        subjects += name == "subject"
        if name in _MAILBOXES or name in _CONTENT or (name == "subject" and subjects == 1):
            continue
        text = _of(value, machines=_for_machines(name))
        if not text:
            continue
        if len(found) == _OTHERS or len(text) > _OTHER_CHARS:
            too_much = f"more than {_OTHERS} other header fields, or one of more than {_OTHER_CHARS} characters"
        if len(found) < _OTHERS:
            found.append((name, text[:_OTHER_CHARS]))
    return tuple(found), too_much


def within(headers: Headers) -> Written:
    """Fields of a part that may carry writing."""
    found = ((name, _of(value, machines=name in _ABOUT_PART)) for name, value in headers.fields if name not in _CONTENT)
    return tuple((name, text) for name, text in found if text)


def parameters(value: bytes) -> Written:
    """What a Content-Type or Content-Disposition says beside its structure: unknown parameters, comments, and the like.

    Of the file name only what is too long for one: it is read by itself.
    """
    together: dict[str, list[tuple[str, bytes]]] = {}
    for key, raw in header.parameters(value)[1]:
        together.setdefault(header.base(key), []).append((key, raw))
    found = []
    for name, pieces in together.items():
        for text in header.readings(tuple(pieces), name):
            beyond = len(text) > _SHOWN if name in _FILE else writing(text, machines=name in _STRUCTURE)
            if beyond:
                found.append((name, text))
    return (*found, *(("parameters", text) for text in _outside(value)))


def _outside(value: bytes) -> Iterator[str]:
    """What of a value is neither its first word nor the value of a parameter."""
    rest = header.decode(header.without_parameters(value)).strip()
    if not _PARAMETER_LIKE.fullmatch(rest):
        yield rest
    if not value.isascii() and (names := header.unusual_names(value)):
        yield names


def _of(value: bytes, *, machines: bool) -> str:
    if machines and value.isascii():
        if packed := packed_field.text(value):
            return packed
        if not _may_tell(value):
            return ""
    return _known(value, machines) if len(value) <= _SHORT else _read(value, machines)


def _read(value: bytes, machines: bool) -> str:  # noqa: FBT001 - called through the cache
    text = header.decode(value)
    return text if writing(text, machines=machines) else ""


_known = lru_cache(_KEPT)(_read)


def writing(text: str, *, machines: bool) -> bool:
    """Whether a decoded text may carry writing; `machines`: it stands where mailers put what they tell each other."""
    return not text.isascii() or number(text) or not (machines or _MARK.fullmatch(text))


def number(text: str) -> bool:
    """Whether a number in ASCII figures is written as people write that of a telephone or a card."""
    return _NUMBER.search(text) is not None


def numbers(text: str) -> list[str]:
    """All numbers that are written so."""
    return [match[0] for match in _NUMBER.finditer(text)]


def untold(values: AbstractSet[str], shown: str) -> set[str]:
    """Those that stand nowhere in what was shown. Where that would take long, all of them: numbers in it were taken out before."""
    if len(values) * len(shown) > _LONG:
        return set(values)
    return {value for value in values if value not in shown}


def numbers_in(data: bytes) -> Iterator[re.Match[bytes]]:
    """The same in bytes."""
    return _NUMBER_BYTES.finditer(data)


def may_tell(value: bytes) -> bool:
    """Whether an ASCII value that machines write must be decoded: encoded words, ISO-2022-JP, a number, base64 of Japanese."""
    return _may_tell(value) or bool(packed_field.text(value))


def _may_tell(value: bytes) -> bool:
    if _USUAL.fullmatch(value):
        return False
    return b"=?" in value or b"\x1b" in value or _NUMBER_BYTES.search(value) is not None


def _for_machines(name: str) -> bool:
    return _machines(name) if len(name) <= _SHORT else _MACHINES.match(name) is not None


@lru_cache(_KEPT)
def _machines(name: str) -> bool:
    return _MACHINES.match(name) is not None
