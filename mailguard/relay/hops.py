"""The hops that mail may go to, in order, and the connections to them: kept ones first, new ones where there is none.

In: whom to speak as, and what to say first. Out: a connection of the caller's own. A hop that cannot be connected to is
passed over; a password that is refused, or an extension that is missing, is an answer and no reason to go on.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence

from mailguard.config import Relay, split_endpoint
from mailguard.errors import RelayError
from mailguard.relay import tls
from mailguard.relay.connection import Connection, Way
from mailguard.relay.credentials import Credentials
from mailguard.relay.flight import Command, UnofferedError, say
from mailguard.relay.health import Health
from mailguard.relay.login import LoginRefusedError
from mailguard.relay.offer import Offer
from mailguard.relay.pool import Pool
from mailguard.relay.reply import Reply


class Hops:
    """relay.host, then relay.fallback. `offer` is that of the connection used last, None before the first."""

    def __init__(self, settings: Relay, helo: str) -> None:
        context = tls.context(settings.tls, settings.ca_file)
        ends = [(settings.host.strip("[]"), settings.port), *map(split_endpoint, settings.fallback)]
        self._ways = [Way(number, host, port, context) for number, (host, port) in enumerate(ends)]
        self._settings = settings
        self._helo = helo
        self._secret = secrets.token_bytes(32)
        self._pool = Pool(settings)
        self._health = Health(len(ends), settings.down_seconds, lambda: asyncio.get_running_loop().time())
        self.offer: Offer | None = None

    async def say(
        self, commands: Sequence[Command], login: Credentials | None, *, new: bool = False
    ) -> tuple[Connection, list[Reply]]:
        """The commands said to the first hop that answers, on a kept connection unless `new`. Raises RelayError.

        The caller owns the connection. A kept one that its server closed is replaced, and so are the others beside it.
        """
        last = RelayError("the next hop cannot be reached")
        for hop in self._health.order():
            kept = None if new else self._pool.take(self._key(hop, login))
            for connection in (kept, None) if kept else (None,):
                try:
                    if connection is None:
                        return await self._said_anew(hop, login, commands, again=not new)
                    return await self._said(connection, commands)
                except (LoginRefusedError, UnofferedError):
                    raise
                except RelayError as error:
                    last = error
                    self._pool.flush(self._key(hop, login))
                    if connection is None:
                        # Connected or not: a hop that hangs at MAIL must not keep each message waiting.
                        self._health.failed(hop, str(error))
        raise last

    async def fresh(self, login: Credentials | None) -> Connection:
        """A new connection to the first hop that can be connected to; the caller owns it. Raises RelayError."""
        last = RelayError("the next hop cannot be reached")
        for hop in self._health.order():
            try:
                connection = await self._open(hop, login)
            except LoginRefusedError:
                raise
            except RelayError as error:
                last = error
                self._health.failed(hop, str(error))
            else:
                self._health.works(hop)
                return connection
        raise last

    async def close(self) -> None:
        """Quit every idle connection, keep none from now on. Never raises."""
        await self._pool.close()

    def give(self, connection: Connection) -> None:
        """Take a connection back; every reply on it was heard."""
        self._pool.give(connection)

    async def _said_anew(
        self, hop: int, login: Credentials | None, commands: Sequence[Command], *, again: bool
    ) -> tuple[Connection, list[Reply]]:
        connection = await self._open(hop, login)
        try:
            return await self._said(connection, commands)
        except RelayError:
            # A server that took MAIL and then broke off gets a second chance; nobody was told an answer of it yet.
            if not (again and connection.channel.heard):
                raise
        return await self._said(await self._open(hop, login), commands)

    async def _said(self, connection: Connection, commands: Sequence[Command]) -> tuple[Connection, list[Reply]]:
        try:
            replies = await say(connection, commands)
        except UnofferedError:
            connection.channel.heard = []
            self.give(connection)
            raise
        except BaseException:
            connection.channel.abort()
            raise
        self.offer = connection.offer
        self._health.works(connection.hop)
        return connection, replies

    async def _open(self, hop: int, login: Credentials | None) -> Connection:
        connection = await Connection.open(self._ways[hop], self._settings, self._helo, login)
        connection.key = self._key(hop, login)
        self.offer = connection.offer
        return connection

    def _key(self, hop: int, login: Credentials | None) -> object:
        """Whose connections these are; a digest, so that no password is kept because a connection is."""
        if login is None:
            return hop
        both = f"{len(login.login)}:{login.login}{login.password}".encode("utf-8", "surrogatepass")
        return hop, hashlib.blake2b(both, key=self._secret, digest_size=32).digest()
