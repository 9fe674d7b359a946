"""One client connection: command lines in, replies out, and what happens when it breaks.

In: bytes of a client. Out: calls of the smtp_* methods of `session.Session`, their replies as bytes.
Overrides what aiosmtpd 1.4.6 does to a proxy: a lost or half-closed connection never cancels a method that runs, an
error never becomes a permanent reply, nothing a client says is ever logged, and no byte is copied more than needed.
"""

import asyncio
import contextlib
import logging
import re
import traceback
from typing import Any

from aiosmtpd.smtp import SMTP

from mailguard.relay.reply import Reply
from mailguard.smtp.desk import Desk, Standing
from mailguard.smtp.ids import error_id
from mailguard.smtp.inbox import GoneError, Inbox, LineTooLongError, SilentError

logger = logging.getLogger(__name__)

_NAMES = ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP")
VERBS = {name.encode(): f"smtp_{name}" for name in _NAMES}
# A page in somebody's browser can send a request to any port of that machine, its body made of commands. Such a client
# is sent away at its first line, before they are read (Postfix: smtpd_forbidden_commands).
_FOREIGN = frozenset({b"CONNECT", b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"PATCH", b"POST", b"PUT", b"TRACE"})
ERRORS = 10  # commands that are none, and failed logins, before a client is sent away
HANDSHAKE_SECONDS = 30.0
BUFFERED = 65_536  # bytes of replies that wait for the end of a pipelined group (RFC 2920 §3.2)
IN_A_ROW = 50  # commands of one client before others have their turn
# After the last reply of ours, what the client still sends is read and dropped for a while: closing with unread input
# makes the kernel send RST, and the client may then never see the reply.
LINGER_SECONDS = 2.0
LINGER_BYTES = 1_000_000
LINGERING = 100  # connections at the same time

# A bare CR inside a command would become a second command at the next hop.
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

_TOO_SLOW = Reply.of(421, "4.4.2 too slow, try again later")
_SHUTDOWN = Reply.of(421, "4.3.2 shutting down, try again later")
_ERRORS = Reply.of(421, "4.7.0 too many errors")
_NO_SMTP = Reply.of(421, "4.7.0 this is a mail server, not a web server")
NO_COMMAND = Reply.of(500, "5.5.2 command not recognised")
_LINE_TOO_LONG = Reply.of(500, "5.5.2 line too long")


class Channel(SMTP):  # type: ignore[misc]  # aiosmtpd publishes no types
    """The mechanics; the verbs are in `session.Session`. `tls`: the handshake is done before it begins."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop, *, tls: bool = False) -> None:
        # Not aiosmtpd's own: it looks at every attribute of this class again for each connection, which takes longer
        # than a small message. Only flow control is used of the classes above.
        asyncio.streams.FlowControlMixin.__init__(self, loop=loop)
        self._desk = desk
        self._inbox = Inbox(loop, desk.settings.command_seconds)
        self._tls = tls
        self._handler_coroutine: asyncio.Task[None] | None = None
        self._replies: list[bytes] = []
        self._waiting = 0
        self._client = ""
        self._standing = Standing.STRANGER
        self._errors = ERRORS
        self._row = 0
        self._busy = False
        self._over = False
        self._quit = False
        self._winding_up = False

    # What the event loop tells us

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the dialogue."""
        self._client = peer_of(transport)
        self._standing = self._desk.standing(self._client)
        self._attach(transport)
        self._desk.enter(self, self._client)
        self._handler_coroutine = self._loop.create_task(self._handle_client())

    def data_received(self, data: bytes) -> None:
        """Straight to where they are read from."""
        self._inbox.feed(data)

    def eof_received(self) -> bool | None:
        """The client will send no more, but may still listen: it gets the reply to what it sent (TLS has no such half)."""
        self._inbox.finish()
        return not self._tls

    def connection_lost(self, error: Exception | None) -> None:
        """The next read or write finds out; a delivery that runs comes to its end."""
        asyncio.streams.FlowControlMixin.connection_lost(self, error)
        self._inbox.finish()

    def _attach(self, transport: Any) -> None:  # uvloop's are no asyncio.Transport
        self.transport = transport
        self._inbox.attach(transport)

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
                self._close()
                self._inbox.close()
                self._desk.leave(self)
                self._desk.leaving.discard(self)

    def _close(self) -> None:
        """A client that does not read what it is owed must not keep the connection, which counts no more."""
        self._write()
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._loop.call_later(LINGER_SECONDS, self.transport.abort)

    async def _linger(self) -> None:
        """Let the client read the last reply."""
        await self.abandon()
        await self.flush()
        if len(self._desk.leaving) >= LINGERING:
            return
        self._desk.leave(self)
        self._desk.leaving.add(self)
        with contextlib.suppress(OSError):
            if self.transport.can_write_eof():
                self.transport.write_eof()
        await self._inbox.drain(LINGER_BYTES, LINGER_SECONDS)

    async def _welcome(self) -> bool:
        refusal = self._desk.refusal(self._client)
        await self.push(refusal or Reply.of(220, f"{self._desk.hostname} ESMTP mailguard"))
        return refusal is None

    async def upgrade(self) -> None:
        """TLS from here on; reading is paused already. What came in the clear is dropped (RFC 3207 §4.2)."""
        assert self._desk.certificate is not None
        self._inbox.clear()
        try:
            transport = await self._loop.start_tls(
                self.transport,
                self,
                self._desk.certificate.context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except (OSError, TimeoutError):
            raise GoneError from None
        if transport is None:  # the client was gone before it began
            raise GoneError
        self._tls = True
        self._attach(transport)

    async def _turn(self) -> None:
        if self._winding_up:
            await self.push(_SHUTDOWN)
            return
        try:
            line = await self.next_line()
        except LineTooLongError:
            await self.fault(_LINE_TOO_LONG)
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

    async def next_line(self) -> bytes:
        """The next command line; what was to be said is said before it is waited for."""
        line = self._inbox.take()
        if line is None:
            self._row = 0
            await self.flush()
            return await self._inbox.line()
        self._row += 1
        if self._row >= IN_A_ROW:
            self._row = 0
            await self.flush()
            await asyncio.sleep(0)
        return line

    async def _obey(self, line: bytes) -> None:
        verb, argument = command_of(line)
        if not verb:
            await self.fault(_NO_SMTP if line.partition(b" ")[0].upper() in _FOREIGN else NO_COMMAND)
            return
        refusal = self.precondition(verb)
        if refusal is not None:
            await self.push(refusal)
            return
        await getattr(self, VERBS[verb])(argument)

    async def fault(self, reply: Reply) -> None:
        """An error of the client; after too many it is sent away."""
        self._errors -= 1
        await self.push(reply if self._errors > 0 else _ERRORS)

    async def push(self, status: Reply) -> None:
        """Send a reply as it is, at the latest before the next wait; a 421 ends the session (RFC 5321 §3.8)."""
        raw = status.raw()
        if status.code == 421:
            self._over = True
        self._replies.append(raw)
        self._waiting += len(raw)
        if self._waiting > BUFFERED:
            await self.flush()

    async def flush(self) -> None:
        """Send what was to be said; waits only for a client that does not read. Raises GoneError."""
        self._write()
        if self._connection_lost:
            raise GoneError
        if not self._paused:
            return
        try:
            async with asyncio.timeout(self._desk.settings.command_seconds):
                await self._drain_helper()
        except (OSError, TimeoutError):
            raise GoneError from None

    def _write(self) -> None:
        if self._replies and not self.transport.is_closing():
            self.transport.write(b"".join(self._replies))
        self._replies.clear()
        self._waiting = 0

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

    def task(self) -> asyncio.Task[Any] | None:
        """The task that runs the dialogue; None during a handshake."""
        return self._handler_coroutine

    def precondition(self, verb: bytes) -> Reply | None:
        """Why this client may not use this verb now."""
        raise NotImplementedError

    async def abandon(self) -> None:
        """Drop a transaction that was not finished."""
        raise NotImplementedError


def command_of(line: bytes) -> tuple[bytes, str]:
    """(verb, argument); the verb is empty when the line is no command of ours."""
    verb, _, argument = line.partition(b" ")
    verb = verb.upper()
    if verb not in VERBS or _CONTROL.search(line):
        return b"", ""
    # Surrogates bring bytes that are no UTF-8 back unchanged when the address is passed on.
    return verb, argument.strip().decode("utf-8", "surrogateescape")


def peer_of(transport: asyncio.BaseTransport) -> str:
    """The address of the client, "" when it is gone already."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""
