"""Connections kept for the next message, by hop and login.

In: connections whose last envelope is done with. Out: one that is still good, the one used last first; or none. Closes
what is idle or old by a timer, no task. Never keeps a connection that owes a reply, that broke, or that its server is
about to lose patience with; never gives one login the connection of another.
"""

import asyncio
import contextlib
from collections import deque

from mailguard.config import Relay
from mailguard.relay.channel import QUIT_SECONDS, Channel
from mailguard.relay.connection import Connection


class Pool:
    """Of one event loop. `key` says whose a connection is: whatever is equal only for the same hop and login."""

    def __init__(self, settings: Relay) -> None:
        self._settings = settings
        self._idle: dict[object, deque[Connection]] = {}  # the one used last at the end
        self._leaving: set[Channel] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def take(self, key: object) -> Connection | None:
        """A connection that seems good; the caller owns it."""
        idle = self._idle.get(key)
        now = asyncio.get_running_loop().time() if idle else 0.0
        while idle:
            connection = idle.pop()
            if not idle:
                del self._idle[key]
            if connection.healthy and not self._old(connection, now):
                return connection
            self.drop(connection)
        return None

    def give(self, connection: Connection) -> None:
        """The caller is done with it: kept if it may be, else closed."""
        loop = asyncio.get_running_loop()
        now = connection.idle_since = loop.time()
        if self._closed or not connection.healthy or connection.worn or self._old(connection, now):
            self.drop(connection)
            return
        idle = self._idle.setdefault(connection.key, deque())
        idle.append(connection)
        if len(idle) > self._settings.max_idle:
            self.drop(idle.popleft())
            if not idle:
                del self._idle[connection.key]
        if self._timer is None and idle:
            self._timer = loop.call_later(self._settings.idle_seconds, self._reap)

    def drop(self, connection: Connection) -> None:
        """Close it, politely if nothing is owed on it."""
        channel = connection.channel
        channel.quit()
        if not channel.closed.done():
            self._leaving.add(channel)
            channel.closed.add_done_callback(lambda _: self._leaving.discard(channel))

    def flush(self, key: object) -> None:
        """One of them was closed by the server: the others are hardly better."""
        for connection in self._idle.pop(key, ()):
            self.drop(connection)

    async def close(self) -> None:
        """Quit what is idle, keep nothing from now on. Never raises."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for key in list(self._idle):
            self.flush(key)
        if self._leaving:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait([channel.closed for channel in self._leaving], timeout=QUIT_SECONDS + 1)

    def _old(self, connection: Connection, now: float) -> bool:
        settings = self._settings
        return now - connection.idle_since >= settings.idle_seconds or now - connection.born >= settings.max_age_seconds

    def _reap(self) -> None:
        """Close what is over its time; come again when the next one will be."""
        loop = asyncio.get_running_loop()
        now, self._timer = loop.time(), None
        oldest = now
        for key in list(self._idle):
            kept: deque[Connection] = deque()
            for connection in self._idle.pop(key):
                if connection.healthy and not self._old(connection, now):
                    kept.append(connection)
                else:
                    self.drop(connection)
            if kept:
                self._idle[key] = kept
                oldest = min(oldest, kept[0].idle_since)
        if self._idle:
            # A little late, so that one is closed by one call and not by a row of calls.
            self._timer = loop.call_at(oldest + self._settings.idle_seconds + 0.01, self._reap)
