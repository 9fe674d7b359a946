"""What a message must be before anybody reads it.

In: content as collected. Out: the same, or with normal line ends, or the refusal the client hears.
A bare CR or LF never leaves here: servers differ on whether it ends a line (SMTP smuggling).
"""

import re

from mailguard.relay.reply import Reply
from mailguard.relay.wire import has_bare_newline

HOPS = 50  # Received lines before a mail is taken to be in a loop (RFC 5321 §6.3); the same as Postfix

_BARE_LF = re.compile(rb"(?<!\r)\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)


def settle(content: bytes, bare_newline: str) -> bytes | Reply:
    """The content to go on with, or why it is refused. `bare_newline`: reject | normalise."""
    if b"\0" in content:
        # RFC 5321 §4.5.2 lets a server refuse NUL; readers stop at it, and so would miss what follows.
        return Reply.of(554, "5.6.0 message contains a NUL byte")
    if has_bare_newline(content):
        if bare_newline == "reject":
            return Reply.of(554, "5.6.0 message contains a CR or LF that is not part of CR LF")
        content = normalised(content)
    if len(_RECEIVED.findall(header_block(content))) > HOPS:
        return Reply.of(554, "5.4.6 too many hops, this mail is going in circles")
    return content


def normalised(content: bytes) -> bytes:
    """Each bare LF becomes CR LF, each bare CR a space (CR CR LF, a common slip, must not end the header)."""
    return _BARE_LF.sub(b"\r\n", _BARE_CR.sub(b" ", content))


def header_block(content: bytes) -> bytes:
    """Everything before the first empty line."""
    if content.startswith(b"\r\n"):
        return b""
    end = content.find(b"\r\n\r\n")
    return content if end < 0 else content[:end]
