"""MAIL and RCPT as they are said to the next hop: raw addresses, and those options that it offered.

In: addresses and ESMTP options as the client gave them. Out: command lines, and the next hop's replies.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.errors import RelayError
from mailguard.relay.connection import Connection
from mailguard.relay.offer import Offer
from mailguard.relay.reply import Reply

Recipient = tuple[str, tuple[str, ...]]

# The extension that must be offered for an option to be passed on (RFC 1870, 6152, 6531, 3461).
_EXTENSION = {
    "SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8",
    "RET": "DSN", "ENVID": "DSN", "NOTIFY": "DSN", "ORCPT": "DSN",
}  # fmt: skip


# What a message cannot do without: it must not go to a server that lacks the extension (RFC 6531 §3.5, RFC 6152 §3).
_NEEDED = {"SMTPUTF8": "SMTPUTF8", "BODY=8BITMIME": "8BITMIME"}


class UnofferedError(RelayError):
    """The next hop lacks an extension that the message cannot do without; the connection is as good as before."""


@dataclass(frozen=True, slots=True)
class Command:
    """`keyword` ends with a colon."""

    keyword: bytes
    address: str
    options: tuple[str, ...] = ()

    def line(self, offer: Offer) -> bytes:
        """The wire line without its end. Raises UnofferedError."""
        line = f"<{self.address}>"
        if self.options:
            for option in self.options:
                needed = _NEEDED.get(option.upper())
                if needed is not None and needed not in offer.keywords:
                    raise UnofferedError(f"the next hop does not offer {needed}")
            line = " ".join([line, *(option for option in self.options if _offered(offer, option))])
        return self.keyword + line.encode("utf-8", "surrogateescape")


def mail(address: str, options: tuple[str, ...] = ()) -> Command:
    """MAIL (RFC 5321 §4.1.1.2)."""
    return Command(b"MAIL FROM:", address, options)


def rcpts(recipients: Sequence[Recipient]) -> list[Command]:
    """RCPT (RFC 5321 §4.1.1.3)."""
    return [Command(b"RCPT TO:", address, options) for address, options in recipients]


async def say(connection: Connection, commands: Sequence[Command]) -> list[Reply]:
    """The replies, one a command. Raises RelayError; `connection.channel.heard` is what was answered before it."""
    offer = connection.offer
    lines = [command.line(offer) for command in commands]
    replies = await connection.flight(lines, commands[0].keyword[:4].decode())
    for reply in replies:
        if reply.code // 100 == 3:
            connection.channel.heard = []
            connection.channel.abort()
            raise RelayError(f"the next hop answered an address with {reply.code}")
    return replies


def _offered(offer: Offer, option: str) -> bool:
    return _EXTENSION.get(option.partition("=")[0].upper(), "") in offer.keywords
