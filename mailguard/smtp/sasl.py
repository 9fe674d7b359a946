"""AUTH PLAIN and LOGIN (RFC 4954, 4616): the words of the exchange.

In: what a client sends, and a way to ask it for more. Out: credentials, or the refusal it hears. Checks no password.
"""

import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable

from mailguard.relay.credentials import Credentials
from mailguard.relay.reply import Reply

MECHANISMS = ("PLAIN", "LOGIN")

Ask = Callable[[bytes], Awaitable[bytes]]
"""Sends a 334 with this text, gives the line that comes back."""

_CANCELLED = Reply.of(501, "5.7.0 authentication cancelled")
_UNDECODABLE = Reply.of(501, "5.5.2 cannot decode the response")
_UNKNOWN = Reply.of(504, "5.5.4 mechanism not supported")
REFUSED = Reply.of(535, "5.7.8 login or password is wrong")


async def exchange(mechanism: str, initial: bytes | None, ask: Ask) -> Credentials | Reply:
    """One exchange. `initial` is the initial response as sent, None when there was none."""
    match mechanism:
        case "PLAIN":
            # RFC 4954 §4: without an initial response the challenge is empty.
            return _plain(_decoded(initial if initial is not None else await ask(b"")))
        case "LOGIN":
            return await _login(initial, ask)
        case _:
            return _UNKNOWN


def _plain(response: bytes | Reply) -> Credentials | Reply:
    if isinstance(response, Reply):
        return response
    fields = response.split(b"\0")
    if len(fields) != 3:
        return _UNDECODABLE
    acting, login, password = fields
    # RFC 4616 §2: nobody acts for somebody else here.
    return REFUSED if acting not in {b"", login} else _credentials(login, password)


async def _login(initial: bytes | None, ask: Ask) -> Credentials | Reply:
    login = _decoded(initial if initial is not None else await ask(b"VXNlcm5hbWU6"))
    if isinstance(login, Reply):
        return login
    password = _decoded(await ask(b"UGFzc3dvcmQ6"))
    return password if isinstance(password, Reply) else _credentials(login, password)


def _credentials(login: bytes, password: bytes) -> Credentials | Reply:
    if not login or not password or b"\0" in login + password:
        return REFUSED
    try:
        return Credentials(login.decode(), password.decode())
    except UnicodeDecodeError:  # RFC 4616 §2: both are UTF-8
        return REFUSED


def _decoded(line: bytes) -> bytes | Reply:
    if line == b"*":
        return _CANCELLED
    if line == b"=":  # RFC 4954 §4: an initial response of zero length
        return b""
    try:
        return b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        return _UNDECODABLE
