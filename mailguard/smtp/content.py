"""What a message must be before anybody reads it.

In: content in pieces that part no CR from its LF. Out: the content in one, perhaps with normal line ends, or the refusal
the client hears. A bare CR or LF never leaves here: servers differ on whether it ends a line (SMTP smuggling).
"""

import asyncio
import re
from collections.abc import Sequence

from mailguard.config import Smtp
from mailguard.relay.reply import Reply
from mailguard.relay.wire import has_bare_newline

HOPS = 50  # Received lines before a mail is taken to be in a loop (RFC 5321 §6.3); the same as Postfix
AT_ONCE = 4  # pieces looked at before others have their turn

_BARE_LF = re.compile(rb"(?<!\r)\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)

_NUL = Reply.of(554, "5.6.0 message contains a NUL byte")
_BARE = Reply.of(554, "5.6.0 message contains a CR or LF that is not part of CR LF")
_HEADER = Reply.of(552, "5.3.4 message header is bigger than this server takes")
_LOOP = Reply.of(554, "5.4.6 too many hops, this mail is going in circles")


async def settle(pieces: Sequence[bytes], settings: Smtp, turns: asyncio.Lock) -> bytes | Reply:
    """The content to go on with, or why it is refused.

    What takes long is done by one message at a time, which holds `turns`, and in steps, so that others have theirs.
    """
    if len(pieces) <= AT_ONCE:
        return _refusal(pieces, settings) or _joined(pieces, settings)
    async with turns:
        refusal = None
        for start in range(0, len(pieces), AT_ONCE):
            refusal = refusal or _refusal(pieces[start : start + AT_ONCE], settings)
            await asyncio.sleep(0)
        content = refusal or _joined(pieces, settings)
        await asyncio.sleep(0)
    return content


def _refusal(pieces: Sequence[bytes], settings: Smtp) -> Reply | None:
    for piece in pieces:
        # RFC 5321 §4.5.2 lets a server refuse NUL; readers stop at it, and so would miss what follows.
        if b"\0" in piece:
            return _NUL
        if settings.bare_newline == "reject" and has_bare_newline(piece):
            return _BARE
    return None


def _joined(pieces: Sequence[bytes], settings: Smtp) -> bytes | Reply:
    if settings.bare_newline != "reject":
        pieces = [normalised(piece) if has_bare_newline(piece) else piece for piece in pieces]
    content = b"".join(pieces)
    header = header_block(content, settings.max_header_bytes)
    if header is None:
        return _HEADER
    return _LOOP if _in_circles(header) else content


def normalised(content: bytes) -> bytes:
    """Each bare LF becomes CR LF, each bare CR a space (CR CR LF, a common slip, must not end the header)."""
    return _BARE_LF.sub(b"\r\n", _BARE_CR.sub(b" ", content))


def header_block(content: bytes, most: int) -> bytes | None:
    """Everything before the first empty line; None if that is more than `most` bytes."""
    if content.startswith(b"\r\n"):
        return b""
    end = content.find(b"\r\n\r\n", 0, most + 4)
    if end < 0 and len(content) > most:
        return None
    return content if end < 0 else content[:end]


def _in_circles(header: bytes) -> bool:
    return header.count(b"\n") >= HOPS and len(_RECEIVED.findall(header)) > HOPS
