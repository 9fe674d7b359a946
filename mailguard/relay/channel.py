"""Lines to the next hop and its replies: one flight of commands at a time, one timer a connection.

In: commands as bytes. Out: `Reply` objects. Whatever goes wrong on the wire is a RelayError that names the step, never
an address or a text of a mail. What the server says unasked breaks the channel: the next reply would be the wrong one.
A channel that raised, or whose caller was cancelled, is broken and of no further use.
"""

import asyncio
from collections.abc import Sequence
from typing import cast

from mailguard.errors import RelayError
from mailguard.relay.reply import Reply, parse_line

REPLY_LINE = 4_096  # RFC 5321 §4.5.3.1.5 asks for 512
REPLY_LINES = 200
BLOCK = 262_144  # content is written in blocks, so that a slow next hop is waited for
QUIT_SECONDS = 2.0
_DOT = b".\r\n"


class Channel(asyncio.Protocol):
    """`heard` are the replies to the flight under way, or to the last one; `seconds` is the wait for each of them."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._step = "greeting"
        self._buffer = b""
        self._lines: list[bytes] = []
        self._wanted = 1  # the greeting comes unasked
        self._waiter: asyncio.Future[bool] | None = None  # True: what was waited for is here
        self._full = False  # the transport takes no more
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._quit = False
        self._fault = ""
        self.transport: asyncio.Transport
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self.heard: list[Reply] = []
        self.broken = False

    @property
    def busy(self) -> bool:
        """Whether a reply is owed, or content is under way."""
        return self._wanted > 0 or self._full

    @property
    def quiet(self) -> bool:
        """Whether nothing was said beyond the replies asked for, not even the beginning of a line."""
        return not (self.broken or self._buffer or self._lines)

    async def greeting(self) -> Reply:
        """What the server says first. Raises RelayError."""
        return (await self._replies(self._seconds))[0]

    async def flight(self, lines: Sequence[bytes], step: str, seconds: float | None = None) -> list[Reply]:
        """Send the commands together, wait for a reply to each, `seconds` at most for every one of them.

        Raises RelayError, also for 421 (RFC 5321 §3.8: the server closes the channel); `heard` is what was said before.
        """
        data = b"\r\n".join(lines) + b"\r\n"
        # The joined commands hold one CR and one LF a line, unless somebody smuggled one in.
        if not data.count(b"\r") == data.count(b"\n") == len(lines) or b"\0" in data:
            raise ValueError("a command is one line")
        self.heard = []
        if self.broken:
            raise self._error()
        self._step, self._wanted = step, len(lines)
        self.transport.write(data)
        replies = await self._replies(self._seconds if seconds is None else min(seconds, self._seconds))
        if replies[-1].code == 421:
            replies.pop()
            raise RelayError(f"the next hop said 421 at {step}")
        return replies

    async def content(self, content: bytes, seconds: float) -> Sequence[memoryview | bytes]:
        """Send stuffed content, block by block; what is left over is for `dot`. Raises RelayError.

        `seconds` is for all of it together; no block may take longer than a reply.
        """
        end = self._loop.time() + seconds
        view = memoryview(content)
        self._step = "content"
        while len(view) > BLOCK and not self.broken:
            self.transport.write(view[:BLOCK])
            view = view[BLOCK:]
            if self._full:
                await self._wait(min(end - self._loop.time(), self._seconds))
        if self.broken:
            raise self._error()
        return (view, _DOT)

    async def dot(self, rest: Sequence[memoryview | bytes], seconds: float) -> Reply:
        """Send the rest with the final dot, wait for the reply; from here on every RelayError says `sent`."""
        self._step, self.heard, self._wanted = "final dot", [], 1
        self.transport.writelines(rest)
        try:
            return (await self._replies(min(seconds, self._seconds)))[0]
        except RelayError as error:
            raise RelayError(str(error), sent=True) from None

    def quit(self) -> None:
        """Say QUIT if that is still possible, and close when it is answered; `closed` tells when."""
        if self.broken or self.busy:
            self.abort()
            return
        self.broken = self._quit = True
        self.transport.write(b"QUIT\r\n")
        self._arm(QUIT_SECONDS)

    def abort(self, why: str = "abandoned") -> None:
        """Close without a word; content that is under way is cut off and so never accepted."""
        # abort, not close: close would still flush buffered content
        self.transport.abort()
        self._break(why)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The channel is open; STARTTLS puts another transport in place."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are not of asyncio's class

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits hears of it."""
        self._break(type(exc).__name__ if exc else "closed")
        if self._timer is not None:
            self._timer.cancel()
        if not self.closed.done():
            self.closed.set_result(None)

    def pause_writing(self) -> None:
        """The next hop reads too slowly."""
        self._full = True

    def resume_writing(self) -> None:
        """It reads again."""
        self._full = False
        if not self._wanted:
            self._wake(done=True)

    def eof_received(self) -> None:
        """Nothing more will come; the transport closes by itself."""
        self._break("closed")

    def data_received(self, data: bytes) -> None:
        """Lines come in; a flight is over with its last reply."""
        if self.broken:
            if self._quit:
                self.transport.close()
            return
        data = self._buffer + data if self._buffer else data
        start = 0
        while not self.broken and (end := data.find(b"\n", start) + 1):
            self._line(data[start:end])
            start = end
        self._buffer = data[start:]
        if len(self._buffer) > REPLY_LINE:
            self.abort("a reply without end")

    # The rest is nobody's business.

    def _line(self, line: bytes) -> None:
        parsed = parse_line(line)
        if parsed is None or len(self._lines) >= REPLY_LINES or not self._wanted or len(line) > REPLY_LINE:
            self.abort("no reply" if self._wanted else "spoke unasked")
            return
        code, last, text = parsed
        self._lines.append(text)
        if last:
            self.heard.append(Reply(code, tuple(self._lines)))
            self._lines = []
            self._wanted -= 1
            self._count(code)

    def _count(self, code: int) -> None:
        if code == 421:
            # The server closes the channel: what is still owed will not come.
            self._wake(done=True)
            self.abort("421")
        elif not self._wanted:
            self._until = None
            self._wake(done=True)
        else:
            self._until = self._loop.time() + self._seconds

    async def _replies(self, seconds: float) -> list[Reply]:
        if self._wanted:
            await self._wait(seconds)
        elif not self.heard:
            raise self._error()
        return self.heard

    async def _wait(self, seconds: float) -> None:
        self._waiter = self._loop.create_future()
        self._arm(seconds)
        try:
            done = await self._waiter
        except BaseException:
            # What is still to come would be taken for the answer to something else.
            self.abort()
            raise
        finally:
            self._waiter = None
        if not done:
            raise self._error()

    def _error(self) -> RelayError:
        return RelayError(f"the next hop broke off at {self._step} ({self._fault})")

    def _break(self, why: str) -> None:
        self.broken = True
        self._wanted = 0
        self._fault = self._fault or why
        self._wake(done=False)

    def _wake(self, *, done: bool) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(done)

    def _arm(self, seconds: float) -> None:
        """One timer that is moved only forward in time: a command costs no timer of its own."""
        self._until = self._loop.time() + max(seconds, 0.0)
        if self._timer is None or self._timer_at > self._until:
            self._start_timer(self._until)

    def _start_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._until is None:
            return
        if self._loop.time() < self._until:
            self._start_timer(self._until)
        else:
            self.abort("TimeoutError")
