"""One connection to the next hop: commands out, replies in, each with its time-out.

In: commands as bytes. Out: `Reply` objects. Whatever goes wrong on the wire is a RelayError that names the step, never
an address or a text of a mail. Knows nothing of transactions; a connection that raised is of no further use.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.relay.reply import Reply, parse_line
from mailguard.relay.wire import stuffed

REPLY_LINE = 4_096  # RFC 5321 §4.5.3.1.5 asks for 512
REPLY_LINES = 200
BLOCK = 262_144  # content is written in blocks, so that a slow next hop is waited for
QUIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Offer:
    """Extensions in the answer to EHLO: upper-case keywords; `size` is the limit of SIZE, 0 if none is given."""

    keywords: frozenset[str] = frozenset()
    size: int = 0


def parse_offer(reply: Reply) -> Offer:
    """The extensions of an EHLO reply; its first line is the greeting."""
    keywords, size = set(), 0
    for line in reply.lines[1:]:
        keyword, _, rest = line.decode("ascii", "replace").strip().partition(" ")
        keywords.add(keyword.upper())
        if keyword.upper() == "SIZE" and rest.strip().isdecimal():
            size = int(rest)
    return Offer(frozenset(keywords), size)


class Connection:
    """Streams to the next hop. Use `Connection.open`, then commands one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
        self._reader = reader
        self._writer = writer
        self._seconds = seconds
        self.offer = Offer()
        self.broken = False

    @classmethod
    async def open(cls, settings: Relay, helo: str) -> "Connection":
        """Connect, read the greeting, say EHLO (HELO to a server that does not know it)."""
        try:
            async with asyncio.timeout(settings.connect_seconds):
                reader, writer = await asyncio.open_connection(settings.host, settings.port, limit=REPLY_LINE)
        except (OSError, TimeoutError) as error:
            raise RelayError(f"the next hop cannot be reached ({type(error).__name__})") from None
        connection = cls(reader, writer, settings.reply_seconds)
        try:
            await connection._greet(helo)
        except BaseException:
            writer.close()
            raise
        return connection

    async def _greet(self, helo: str) -> None:
        greeting = await self._reply("greeting")
        if not greeting.ok:
            raise RelayError(f"the next hop greeted with {greeting.code}")
        name = helo.encode("ascii", "replace")
        reply = await self.command(b"EHLO " + name)
        if reply.ok:
            self.offer = parse_offer(reply)
        elif not (await self.command(b"HELO " + name)).ok:
            raise RelayError("the next hop refused EHLO and HELO")

    async def command(self, line: bytes) -> Reply:
        """Send one command, wait for its reply."""
        if b"\r" in line or b"\n" in line or b"\0" in line:
            raise ValueError("a command is one line")
        step = line[:4].decode("ascii", "replace")
        async with self._step(step):
            self._writer.write(line + b"\r\n")
            await self._writer.drain()
        return await self._reply(step)

    async def content(self, content: bytes) -> None:
        """Send the content after a 354, all but the final dot."""
        data = memoryview(stuffed(content))
        for start in range(0, len(data), BLOCK):
            async with self._step("content"):
                self._writer.write(data[start : start + BLOCK])
                await self._writer.drain()

    async def dot(self, seconds: float | None = None) -> Reply:
        """Send the final dot and wait for its reply, at most `seconds`; from here on every RelayError says `sent`."""
        try:
            async with self._step("final dot", seconds):
                self._writer.write(b".\r\n")
                await self._writer.drain()
                reply = await self._reply("final dot")
        except RelayError as error:
            raise RelayError(str(error), sent=True) from None
        if reply.code // 100 == 3:
            raise RelayError(f"the next hop answered the final dot with {reply.code}", sent=True)
        return reply

    async def quit(self) -> None:
        """Say QUIT if that is still possible, then close. Never raises."""
        try:
            if not self.broken:
                with contextlib.suppress(RelayError, TimeoutError):
                    async with asyncio.timeout(QUIT_SECONDS):
                        await self.command(b"QUIT")
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close without a word; content that is under way is cut off and so never accepted."""
        self.broken = True
        # abort, not close: close would still flush buffered content
        self._writer.transport.abort()

    @contextlib.asynccontextmanager
    async def _step(self, step: str, seconds: float | None = None) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._seconds if seconds is None else min(seconds, self._seconds)):
                yield
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, ValueError) as error:
            self.broken = True
            raise RelayError(f"the next hop broke off at {step} ({type(error).__name__})") from None

    async def _reply(self, step: str) -> Reply:
        lines: list[bytes] = []
        async with self._step(step):
            while True:
                parsed = parse_line(await self._reader.readuntil(b"\n"))
                if parsed is None or len(lines) >= REPLY_LINES:
                    raise ValueError
                code, last, text = parsed
                lines.append(text)
                if last:
                    return Reply(code, tuple(lines))
