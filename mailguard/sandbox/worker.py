"""One worker as the supervisor sees it: a socket to ask through, a pidfd to kill through.

In: a name and a body. Out: the answer's bytes, or how the worker ended. Never trusts what the worker says beyond its
bytes: lengths are capped, time and memory are watched from outside. One reader stays for the worker's whole life, and
one timer watches whatever task is under way when it goes off.
"""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from mailguard.sandbox import wire
from mailguard.sandbox.lockdown import Posture

_WATCH_SECONDS = 0.2
_START_SECONDS = 20.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CHUNK = 64 * 1024
_Answer = tuple[int, bytes]
Memory = OrderedDict[bytes, None]
"""What the one who asks wants to remember of a worker as long as it lives."""


class EndedError(Exception):
    """The worker is gone or must go; the text says how, without a word of the mail."""


class LateError(EndedError):
    """The worker ran past its time."""


@dataclass(slots=True, eq=False)
class Worker:
    """Owns `sock` and `pidfd`; `end` gives both back."""

    pid: int
    pidfd: int
    sock: socket.socket
    limit: int
    tasks: int = 0
    posture: Posture = field(default_factory=dict)
    memory: Memory = field(default_factory=OrderedDict)
    _over: bool = False
    _gone: bool = False
    _deadline: float = 0.0
    _in: bytearray = field(default_factory=bytearray)
    _rest: memoryview = field(default_factory=lambda: memoryview(b""))
    _answer: "asyncio.Future[_Answer] | None" = None
    _timer: asyncio.TimerHandle | None = None
    _poll: select.poll = field(default_factory=select.poll)

    async def greet(self) -> None:
        """Wait until the worker has locked itself down."""
        self.sock.setblocking(False)
        self._poll.register(self.pidfd, select.POLLIN)
        asyncio.get_running_loop().add_reader(self.sock, self._readable)
        status, data = await self._next(_START_SECONDS)
        if status != wire.READY:
            raise EndedError("a worker did not lock itself down")
        self.posture = json.loads(data)

    def alive(self) -> bool:
        """Whether the process still runs: its pidfd becomes readable when it ends."""
        return not self._gone and not self._poll.poll(0)

    async def task(self, name: str, body: bytes, seconds: float) -> bytes:
        """Do one task; a large body is copied to where nobody can change it."""
        self.tasks += 1
        try:
            await self._send(name, body)
            status, data = await self._next(seconds)
        except OSError as error:
            raise EndedError(f"lost its socket ({type(error).__name__})") from None
        if status != wire.OK:
            raise EndedError(f"raised {data[:100].decode('ascii', 'replace')}")
        return data

    def end(self) -> None:
        """Kill it, whatever it does; twice does no harm."""
        if self.pidfd < 0:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._fail(EndedError("was stopped"))
        self.sock.close()
        self._kill()
        os.close(self.pidfd)
        self.pidfd = -1

    async def _send(self, name: str, body: bytes) -> None:
        if len(body) < wire.INLINE:
            self._push(wire.task(name, body))
            return
        # A copy of this size takes longer than a thread costs.
        memfd = await asyncio.to_thread(wire.sealed, body) if len(body) > 1_000_000 else wire.sealed(body)
        try:
            socket.send_fds(self.sock, [wire.task(name)], [memfd])
        finally:
            os.close(memfd)

    def _push(self, frame: bytes) -> None:
        try:
            sent = self.sock.send(frame)
        except BlockingIOError:
            sent = 0
        if sent < len(frame):
            self._rest = memoryview(frame)[sent:]
            asyncio.get_running_loop().add_writer(self.sock, self._push_rest)

    def _push_rest(self) -> None:
        try:
            self._rest = self._rest[self.sock.send(self._rest) :]
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(EndedError(f"lost its socket ({type(error).__name__})"))
            return
        if not self._rest:
            asyncio.get_running_loop().remove_writer(self.sock)

    async def _next(self, seconds: float) -> _Answer:
        if self._gone:
            raise EndedError("died")
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        self._deadline = loop.time() + seconds
        # A timer that an earlier task left is early enough, except for a very short time.
        if self._timer is None or self._timer.when() > self._deadline:
            self._watch_in(min(_WATCH_SECONDS, seconds))
        try:
            return await self._answer
        finally:
            self._answer = None

    def _readable(self) -> None:
        try:
            chunk = self.sock.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            chunk = b""
        if not chunk or self._answer is None:  # it ended, or it speaks without being asked
            self._fail(EndedError("used too much memory" if self._over else "died"))
            return
        self._in += chunk
        if len(self._in) >= wire.ANSWER.size:
            self._complete(self._answer)

    def _complete(self, answer: "asyncio.Future[_Answer]") -> None:
        status, length = wire.ANSWER.unpack_from(self._in)
        whole = wire.ANSWER.size + length
        if length > wire.CAP:
            self._fail(EndedError(f"answered with {length} bytes"))
        elif len(self._in) > whole:
            self._fail(EndedError("answered twice"))
        elif len(self._in) == whole and not answer.done():
            answer.set_result((status, bytes(memoryview(self._in)[wire.ANSWER.size :])))
            self._in = bytearray()

    def _fail(self, error: EndedError) -> None:
        """Nothing more is heard from it."""
        if not self._gone:
            self._gone = True
            loop = asyncio.get_running_loop()
            loop.remove_reader(self.sock)
            loop.remove_writer(self.sock)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def _watch_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._watch)

    def _watch(self) -> None:
        """End a worker that is late, or whose memory is beyond the limit: mapped pages do not count for RLIMIT_DATA."""
        self._timer = None
        if self._answer is None or self.pidfd < 0:
            return
        left = self._deadline - asyncio.get_running_loop().time()
        if left <= 0:
            self._kill()
            self._fail(LateError("ran past its time"))
        elif self._resident() > self.limit:
            self._over = True
            self._kill()
            self._watch_in(left)
        else:
            self._watch_in(min(_WATCH_SECONDS, left))

    def _resident(self) -> int:
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            return 0
