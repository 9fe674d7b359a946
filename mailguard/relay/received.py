"""The Received line that mailguard adds (RFC 5321 §4.4): trace, and the only change to a message.

In: a message and our host name. Out: one folded header line as bytes. Carries no recipient and no sender.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from mailguard.model import Message

_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")


def received_line(message: Message, hostname: str) -> bytes:
    """`Received: from helo ([ip]) by host with ESMTP id M-…; date`, folded, with CRLF."""
    envelope = message.envelope
    helo = envelope.helo if _NAME.fullmatch(envelope.helo) else "unknown"
    client = f"IPv6:{envelope.client}" if ":" in envelope.client else envelope.client
    origin = f"{helo} ([{client}])" if _NAME.fullmatch(client) else helo
    date = _date(message.received_at.replace(microsecond=0))
    line = f"Received: from {origin}\r\n\tby {hostname} with {_protocol(message)} id {message.id};\r\n\t{date}\r\n"
    return line.encode("ascii", "replace")


@lru_cache(16)
def _date(second: datetime) -> str:
    """Mails of one second share it."""
    return format_datetime(second.astimezone(UTC))


def _protocol(message: Message) -> str:
    # RFC 3848; RFC 6531 §4.3 for mail with internationalised addresses.
    envelope = message.envelope
    utf8 = any(option.upper() == "SMTPUTF8" for option in envelope.mail_options)
    return ("UTF8SMTP" if utf8 else "ESMTP") + ("S" if envelope.tls else "") + ("A" if envelope.login else "")
