"""The counting next hop: knows every mail by its Message-ID, and breaks the way it is told.

In: a mode. Out: how often each mail was taken, and for which of them the reply may have got lost: only those may come
twice. What it took it never forgets.
"""

import asyncio
import contextlib
import random
import re
from collections import Counter
from enum import StrEnum

_ID = re.compile(rb"^Message-ID: <(\d+)\.(\d+)@", re.MULTILINE)
_EHLO = b"250-hop.example.co.jp\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE 50000000\r\n"
_OK = b"250 2.0.0 ok\r\n"
Key = tuple[int, int]


class Mode(StrEnum):
    """What is wrong with it."""

    WELL = "well"
    SLOW = "slow"
    PUTS_OFF = "4xx"
    CLOSES = "421"
    DROPS = "drops"


class NextHop:
    """Listens on `port` between `open` and `shut`; a restart is both."""

    def __init__(self, seed: int) -> None:
        self.mode = Mode.WELL
        self.taken: Counter[Key] = Counter()
        self.lost_replies: Counter[Key] = Counter()
        self.others = 0  # notices and bounces of mailguard's own
        self.port = 0
        self.rng = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._dialogues: set[_Dialogue] = set()

    async def open(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 24, backlog=500)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def shut(self) -> None:
        """Refuse new connections and break off the open ones."""
        if self._server is not None:
            self._server.close()
        for dialogue in tuple(self._dialogues):
            dialogue.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialogue = _Dialogue(self, reader, writer)
        self._dialogues.add(dialogue)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await dialogue.run()
        self._dialogues.discard(dialogue)
        writer.close()

    def often(self, share: float) -> bool:
        """Whether it happens this time."""
        return self.rng.random() < share


class _Dialogue:
    """One connection. `_last`: taken, and no command since, so that nobody can say whether the reply arrived."""

    def __init__(self, hop: NextHop, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._hop, self._reader, self._writer = hop, reader, writer
        self._last: Key | None = None

    def abort(self) -> None:
        if self._last is not None:
            self._hop.lost_replies[self._last] += 1
            self._last = None
        self._writer.transport.abort()

    async def run(self) -> None:
        self._writer.write(b"220 hop.example.co.jp ESMTP\r\n")
        while line := await self._reader.readline():
            self._last = None
            reply = await self._answer(line.upper())
            if not reply:
                self.abort()
                return
            self._writer.write(reply)
            await self._writer.drain()
            if reply.startswith((b"221", b"421")):
                return

    async def _answer(self, line: bytes) -> bytes:
        """The reply; nothing breaks off."""
        hop = self._hop
        match line[:4]:
            case b"DATA":
                return await self._data()
            case b"EHLO":
                return _EHLO
            case b"QUIT":
                return b"221 2.0.0 bye\r\n"
            case b"MAIL" if hop.mode is Mode.CLOSES and hop.often(0.3):
                return b"421 4.3.2 closing\r\n"
            case b"RCPT" if hop.mode is Mode.PUTS_OFF and hop.often(0.3):
                return b"450 4.2.0 mailbox busy\r\n"
        return _OK

    async def _data(self) -> bytes:
        hop = self._hop
        self._writer.write(b"354 go on\r\n")
        if hop.mode is Mode.DROPS and hop.often(0.1):
            await self._reader.read(500)
            return b""
        content = await self._reader.readuntil(b"\r\n.\r\n")
        if hop.mode is Mode.SLOW:
            await asyncio.sleep(hop.rng.uniform(0.05, 0.4))
        if hop.mode is Mode.PUTS_OFF and hop.often(0.2):
            return b"452 4.3.1 queue is full\r\n"
        found = _ID.search(content)
        if found is None:
            hop.others += 1
            return _OK
        self._last = (int(found[1]), int(found[2]))
        hop.taken[self._last] += 1
        return b"" if hop.mode is Mode.DROPS and hop.often(0.1) else _OK
