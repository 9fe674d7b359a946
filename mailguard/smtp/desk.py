"""What all sessions of one SMTP server share: settings, the way on, and who is connected.

In: a client's address. Out: whether it may speak. Never decides anything about a message.
"""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from mailguard.config import Smtp
from mailguard.model import Message
from mailguard.relay.next_hop import NextHop, Transaction
from mailguard.relay.reply import Reply
from mailguard.smtp.gate import Gate
from mailguard.smtp.inflight import Inflight
from mailguard.smtp.tls import Certificate

_STRANGER = Reply.of(554, "5.7.1 your network may not send through this server")
_FULL = Reply.of(421, "4.3.2 too many connections, try again later")
_TOO_MANY = Reply.of(421, "4.7.0 too many connections from your address, try again later")


class Delivery(Protocol):
    """The path of one message. Never raises; afterwards the transaction is finished or reset.

    `deliver` is called right after the final dot: its start is where smtp.reply_seconds begins.
    """

    async def deliver(self, message: Message, transaction: Transaction) -> Reply:
        """Pass, hold or defer; the reply is what the client hears."""


class StopList(Protocol):
    """Who wants no more mail."""

    @property
    def refuses(self) -> bool:
        """Whether such a recipient hears 550; else 250, and is not sent to."""

    async def at_rcpt(self, login: str | None, client: str, recipients: Sequence[str]) -> Sequence[bool]:
        """Which of these are on it, for whoever sends here. Raises StoreError."""


class Standing(StrEnum):
    """What a client's address alone allows."""

    MAY_SEND = "may_send"
    MUST_LOG_IN = "must_log_in"
    STRANGER = "stranger"


@dataclass(slots=True)
class Desk:
    """`hostname` stands in the greeting; `sessions` are those now open, `leaving` those that only wait to be read.

    turns: held by the one message that is looked through in steps.
    """

    settings: Smtp
    pipeline: Delivery
    next_hop: NextHop
    clock: Callable[[], datetime]
    hostname: str
    gate: Gate
    stop_list: StopList | None = None
    certificate: Certificate | None = None
    sessions: dict[Any, str] = field(default_factory=dict)  # session → client as it entered
    leaving: set[Any] = field(default_factory=set)
    clients: Counter[str] = field(default_factory=Counter)
    turns: asyncio.Lock = field(default_factory=asyncio.Lock)
    inflight: Inflight = field(init=False)
    _senders: tuple[Any, ...] = field(init=False)
    _strangers: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.inflight = Inflight(self.settings.max_inflight_bytes)
        self._senders = _networks(self.settings.clients)
        self._strangers = _networks(self.settings.auth_clients)

    def enter(self, session: Any, client: str) -> None:
        """A connection came; may be said twice."""
        if session not in self.sessions:
            self.sessions[session] = client
            self.clients[client] += 1

    def leave(self, session: Any) -> None:
        """It does not count any more; may be said twice."""
        client = self.sessions.pop(session, None)
        if client is None:
            return
        self.clients[client] -= 1
        if not self.clients[client]:
            del self.clients[client]

    def standing(self, client: str) -> Standing:
        """What the networks of the configuration say of an address; one that is not known is in none of them."""
        address = _address(client)
        if address is None:
            return Standing.STRANGER
        if any(address in network for network in self._senders):
            return Standing.MAY_SEND
        if any(address in network for network in self._strangers):
            return Standing.MUST_LOG_IN
        return Standing.STRANGER

    def refusal(self, client: str) -> Reply | None:
        """Why a client that has just entered may not speak."""
        if self.standing(client) is Standing.STRANGER:
            return _STRANGER
        if len(self.sessions) > self.settings.max_connections:
            return _FULL
        return _TOO_MANY if self.clients[client] > self.settings.max_connections_per_client else None


def is_this_machine(client: str) -> bool:
    """Whether nobody between can listen."""
    address = _address(client)
    return address is not None and address.is_loopback


def _networks(values: Iterable[str]) -> tuple[Any, ...]:
    return tuple(ipaddress.ip_network(value) for value in values)


def _address(client: str) -> Any:
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 clients as ::ffff:192.0.2.1.
    return getattr(address, "ipv4_mapped", None) or address
