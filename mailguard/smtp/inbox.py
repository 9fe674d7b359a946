"""What a client sends, cut into command lines and messages.

In: bytes as they arrive. Out: lines, and the content between DATA and the final dot. Holds no more than one message, its
limit and its share of the memory; what is beyond is read and dropped. Never answers anybody.
"""

import asyncio

from mailguard.smtp.collection import Collection
from mailguard.smtp.inflight import Share

HIGH = 131_072  # unread bytes beyond which a client is not read from
LINE = 12_288  # RFC 4954 §4: the longest AUTH line
FLOOD = 1_000_000  # bytes without a line end after which nobody answers any more


class GoneError(Exception):
    """The client closed the connection, or sends what is no SMTP."""


class SilentError(Exception):
    """The client took too long."""


class LineTooLongError(Exception):
    """A command line beyond the limit; it was read to its end and dropped."""


class Inbox:
    """The incoming side of one connection. `seconds` is the longest silence; then SilentError.

    The event loop calls `feed` and `finish`; one task at a time calls the rest. One timer for all waits: it is moved
    when it fires, not for each read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._transport: asyncio.ReadTransport | None = None
        self._paused = False
        self._ended = False
        self._fed = False
        self._buffer = bytearray()
        self._searched = self._dropped = self._fresh = 0
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._deadline = 0.0

    # From the event loop

    def attach(self, transport: asyncio.ReadTransport) -> None:
        """Where the bytes come from; another one after STARTTLS."""
        self._transport = transport
        self._paused = False

    def feed(self, data: bytes) -> None:
        """Bytes came."""
        self._buffer += data
        self._fresh += len(data)
        self._fed = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if len(self._buffer) > HIGH and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def finish(self) -> None:
        """No more will come."""
        self._ended = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Nobody reads any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.clear()

    def interrupt(self) -> None:
        """End the wait for the client now, as if it had been silent for too long."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(SilentError())

    # Lines

    def clear(self) -> None:
        """Forget what nobody has read."""
        self._buffer.clear()
        self._searched = self._dropped = self._fresh = 0

    def take(self) -> bytes | None:
        """The next command line if it is here already, without its line end. Raises LineTooLongError."""
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        dropped, self._dropped, self._searched = self._dropped, 0, 0
        if dropped or len(line) > LINE:
            raise LineTooLongError
        return line.removesuffix(b"\r")

    def peek(self) -> bytes | None:
        """What `take` would give; None also for a line beyond the limit."""
        end = -1 if self._dropped else self._buffer.find(b"\n", 0, LINE + 1)
        return None if end < 0 else bytes(self._buffer[:end]).removesuffix(b"\r")

    async def line(self) -> bytes:
        """The next command line without its line end: all of it within `seconds`, a byte now and then does not do.

        Raises GoneError, LineTooLongError, SilentError.
        """
        until = self._loop.time() + self._seconds
        while (line := self.take()) is None:
            if len(self._buffer) > LINE:
                self._dropped += len(self._buffer)
                self._buffer.clear()
                self._searched = 0
            if self._dropped > FLOOD:
                raise GoneError
            await self._more(until)
        return line

    # Content

    async def content(self, limit: int, share: Share, seconds: float) -> list[bytes] | None:
        """Everything up to the final dot, within `seconds`, in pieces that part no CR from its LF.

        None if it was more than `limit` bytes or `share` had no room for it. Raises GoneError, SilentError.
        """
        until = self._loop.time() + seconds
        message = Collection(self._buffer, limit, share)
        self._fresh = len(self._buffer)
        while not message.look(self._take_fresh()):
            await self._more(min(self._loop.time() + self._seconds, until))
        self._searched = 0
        return None if message.over else message.pieces

    def _take_fresh(self) -> int:
        fresh, self._fresh = self._fresh, 0
        return fresh

    # Waiting

    async def drain(self, most: int, seconds: float) -> None:
        """Read and drop up to `most` bytes until the client closes; at most `seconds`."""
        until = self._loop.time() + seconds
        try:
            while most > 0:
                most -= len(self._buffer)
                self.clear()
                await self._more(until)
        except (GoneError, SilentError):
            return

    async def _more(self, deadline: float) -> None:
        """Wait until something comes."""
        if self._ended:
            raise GoneError
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
        self._deadline = deadline
        if self._timer is None or deadline < self._timer_at:
            self._set_timer()
        self._fed = False
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if not self._fed:
            raise GoneError

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._deadline
        self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() >= self._deadline:
            self.interrupt()
        else:
            self._set_timer()
