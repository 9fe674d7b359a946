"""The sending systems: each mail is offered until it hears 250, as a mailing tool with a queue does.

Out: what each mail heard, and how often a mail was sent up to its dot without hearing any reply: only those may be
there twice. A 5xx ends a mail and is written down: nothing here deserves one.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from mails import SENDER

from soaking.next_hop import Key
from soaking.traffic import Fate, Item

_HELD = re.compile(r"held for approval, (H-\w+)")
RECONNECT_AFTER = 200
SECONDS = 130


class _LostError(Exception):
    """The connection ended, or the server said 421. sent: the dot was out, and no reply was heard."""

    def __init__(self, *, sent: bool = False) -> None:
        super().__init__()
        self.sent = sent


class Clients:
    """`run` ends when there is nothing more to send, or `stop` was called and what was begun has been heard."""

    def __init__(self, port: int, items: Iterator[Item]) -> None:
        self._port, self._items = port, items
        self.begun: dict[Key, Fate] = {}
        self.heard: dict[Key, str] = {}  # "" was handed over, else the id of the hold
        self.unanswered: Counter[Key] = Counter()
        self.refused: dict[Key, str] = {}
        self.holds: dict[str, Fate] = {}
        self.put_off = 0
        self._stopped = False

    def stop(self) -> bool:
        """Begin no more; says that it did."""
        self._stopped = True
        return True

    async def run(self, connections: int) -> None:
        """All of them."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(connections):
                tasks.create_task(self._client())

    async def _client(self) -> None:
        connection: _Connection | None = None
        while not self._stopped and (item := next(self._items, None)) is not None:
            self.begun[item.key] = item.fate
            while item.key not in self.heard and item.key not in self.refused:
                try:
                    connection = connection or await _Connection.open(self._port)
                    self._hear(item, await connection.send(item))
                    if connection.used >= RECONNECT_AFTER:
                        await connection.close()
                        connection = None
                except _LostError as lost:
                    connection = None
                    self.unanswered[item.key] += lost.sent
                    await asyncio.sleep(0.2)
        if connection is not None:
            await connection.close()

    def _hear(self, item: Item, reply: str) -> None:
        if reply.startswith("5"):
            self.refused[item.key] = reply
        elif not reply.startswith("2"):
            self.put_off += 1
        else:
            found = _HELD.search(reply)
            self.heard[item.key] = found[1] if found else ""
            if found:
                self.holds[found[1]] = item.fate


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.used = 0

    @classmethod
    async def open(cls, port: int) -> "_Connection":
        try:
            made = cls(*await asyncio.open_connection("127.0.0.1", port))
        except OSError:
            raise _LostError from None
        await made._reply()
        await made._ask(b"EHLO tool.example.co.jp\r\n")
        return made

    async def send(self, item: Item) -> str:
        """The last reply to one mail."""
        self.used += 1
        for command, wanted in (
            (b"MAIL FROM:<" + SENDER + b">\r\n", "2"),
            (b"RCPT TO:<" + item.mail.recipient + b">\r\n", "2"),
            (b"DATA\r\n", "354"),
        ):
            reply = await self._ask(command)
            if not reply.startswith(wanted):
                await self._ask(b"RSET\r\n")
                await asyncio.sleep(0.1)
                return reply
        reply = await self._ask(b"".join(item.mail.wire), sent=True)
        if reply.startswith("4"):
            await asyncio.sleep(0.1)
        return reply

    async def close(self) -> None:
        with suppress(_LostError):
            await self._ask(b"QUIT\r\n")
        self._writer.close()

    async def _ask(self, data: bytes, *, sent: bool = False) -> str:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            self._writer.transport.abort()
            raise _LostError(sent=sent) from None
        return await self._reply(sent=sent)

    async def _reply(self, *, sent: bool = False) -> str:
        line = b""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(SECONDS):
                while (line := await self._reader.readline())[3:4] == b"-":
                    pass
        if not line or line.startswith(b"421"):
            self._writer.transport.abort()
            # 421 after the dot is a reply: nothing of this mail was taken over.
            raise _LostError(sent=sent and not line)
        return line.decode(errors="replace").strip()
