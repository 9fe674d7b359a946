"""One worker as the supervisor sees it: a socket to ask through, a pidfd to kill through.

In: names and bodies. Out: each answer's bytes, in order, or how the worker ended. Never trusts what the worker says beyond
its bytes: lengths are capped, time and memory are watched from outside. One reader stays for the worker's whole life, and
one timer watches whatever tasks are under way when it goes off.
"""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailguard.sandbox import wire
from mailguard.sandbox.errand import Memory
from mailguard.sandbox.lockdown import Posture

_WATCH_SECONDS = 0.2
_START_SECONDS = 20.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CHUNK = 64 * 1024
_Answer = tuple[int, bytes]
Asked = asyncio.Future[_Answer]
"""What `tasks` gives for each, for `answer`."""


class EndedError(Exception):
    """The worker is gone or must go; the text says how, without a word of the mail."""


class LateError(EndedError):
    """The worker ran past its time."""


@dataclass(slots=True, eq=False)
class Worker:
    """Owns `sock`, `pidfd` and what it reads memory from; `end` gives all back."""

    pid: int
    pidfd: int
    sock: socket.socket
    limit: int
    served: int = 0
    posture: Posture = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    _over: bool = False
    _gone: bool = False
    _deadline: float = 0.0
    _in: bytearray = field(default_factory=bytearray)
    _rest: memoryview = field(default_factory=lambda: memoryview(b""))
    _asked: deque[Asked] = field(default_factory=deque)
    _timer: asyncio.TimerHandle | None = None
    _poll: select.poll = field(default_factory=select.poll)
    _statm: int = -1

    async def greet(self) -> None:
        """Wait until the worker has locked itself down."""
        self.sock.setblocking(False)
        self._poll.register(self.pidfd, select.POLLIN)
        asyncio.get_running_loop().add_reader(self.sock, self._readable)
        status, data = await self._expect(1, _START_SECONDS)[0]
        if status != wire.READY:
            raise EndedError("a worker did not lock itself down")
        self.posture, self.served = json.loads(data), 0

    def alive(self) -> bool:
        """Whether the process still runs: its pidfd becomes readable when it ends."""
        return not self._gone and not self._poll.poll(0)

    async def task(self, name: str, body: bytes, seconds: float) -> bytes:
        """Do one task; a large body is copied to where nobody can change it."""
        answer = self._expect(1, seconds)[0]
        try:
            await self._send(name, body)
        except OSError as error:
            raise EndedError(f"lost its socket ({type(error).__name__})") from None
        return await self.answer(answer)

    def tasks(self, tasks: Sequence[tuple[str, bytes]], seconds: float) -> list[Asked]:
        """Ask for several small things in one go; `answer` waits for each. seconds: for all of them."""
        answers = self._expect(len(tasks), seconds)
        try:
            self._push(b"".join([wire.task(name, body) for name, body in tasks]))
        except OSError as error:
            self._fail(EndedError(f"lost its socket ({type(error).__name__})"))
        return answers

    async def answer(self, asked: Asked) -> bytes:
        """What it says to one of `tasks`; raises EndedError."""
        status, data = await asked
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
        if self._statm >= 0:
            os.close(self._statm)
            self._statm = -1

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

    def _expect(self, number: int, seconds: float) -> list[Asked]:
        """So many answers more, all within `seconds`."""
        if self._gone:
            raise EndedError("died")
        loop = asyncio.get_running_loop()
        answers: list[Asked] = [loop.create_future() for _ in range(number)]
        self._asked.extend(answers)
        self.served += number
        self._deadline = loop.time() + seconds
        # A timer that an earlier task left is early enough, except for a very short time.
        if self._timer is None or self._timer.when() > self._deadline:
            self._watch_in(min(_WATCH_SECONDS, seconds))
        return answers

    def _readable(self) -> None:
        try:
            chunk = self.sock.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._fail(EndedError("used too much memory" if self._over else "died"))
            return
        self._in += chunk
        while self._asked and len(self._in) >= wire.ANSWER.size and self._take_answer():
            pass
        if self._in and not self._asked:
            self._fail(EndedError("answered without being asked"))

    def _take_answer(self) -> bool:
        """Whether a whole answer was there."""
        status, length = wire.ANSWER.unpack_from(self._in)
        whole = wire.ANSWER.size + length
        if length > wire.CAP:
            self._fail(EndedError(f"answered with {length} bytes"))
            return False
        if len(self._in) < whole:
            return False
        answer = self._asked.popleft()
        if not answer.done():
            answer.set_result((status, bytes(memoryview(self._in)[wire.ANSWER.size : whole])))
        del self._in[:whole]
        return True

    def _fail(self, error: EndedError) -> None:
        """Nothing more is heard from it."""
        if not self._gone:
            self._gone = True
            loop = asyncio.get_running_loop()
            loop.remove_reader(self.sock)
            loop.remove_writer(self.sock)
        while self._asked:
            answer = self._asked.popleft()
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # nobody may wait for it any more

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
        if not self._asked or self.pidfd < 0:
            return
        left = self._deadline - asyncio.get_running_loop().time()
        if left <= 0:
            self._kill()
            self._fail(LateError("ran past its time"))
        elif self.resident() > self.limit:
            self._over = True
            self._kill()
            self._watch_in(left)
        else:
            self._watch_in(min(_WATCH_SECONDS, left))

    def resident(self) -> int:
        """Bytes of memory it has in use, shared ones included; 0 when it is gone."""
        try:
            if self._statm < 0:
                self._statm = os.open(f"/proc/{self.pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
            return int(os.pread(self._statm, 100, 0).split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            return 0
