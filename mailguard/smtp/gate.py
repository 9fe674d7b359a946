"""Who may log in: asks the list of logins or the relay, and remembers a yes for a while.

In: credentials and the client's address. Out: a ticket, or the refusal the client hears. Keeps no password: what is
remembered is a digest under a key that lives as long as this process. A login that was disabled or changed is noticed
within `STAMP_SECONDS`. Guesses are counted in the store, those that the relay answers as well: all SMTP processes count
together, and the relay sees but one address, ours, and would block it for a guesser's sake.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from mailguard.config import Smtp
from mailguard.errors import RelayError, StoreError, ThrottledError
from mailguard.relay.credentials import Credentials
from mailguard.relay.next_hop import NextHop
from mailguard.relay.reply import Reply
from mailguard.smtp.sasl import REFUSED

STAMP_SECONDS = 1.0  # how old may be what we know of a login
AT_ONCE = 2  # passwords checked at the same time: each takes 64 MB and a processor
TURN_SECONDS = 30.0  # longest wait for that
REMEMBERED = 10_000  # logins
# Processes that check the right password at the same moment count as guesses until one is through (store/throttle.py).
THROTTLED_SECONDS = 0.5
THROTTLED_TRIES = 3

_NOT_NOW = Reply.of(454, "4.7.0 temporary authentication failure, try again later")


class Logins(Protocol):
    """The list of logins, and the count of what failed; called in threads, but for `locked`."""

    def locked(self, name: str, client: str) -> bool:
        """Whether it is known, without asking the database, that this name must wait in this client's network."""

    def verify(self, name: str, password: str, client: str) -> bool:
        """Whether this is the password of an enabled login; ThrottledError after too many failures."""

    def begin(self, name: str, client: str) -> Any:
        """One attempt at the relay, counted until it is settled; ThrottledError after too many failures."""

    def settle(self, attempt: Any, *, right: bool | None) -> None:
        """What the relay said; None: nothing about the password."""

    def stamp(self, name: str) -> int | None:
        """Changes whenever the login does; None when there is none that is enabled."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A login that was let in. `stamp` is what the list of logins said of it then."""

    credentials: Credentials
    stamp: int | None

    @property
    def login(self) -> str:
        """Its name, as it stands in the envelope."""
        return self.credentials.login.strip()


@dataclass(slots=True)
class Gate:
    """`time` is the event loop's. With pass-through, the relay decides, and hears the same credentials for each mail."""

    settings: Smtp
    next_hop: NextHop
    logins: Logins | None
    time: Callable[[], float]
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _passed: dict[bytes, tuple[int | None, float]] = field(default_factory=dict)  # digest → stamp, until when
    _stamps: dict[str, tuple[int | None, float]] = field(default_factory=dict)  # login → stamp, of when
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def admit(self, credentials: Credentials, client: str) -> Ticket | Reply:
        """Let somebody in, or say why not; `client` is the address that asks. Never raises."""
        digest = self._digest(credentials, client)
        for _ in range(THROTTLED_TRIES):
            try:
                # Before what is remembered: else whoever shares the address of a tool could try passwords on that.
                if self._list.locked(credentials.login, client):
                    break
                return await self._turn(credentials, digest, client)
            except ThrottledError as error:
                if error.until is not None:
                    break
                # Waited for without a turn: a name that is throttled must not keep the others out.
                await asyncio.sleep(THROTTLED_SECONDS)
            except (StoreError, RelayError, TimeoutError):
                break
        return _NOT_NOW

    @property
    def _list(self) -> Logins:
        assert self.logins is not None  # AUTH is not offered without
        return self.logins

    async def _turn(self, credentials: Credentials, digest: bytes, client: str) -> Ticket | Reply:
        async with asyncio.timeout(TURN_SECONDS):
            ticket = await self._remembered(credentials, digest)
            if ticket is not None:
                return ticket
            await self._turns.acquire()
        try:
            # Many connections of one tool come together: whoever waited profits from who was first.
            return await self._remembered(credentials, digest) or await self._asked(credentials, digest, client)
        finally:
            self._turns.release()

    async def still(self, ticket: Ticket) -> bool:
        """Whether a login that was let in is as it was then."""
        if self.settings.auth != "local":
            return True
        try:
            # No stamp: no such login, or a disabled one.
            return ticket.stamp is not None and await self._stamp(ticket.login) == ticket.stamp
        except StoreError:
            return False

    async def _asked(self, credentials: Credentials, digest: bytes, client: str) -> Ticket | Reply:
        if self.settings.auth == "pass-through":
            reply = await self._relayed(credentials, client)
            if not reply.ok:
                return reply if reply.temporary or reply.permanent else _NOT_NOW
            return self._remember(credentials, digest, None)
        # The stamp first, and not from memory: a change that comes in between is noticed afterwards.
        stamp = await self._fresh_stamp(credentials.login)
        right = await asyncio.to_thread(self._list.verify, credentials.login, credentials.password, client)
        if right and stamp is None:  # enabled in between
            return _NOT_NOW
        return self._remember(credentials, digest, stamp) if right else REFUSED

    async def _relayed(self, credentials: Credentials, client: str) -> Reply:
        """What the relay says. 4xx, or no answer, is its own trouble and no failure of the client."""
        attempt = await asyncio.to_thread(self._list.begin, credentials.login, client)
        right = None
        try:
            reply = await self.next_hop.verify(credentials)
            right = reply.ok if reply.ok or reply.permanent else None
        finally:
            await asyncio.to_thread(self._list.settle, attempt, right=right)
        return reply

    async def _remembered(self, credentials: Credentials, digest: bytes) -> Ticket | None:
        stamp, until = self._passed.get(digest, (None, 0.0))
        if self.time() >= until:
            self._passed.pop(digest, None)
            return None
        ticket = Ticket(credentials, stamp)
        return ticket if await self.still(ticket) else None

    def _remember(self, credentials: Credentials, digest: bytes, stamp: int | None) -> Ticket:
        self._passed.pop(digest, None)
        while len(self._passed) >= REMEMBERED:
            del self._passed[next(iter(self._passed))]
        if self.settings.auth_cache_seconds:
            self._passed[digest] = (stamp, self.time() + self.settings.auth_cache_seconds)
        return Ticket(credentials, stamp)

    async def _stamp(self, login: str) -> int | None:
        stamp, at = self._stamps.get(login, (None, -STAMP_SECONDS))
        return await self._fresh_stamp(login) if self.time() - at >= STAMP_SECONDS else stamp

    async def _fresh_stamp(self, login: str) -> int | None:
        at = self.time()
        stamp = await asyncio.to_thread(self._list.stamp, login)
        self._stamps.pop(login, None)
        while len(self._stamps) >= REMEMBERED:
            del self._stamps[next(iter(self._stamps))]
        self._stamps[login] = (stamp, at)
        return stamp

    def _digest(self, credentials: Credentials, client: str) -> bytes:
        """Of an address, too: what one client earned tells a guesser elsewhere nothing."""
        parts = [part.encode() for part in (client, credentials.login, credentials.password)]
        framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._key, framed, hashlib.sha256)
