"""AUTH with the next hop (RFC 4954): PLAIN (RFC 4616), or LOGIN where nothing else is offered.

In: a connection's channel and credentials. Out: the reply of success. Never sends a password where anybody could read
it: only under TLS with a certificate that was checked, or within this machine.
"""

import base64
import ipaddress

from mailguard.errors import RelayError
from mailguard.relay.channel import Channel
from mailguard.relay.credentials import Credentials
from mailguard.relay.offer import Offer
from mailguard.relay.reply import Reply

_LINE = 510  # RFC 5321 §4.5.3.1.4, without CRLF: a longer token goes on a line of its own (RFC 4954 §4)


class LoginRefusedError(RelayError):
    """The next hop does not know this login, or not now; `reply` is what it said."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"the next hop refused the login with {reply.code}")
        self.reply = reply


async def log_in(channel: Channel, offer: Offer, credentials: Credentials, *, verified: bool) -> Reply:
    """Its reply of success. Raises LoginRefusedError, or RelayError when no login is possible here."""
    if not (verified or _within_this_machine(channel)):
        raise RelayError('the login was not sent: it would go in the clear. Set relay.tls = "verify"')
    if "\0" in credentials.login + credentials.password:
        raise LoginRefusedError(Reply.of(535, "5.7.8 authentication failed"))  # RFC 4616 §2 has no way to say it
    name, password = (part.encode("utf-8", "surrogateescape") for part in (credentials.login, credentials.password))
    if "PLAIN" in offer.mechanisms:
        token = base64.b64encode(b"\0" + name + b"\0" + password)
        first = b"AUTH PLAIN " + token
        steps = [first] if len(first) <= _LINE else [b"AUTH PLAIN", token]
    elif "LOGIN" in offer.mechanisms:
        steps = [b"AUTH LOGIN", base64.b64encode(name), base64.b64encode(password)]
    else:
        raise RelayError("the next hop offers neither AUTH PLAIN nor AUTH LOGIN")
    return await _exchange(channel, steps)


async def _exchange(channel: Channel, steps: list[bytes]) -> Reply:
    for step in steps:
        reply = (await channel.flight([step], "AUTH"))[0]
        if reply.temporary or reply.permanent:
            raise LoginRefusedError(reply)
        if reply.ok is not (step is steps[-1]):
            raise RelayError(f"the next hop answered AUTH with {reply.code}")
    return reply


def _within_this_machine(channel: Channel) -> bool:
    peer = channel.transport.get_extra_info("peername")
    return bool(peer) and ipaddress.ip_address(str(peer[0]).partition("%")[0]).is_loopback
