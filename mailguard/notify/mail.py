"""A notice as a mail: plain text, UTF-8, readable by any next hop.

In: a notice, sender, link, time. Out: bytes with CRLF and without 8-bit characters. The Message-ID is the notice's
own, so that a notice sent twice is one mail to most readers.
"""

from base64 import encodebytes
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime

from mailguard.notify.texts import compose
from mailguard.store.views import Notice, Person


class BadAddressError(Exception):
    """A sender or recipient that cannot stand in a header."""


def render(notice: Notice, person: Person, sender: str, url: str, now: datetime) -> bytes:
    """The mail to a person; raises BadAddressError on control characters in an address."""
    subject, text = compose(notice, link(notice, url), person.language)
    headers = [
        f"Date: {format_datetime(now.astimezone(UTC))}",
        f"Message-ID: <{notice.id}@{sender.rpartition('@')[2].rstrip('>') or 'localhost'}>",
        f"From: mailguard <{checked(sender)}>",
        f"To: <{checked(person.email)}>",
        "Subject: " + Header(subject, "utf-8", header_name="Subject").encode(linesep="\r\n"),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "Auto-Submitted: auto-generated",  # RFC 3834 §5: no vacation replies
    ]
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + _base64(text)


def link(notice: Notice, url: str) -> str:
    """Where people look at it, behind their login."""
    return url.rstrip("/") + (notice.path or f"/holds/{notice.hold_id}")


def checked(address: str) -> str:
    """The address, if it is one that cannot end its header or its bracket."""
    if not address.isprintable() or any(char in address for char in "<> "):
        raise BadAddressError
    return address


def _base64(text: str) -> bytes:
    return encodebytes(text.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")
