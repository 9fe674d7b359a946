"""Who may log in: asks the list of logins or the relay, and remembers a yes for a while.

In: credentials. Out: a ticket, or the refusal the client hears. Keeps no password: what is remembered is a digest under a
key that lives as long as this process. A login that was disabled or changed is noticed within `STAMP_SECONDS`.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from mailguard.config import Smtp
from mailguard.errors import RefusedError, RelayError, StoreError
from mailguard.relay.credentials import Credentials
from mailguard.relay.next_hop import NextHop
from mailguard.relay.reply import Reply
from mailguard.smtp.sasl import REFUSED

STAMP_SECONDS = 1.0  # how old may be what we know of a login
AT_ONCE = 2  # passwords checked at the same time: each takes 64 MB and a processor
TURN_SECONDS = 30.0  # longest wait for that
REMEMBERED = 10_000  # logins
# Processes that check the right password at the same moment count as guesses until one is through (store/passwords.py).
THROTTLED_SECONDS = 0.5
THROTTLED_TRIES = 3

_NOT_NOW = Reply.of(454, "4.7.0 temporary authentication failure, try again later")


class Logins(Protocol):
    """The list of logins; called in threads."""

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the password of an enabled login; RefusedError("throttled") after too many failures."""

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

    async def admit(self, credentials: Credentials) -> Ticket | Reply:
        """Let somebody in, or say why not. Never raises."""
        digest = self._digest(credentials)
        for _ in range(THROTTLED_TRIES):
            try:
                return await self._turn(credentials, digest)
            except RefusedError:
                # Waited for without a turn: a name that is throttled must not keep the others out.
                await asyncio.sleep(THROTTLED_SECONDS)
            except (StoreError, RelayError, TimeoutError):
                break
        return _NOT_NOW

    async def _turn(self, credentials: Credentials, digest: bytes) -> Ticket | Reply:
        async with asyncio.timeout(TURN_SECONDS):
            ticket = await self._remembered(credentials, digest)
            if ticket is not None:
                return ticket
            await self._turns.acquire()
        try:
            # Many connections of one tool come together: whoever waited profits from who was first.
            return await self._remembered(credentials, digest) or await self._asked(credentials, digest)
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

    async def _asked(self, credentials: Credentials, digest: bytes) -> Ticket | Reply:
        if self.settings.auth == "pass-through":
            reply = await self.next_hop.verify(credentials)
            if not reply.ok:
                return reply if reply.temporary or reply.permanent else _NOT_NOW
            return self._remember(credentials, digest, None)
        # The stamp first, and not from memory: a change that comes in between is noticed afterwards.
        assert self.logins is not None
        stamp = await self._fresh_stamp(credentials.login)
        right = await asyncio.to_thread(self.logins.verify, credentials.login, credentials.password)
        if right and stamp is None:  # enabled in between
            return _NOT_NOW
        return self._remember(credentials, digest, stamp) if right else REFUSED

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
        assert self.logins is not None
        stamp, at = self._stamps.get(login, (None, -STAMP_SECONDS))
        return await self._fresh_stamp(login) if self.time() - at >= STAMP_SECONDS else stamp

    async def _fresh_stamp(self, login: str) -> int | None:
        assert self.logins is not None
        at = self.time()
        stamp = await asyncio.to_thread(self.logins.stamp, login)
        self._stamps.pop(login, None)
        while len(self._stamps) >= REMEMBERED:
            del self._stamps[next(iter(self._stamps))]
        self._stamps[login] = (stamp, at)
        return stamp

    def _digest(self, credentials: Credentials) -> bytes:
        login, password = credentials.login.encode(), credentials.password.encode()
        return hmac.digest(self._key, len(login).to_bytes(4, "big") + login + password, hashlib.sha256)
