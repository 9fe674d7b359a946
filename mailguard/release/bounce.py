"""A delivery status notification as a mail (RFC 3461 §6, RFC 3464, RFC 6522): what was not sent, to whom, and why.

In: a bounce and our host name. Out: bytes with CRLF. Carries the recipients that failed, the relay's masked replies and
the header block: all of it known to the envelope sender. Never the body, not for RET=FULL either: personal data does
not travel back through the mail system.
"""

import re
from base64 import encodebytes
from collections.abc import Iterable
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime

from mailguard.store.views import Bounce, Bounced

SUBJECT = "配信できなかった宛先があります / Undelivered mail"
JAPANESE = (
    "このメールは mailguard が自動で送信しています。返信は読まれません。\n\n"
    "承認されたメールのうち、次の宛先({count:,}件)には送信できませんでした。これらの宛先への送信は終了しました。\n"
    "ほかの宛先への送信には影響ありません。メールの番号: {message}\n"
)
ENGLISH = (
    "This mail was sent by mailguard automatically. Nobody reads replies.\n\n"
    "An approved mail could not be sent to these recipients ({count:,}); no further attempt is made.\n"
    "Other recipients are not affected. Message: {message}\n"
)
EXPIRED = "4.4.7"  # RFC 3463: delivery time expired
REFUSED = "5.0.0"

_ENHANCED = re.compile(r"5[0-9]{2}[ -](5\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_LINE = 900  # octets; RFC 5322 §2.1.1 allows 998


def render(bounce: Bounce, hostname: str, now: datetime) -> bytes:
    """The mail, from the null sender's point of view (RFC 3464 §2); the same bounce has always the same Message-ID."""
    boundary = f"=_{bounce.message_id}_{bounce.id}"
    parts = (
        _part("text/plain; charset=utf-8", _human(bounce).encode(), coded=True),
        _part("message/delivery-status", _status(bounce, hostname).encode("ascii", "replace"), coded=False),
        _part("text/rfc822-headers; charset=utf-8", bounce.header + b"\r\n", coded=True),
    )
    head = [
        f"Date: {_date(now)}",
        f"Message-ID: <bounce-{bounce.id}-{bounce.message_id}@{hostname}>",
        f"From: Mail Delivery System <MAILER-DAEMON@{hostname}>",
        f"To: <{_clean(bounce.mail_from)}>",
        "Subject: " + Header(SUBJECT, "utf-8", header_name="Subject").encode(linesep="\r\n"),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
        "Auto-Submitted: auto-replied",  # RFC 3834 §5
    ]
    lines = "\r\n".join(head).encode() + b"\r\n\r\n"
    mark = f"--{boundary}".encode()
    return lines + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _part(media_type: str, data: bytes, *, coded: bool) -> bytes:
    # A header block may be 8-bit or have long lines; base64 goes through any next hop.
    encoding = "base64" if coded else "7bit"
    body = encodebytes(data).replace(b"\n", b"\r\n") if coded else data
    return f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def _human(bounce: Bounce) -> str:
    facts = {"count": len(bounce.recipients), "message": bounce.message_id}
    lines = "\n".join(
        f"<{_clean(one.address)}>: {_clean(one.reply) or '応答なし / no reply'}" for one in bounce.recipients
    )
    text = f"{JAPANESE.format(**facts)}\n{ENGLISH.format(**facts)}\n{lines}\n"
    return text.replace("\n", "\r\n")


def _status(bounce: Bounce, hostname: str) -> str:
    """The message/delivery-status body: fields of the message, then of each recipient (RFC 3464 §2.1)."""
    of_message = [f"Reporting-MTA: dns; {hostname}"]
    if envid := _xtext(_option(bounce.mail_options, "ENVID")):
        of_message.append(f"Original-Envelope-Id: {envid}")
    of_message.append(f"Arrival-Date: {_date(bounce.arrived_at)}")
    blocks = [of_message, *(_recipient(one) for one in bounce.recipients)]
    return "\r\n".join("".join(f"{line}\r\n" for line in block) for block in blocks)


def _recipient(one: Bounced) -> list[str]:
    fields = []
    kind, _, original = _option(one.options, "ORCPT").partition(";")
    if original := _xtext(original):
        fields.append(f"Original-Recipient: {_clean(kind)}; {original}")
    fields += [f"Final-Recipient: {_typed(one.address)}", "Action: failed", f"Status: {status(one.reply)}"]
    if one.reply[:3].isdecimal():  # else it never came to a reply of the relay
        fields.append(f"Diagnostic-Code: smtp; {_clean(one.reply)[:_LINE]}")
    return [*fields, f"Last-Attempt-Date: {_date(one.at)}"]


def status(reply: str) -> str:
    """The RFC 3463 code of a failure: the relay's own when it refused, else that time ran out."""
    if match := _ENHANCED.match(reply):
        return match[1]
    return REFUSED if reply.startswith("5") else EXPIRED


def _typed(address: str) -> str:
    if address.isascii():
        return f"rfc822; {_clean(address)}"
    # RFC 6533 §3: utf-8-addr-xtext, for a delivery-status of 7 bits
    coded = (char if char.isascii() and char not in "\\+=" else f"\\x{{{ord(char):X}}}" for char in address)
    return f"utf-8; {_clean(''.join(coded))}"


def _option(options: Iterable[str], name: str) -> str:
    return next((value for key, _, value in (option.partition("=") for option in options) if key.upper() == name), "")


def _xtext(value: str) -> str:
    """Decoded as RFC 3461 §4 asks; what would not fit on a line of printable ASCII is left out."""
    text = _XTEXT.sub(lambda match: chr(int(match[1], 16)), value)
    return text if text.isascii() and text.isprintable() and len(text) <= _LINE else ""


def _clean(text: str) -> str:
    """Nothing that could end a line."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))
