"""The header block of a mail. Within a mailing only To, Date and Message-ID differ: all else is read once.

In: a header block. Out: its fields, and what of them people see. What differs is taken out of the block first, where it
stands in one printable line; what is left is the key under which the rest is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from mailguard.unpack import display, header, mailing_id, writing
from mailguard.unpack.budget import Limits
from mailguard.unpack.header import Address, Headers
from mailguard.unpack.writing import Written

_VARYING = re.compile(
    rb"^(to|date|message-id): ?([!-~][ -~]{0,300})(?=\r?\n(?![ \t])|\Z)", re.MULTILINE | re.IGNORECASE
)
_KEPT, _SHORT = 256, 4_000  # so many blocks, of at most so many bytes
_NONE = Limits()  # a short block reaches none of them
_NAMES = ("to", "date", "message-id")
_SENDERS = ("from", "sender", "reply-to", "resent-from", "resent-sender", "resent-reply-to")
_RESENT = ("resent-to", "resent-cc", "resent-bcc")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Decoded, without To and Date. resent: Resent-To, -Cc and -Bcc. senders: what From and the like say beside addresses.

    too_much: what of `other` is over the bounds, "" if nothing. mailing, mailing_list: see mailing_id.py.
    """

    subject: str
    from_: tuple[Address, ...]
    sender: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    resent: tuple[Address, ...]
    senders: tuple[str, ...]
    other: Written
    too_much: str
    mailing: str
    mailing_list: str


@dataclass(frozen=True, slots=True)
class Block:
    """A header block that was parsed. own: To and Date where they were taken out of `headers`, else None."""

    headers: Headers
    letterhead: Letterhead
    own: Mapping[bytes, bytes] | None = field(default=None)

    @property
    def to(self) -> tuple[Address, ...]:
        """The mailboxes of To."""
        if self.own is None:
            return _mailboxes(_by_name(self.headers), "to")
        value = self.own.get(b"to")
        return tuple(header.addresses(value)) if value else ()

    @property
    def other(self) -> Written:
        """What else carries writing."""
        if self.own is None:
            more = display.recipients(self.headers.all("to"))
        else:
            value = self.own.get(b"to")
            more = display.recipient(value) if value else ()
        return (*self.letterhead.other, *(("to", text) for text in more)) if more else self.letterhead.other

    @property
    def date(self) -> str:
        """The text of Date."""
        return header.decode(self.headers.first("date") if self.own is None else self.own.get(b"date", b""))


def read(block: bytes, limits: Limits) -> Block:
    """The header block of a mail."""
    if len(block) <= min(_SHORT, limits.header_bytes, limits.header_block_bytes):
        own: dict[bytes, bytes] = {}

        def taken(match: re.Match[bytes]) -> bytes:
            name = match[1].lower()
            if name != b"to" and writing.may_tell(match[2]):
                return match[0]
            own[name] = match[2].strip()
            return match[1] + b":"

        known = _known(_VARYING.sub(taken, block))
        if known is not None:
            return Block(known[0], known[1], own)
    headers = header.parse(block, limits)
    return Block(headers, _letterhead(headers))


@lru_cache(_KEPT)
def _known(block: bytes) -> tuple[Headers, Letterhead] | None:
    """A block without what differs; None where a field that was taken out stands twice, or was not taken out."""
    headers = header.parse(block, _NONE)
    own = [(name, value) for name, value in headers.fields if name in _NAMES]
    if len({name for name, _ in own}) < len(own) or any(value for _, value in own):
        return None
    return headers, _letterhead(headers)


def _letterhead(headers: Headers) -> Letterhead:
    fields = _by_name(headers)
    other, too_much = writing.remaining(headers)
    mailing, mailing_list = mailing_id.read(headers)
    return Letterhead(
        subject=header.decode(headers.first("subject")),
        from_=_mailboxes(fields, "from"),
        sender=_mailboxes(fields, "sender"),
        cc=_mailboxes(fields, "cc"),
        bcc=_mailboxes(fields, "bcc"),
        reply_to=_mailboxes(fields, "reply-to"),
        resent=_mailboxes(fields, *_RESENT),
        senders=display.senders(_values(fields, *_SENDERS)),
        other=(*other, *(("cc", text) for text in display.recipients(_values(fields, "cc", "bcc", *_RESENT)))),
        too_much=too_much,
        mailing=mailing,
        mailing_list=mailing_list,
    )


def _by_name(headers: Headers) -> dict[str, list[bytes]]:
    fields: dict[str, list[bytes]] = {}
    for name, value in headers.fields:
        fields.setdefault(name, []).append(value)
    return fields


def _mailboxes(fields: Mapping[str, Sequence[bytes]], *names: str) -> tuple[Address, ...]:
    return tuple(box for value in _values(fields, *names) for box in header.addresses(value))


def _values(fields: Mapping[str, Sequence[bytes]], *names: str) -> list[bytes]:
    return [value for name in names if name in fields for value in fields[name]]
