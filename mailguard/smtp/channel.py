"""One client connection: command lines in, replies out, and what happens when it breaks.

In: bytes of a client. Out: calls of the smtp_* methods of `session.Session`, their replies as bytes.
Overrides what aiosmtpd 1.4.6 does to a proxy: a lost or half-closed connection never cancels a method that runs, an
error never becomes a permanent reply, nothing a client says is ever logged.
"""

import asyncio
import contextlib
import logging
import re
import traceback
from typing import Any

from aiosmtpd.smtp import SMTP

from mailguard.relay.reply import Reply
from mailguard.smtp.desk import Desk
from mailguard.smtp.ids import error_id
from mailguard.smtp.inbox import CHUNK, GoneError, Inbox, LineTooLongError, SilentError

logger = logging.getLogger(__name__)

VERBS = frozenset({"EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP"})
BOGUS = 10  # commands that are none, before a client is sent away
# After the last reply of ours, what the client still sends is read and dropped for a while: closing with unread input
# makes the kernel send RST, and the client may then never see the reply.
LINGER_SECONDS = 2.0
LINGER_BYTES = 1_000_000
LINGERING = 100  # connections at the same time

# A bare CR inside a command would become a second command at the next hop.
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

_TOO_SLOW = Reply.of(421, "4.4.2 too slow, try again later")
_SHUTDOWN = Reply.of(421, "4.3.2 shutting down, try again later")


class Channel(SMTP):  # type: ignore[misc]  # aiosmtpd publishes no types
    """The mechanics; the verbs are in `session.Session`."""

    line_length_limit = CHUNK  # of the stream's buffer; lines are bounded by Inbox

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(None, hostname=desk.hostname, ident="mailguard", enable_SMTPUTF8=True, loop=loop)
        self._desk = desk
        self._inbox = Inbox(self._stream_reader, desk.settings.command_seconds)
        self._client = ""
        self._bogus = BOGUS
        self._busy = False
        self._over = False
        self._quit = False
        self._winding_up = False

    # What the event loop tells us

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the dialogue."""
        peer = transport.get_extra_info("peername")
        self._client = str(peer[0]) if peer else ""
        self._desk.sessions.add(self)
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        """The client will send no more, but may still listen: it gets the reply to what it sent."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The next read or write finds out; a delivery that runs comes to its end."""
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self.transport = None

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Time is counted where it is spent: in Inbox, in `push`, in the pipeline."""

    # The dialogue

    async def _handle_client(self) -> None:
        try:
            if await self._welcome():
                while not self._over:
                    await self._turn()
            if not self._quit:
                await self._linger()
        except GoneError:
            logger.debug("smtp: client went away")
        except SilentError:
            with contextlib.suppress(GoneError):
                await self.push(_SHUTDOWN if self._winding_up else _TOO_SLOW)
                await self._linger()
        finally:
            try:
                await self.abandon()
            finally:
                self._writer.close()
                self._desk.sessions.discard(self)
                self._desk.leaving.discard(self)

    async def _linger(self) -> None:
        """Let the client read the last reply."""
        await self.abandon()
        if len(self._desk.leaving) >= LINGERING:
            return
        self._desk.sessions.discard(self)
        self._desk.leaving.add(self)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                self._writer.write_eof()
                left = LINGER_BYTES
                while left > 0 and (dropped := await self._stream_reader.read(CHUNK)):
                    left -= len(dropped)

    async def _welcome(self) -> bool:
        refusal = self._desk.refusal(self._client)
        await self.push(refusal or Reply.of(220, f"{self._desk.hostname} ESMTP mailguard"))
        return refusal is None

    async def _turn(self) -> None:
        if self._winding_up:
            await self.push(_SHUTDOWN)
            return
        try:
            line = await self._inbox.line()
        except LineTooLongError:
            await self._nonsense("5.5.2 line too long")
            return
        self._busy = True
        try:
            await self._obey(line)
        except (GoneError, SilentError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a bug throws, the client must be told to try again
            await self.push(await self.handle_exception(error))
        finally:
            self._busy = False

    async def _obey(self, line: bytes) -> None:
        verb, _, argument = line.partition(b" ")
        name = verb.decode("ascii", "replace").upper()
        if name not in VERBS or _CONTROL.search(line):
            await self._nonsense("5.5.2 command not recognised")
            return
        # Surrogates bring bytes that are no UTF-8 back unchanged when the address is passed on.
        await self._smtp_methods[name](argument.strip().decode("utf-8", "surrogateescape"))

    async def _nonsense(self, text: str) -> None:
        self._bogus -= 1
        if self._bogus > 0:
            await self.push(Reply.of(500, text))
        else:
            await self.push(Reply.of(421, "4.7.0 too many errors"))

    async def push(self, status: Reply) -> None:
        """Send a reply as it is; a 421 ends the session (RFC 5321 §3.8). Raises GoneError."""
        if status.code == 421:
            self._over = True
        try:
            self._writer.write(status.raw())
            async with asyncio.timeout(self._desk.settings.command_seconds):
                await self._writer.drain()
        except (OSError, TimeoutError):
            raise GoneError from None

    async def handle_exception(self, error: Exception) -> Reply:
        """451 with an id. The log gets type and place: the text of an error may quote a mail."""
        name = error_id()
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        place = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
        logger.error("smtp: error id=%s type=%s at %s", name, type(error).__name__, place)
        await self.abandon()
        return Reply.of(451, f"4.3.0 internal error {name}, try again later")

    def wind_up(self) -> None:
        """End the session as soon as the command that runs is answered."""
        self._winding_up = True
        if not self._busy:
            self._inbox.interrupt()

    def task(self) -> asyncio.Task[Any]:
        """The task that runs the dialogue."""
        assert self._handler_coroutine is not None
        return self._handler_coroutine  # type: ignore[no-any-return]  # aiosmtpd publishes no types

    async def abandon(self) -> None:
        """Drop a transaction that was not finished."""
        raise NotImplementedError
