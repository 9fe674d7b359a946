"""One connection to the next hop, greeted, under TLS and logged in as the settings ask; and what it has been through.

In: which hop, and as whom. Out: a connection ready for MAIL. Raises RelayError when it cannot be made as asked; TLS
that was asked for is never left out, and no login goes out in the clear. Knows nothing of transactions.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from dataclasses import dataclass

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.relay.channel import Channel
from mailguard.relay.credentials import Credentials
from mailguard.relay.login import log_in
from mailguard.relay.offer import Offer, parse_offer
from mailguard.relay.reply import Reply
from mailguard.relay.tls import HandshakeError, reason, start_tls

# Postfix delays a client from the 101st RSET and the 10th refusal without a delivery on, and drops it at the 121st and
# the 20th (smtpd_junk_command_limit, smtpd_soft_error_limit, smtpd_hard_error_limit). Half of that is far enough.
RESETS = 50
REFUSALS = 8


@dataclass(frozen=True, slots=True)
class Way:
    """How to a hop: its place in relay.host and relay.fallback, its address, and the TLS context or None."""

    number: int
    host: str
    port: int
    context: ssl.SSLContext | None


class Connection:
    """Use `Connection.open`. owes_reset: an envelope is still open there; RSET goes in front of the next command."""

    def __init__(self, channel: Channel, hop: int) -> None:
        self.channel = channel
        self.hop = hop
        self.offer = Offer()
        self.reply = Reply(220)
        self.born = self.idle_since = asyncio.get_running_loop().time()
        self.key: object = None
        self.owes_reset = False
        self._verified = False
        self._resets = 0
        self._refusals = 0

    @classmethod
    async def open(cls, way: Way, settings: Relay, helo: str, login: Credentials | None) -> "Connection":
        """Connect, greet, TLS, log in; `reply` is the answer to AUTH. Raises RelayError, LoginRefusedError among them."""
        try:
            return await cls._open(way, settings, helo, login)
        except HandshakeError:
            if settings.tls != "opportunistic" or settings.implicit_tls:
                raise
        clear = Way(way.number, way.host, way.port, None)
        return await cls._open(clear, settings, helo, login)

    @classmethod
    async def _open(cls, way: Way, settings: Relay, helo: str, login: Credentials | None) -> "Connection":
        connection = cls(await _connected(way, settings), way.number)
        try:
            await connection._prepare(way, settings, helo, login)
        except BaseException:
            connection.channel.abort()
            raise
        return connection

    async def _prepare(self, way: Way, settings: Relay, helo: str, login: Credentials | None) -> None:
        greeting = await self.channel.greeting()
        if not greeting.ok:
            raise RelayError(f"the next hop greeted with {greeting.code}")
        await self._greet(helo)
        secure = way.context is not None and settings.implicit_tls
        if way.context is not None and not secure:
            secure = await self._start_tls(way, settings)
            if secure:
                # What was offered in clear is forgotten (RFC 3207 §4.2).
                await self._greet(helo)
        if login is not None:
            verified = secure and settings.tls == "verify"
            self.reply = await log_in(self.channel, self.offer, login, verified=verified)

    async def _greet(self, helo: str) -> None:
        self.offer = Offer()
        name = helo.encode("ascii", "replace")
        reply = (await self.channel.flight([b"EHLO " + name], "EHLO"))[0]
        if reply.ok:
            self.offer = parse_offer(reply)
        elif not (await self.channel.flight([b"HELO " + name], "HELO"))[0].ok:
            raise RelayError("the next hop refused EHLO and HELO")

    async def _start_tls(self, way: Way, settings: Relay) -> bool:
        assert way.context is not None
        said = "is not offered"
        if "STARTTLS" in self.offer.keywords:
            reply = (await self.channel.flight([b"STARTTLS"], "STARTTLS"))[0]
            if reply.ok:
                await start_tls(self.channel, way.context, way.host, settings.connect_seconds)
                return True
            said = f"was answered with {reply.code}"
        if settings.tls == "verify":
            raise RelayError(f"STARTTLS {said} by the next hop: relay.tls = verify sends nothing in the clear")
        return False

    @property
    def healthy(self) -> bool:
        """Whether the next envelope may be said on it: nothing is owed, and nothing was said unasked."""
        return self.channel.quiet and not self.channel.busy

    @property
    def worn(self) -> bool:
        """Whether the server is about to lose its patience with it."""
        return self._resets + self.owes_reset > RESETS or self._refusals >= REFUSALS

    def note(self, replies: list[Reply]) -> None:
        """Remember refusals among the answers to commands."""
        for reply in replies:
            if reply.code >= 400:
                self._refusals += 1

    def delivered(self) -> None:
        """A message was taken: the server's counts begin anew."""
        self._resets = self._refusals = 0

    async def flight(self, lines: list[bytes], step: str) -> list[Reply]:
        """The replies to `lines`, in one flight with a RSET that is owed when PIPELINING is offered (RFC 2920)."""
        if "PIPELINING" in self.offer.keywords:
            return await self._together(lines, step)
        if self.owes_reset:
            await self._together([], "RSET")
        heard: list[Reply] = []
        try:
            for line in lines:
                heard += await self.channel.flight([line], step)
        finally:
            self.channel.heard = heard
        self.note(heard)
        return heard

    async def _together(self, lines: list[bytes], step: str) -> list[Reply]:
        if not self.owes_reset:
            replies = await self.channel.flight(lines, step)
            self.note(replies)
            return replies
        self.owes_reset = False
        self._resets += 1
        try:
            replies = await self.channel.flight([b"RSET", *lines], step)
        except RelayError:
            self.channel.heard = self.channel.heard[1:]
            raise
        if not replies.pop(0).ok:
            self.channel.abort()
            raise RelayError("the next hop refused RSET")
        self.note(replies)
        return replies


async def _connected(way: Way, settings: Relay) -> Channel:
    try:
        async with asyncio.timeout(settings.connect_seconds):
            return await _to_one_of(await _addresses(way), way, settings)
    except (OSError, EOFError, TimeoutError) as error:
        raise RelayError(f"the next hop cannot be reached ({reason(error)})") from None


async def _addresses(way: Way) -> list[str]:
    """All that the name stands for, in the order in which to try them (RFC 5321 §5.1, RFC 6724)."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(way.host))]  # no thread is asked, which the store might keep busy
    found = await asyncio.get_running_loop().getaddrinfo(way.host, way.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def _to_one_of(addresses: list[str], way: Way, settings: Relay) -> Channel:
    """The first that answers; the last one's error when none does. One that is silent leaves time for the others."""
    loop = asyncio.get_running_loop()
    until = loop.time() + settings.connect_seconds
    implicit = way.context if settings.implicit_tls else None
    for left in range(len(addresses), 0, -1):
        try:
            async with asyncio.timeout_at(loop.time() + (until - loop.time()) / left):
                _, channel = await loop.create_connection(
                    lambda: Channel(settings.reply_seconds),
                    addresses[-left],
                    way.port,
                    ssl=implicit,
                    server_hostname=way.host if implicit else None,
                )
        except (OSError, EOFError, TimeoutError):
            if left == 1:
                raise
        else:
            return channel
    raise OSError("the name has no address")
