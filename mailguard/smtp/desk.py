"""What all sessions of one SMTP server share: settings, the way on, and who is connected.

In: a client's address. Out: whether it may speak. Never decides anything about a message.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from mailguard.config import Smtp
from mailguard.model import Message
from mailguard.relay.next_hop import NextHop, Transaction
from mailguard.relay.reply import Reply
from mailguard.smtp.inflight import Inflight


class Delivery(Protocol):
    """The path of one message. Never raises; afterwards the transaction is finished or reset.

    `deliver` is called right after the final dot: its start is where smtp.reply_seconds begins.
    """

    async def deliver(self, message: Message, transaction: Transaction) -> Reply:
        """Pass, hold or defer; the reply is what the client hears."""


@dataclass(slots=True)
class Desk:
    """`hostname` stands in the greeting; `sessions` are those now open, `leaving` those that only wait to be read."""

    settings: Smtp
    pipeline: Delivery
    next_hop: NextHop
    clock: Callable[[], datetime]
    hostname: str
    sessions: set[Any] = field(default_factory=set)
    leaving: set[Any] = field(default_factory=set)
    inflight: Inflight = field(init=False)

    def __post_init__(self) -> None:
        self.inflight = Inflight(self.settings.max_inflight_bytes)

    def refusal(self, client: str) -> Reply | None:
        """Why a client that has just been added to `sessions` may not speak."""
        if not self._known(client):
            return Reply.of(554, "5.7.1 your network may not send through this server")
        if len(self.sessions) > self.settings.max_connections:
            return Reply.of(421, "4.3.2 too many connections, try again later")
        return None

    def _known(self, client: str) -> bool:
        try:
            address = ipaddress.ip_address(client.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)  # a dual-stack socket shows IPv4 clients as ::ffff:192.0.2.1
        return any((mapped or address) in ipaddress.ip_network(network) for network in self.settings.clients)
