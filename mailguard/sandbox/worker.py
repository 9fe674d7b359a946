"""One worker as the supervisor sees it: a socket to ask through, a pidfd to kill through.

In: a name and a sealed body. Out: the answer's bytes, or how the worker ended. Never trusts what the worker says beyond
its bytes: lengths are capped, time and memory are watched from outside.
"""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path

from mailguard.sandbox import wire
from mailguard.sandbox.lockdown import Posture

_WATCH_SECONDS = 0.2
_START_SECONDS = 20.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CHUNK = 1 << 20


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
    memory: int
    tasks: int = 0
    posture: Posture = field(default_factory=dict)
    _over: bool = False
    _timer: asyncio.TimerHandle = field(init=False, repr=False)

    async def greet(self) -> None:
        """Wait until the worker has locked itself down."""
        self.sock.setblocking(False)
        async with asyncio.timeout(_START_SECONDS):
            status, data = await self._answer()
        if status != wire.READY:
            raise EndedError("a worker did not lock itself down")
        self.posture = json.loads(data)

    def alive(self) -> bool:
        """Whether the process still runs: its pidfd becomes readable when it ends."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return not poll.poll(0)

    async def task(self, name: str, body: int, seconds: float) -> bytes:
        """Do one task on the memfd `body`."""
        self.tasks += 1
        self._timer = asyncio.get_running_loop().call_later(_WATCH_SECONDS, self._watch)
        try:
            async with asyncio.timeout(seconds):
                wire.send_request(self.sock, name, [body])
                status, data = await self._answer()
        except TimeoutError:
            raise LateError("ran past its time") from None
        except OSError as error:
            raise EndedError(f"lost its socket ({type(error).__name__})") from None
        finally:
            self._timer.cancel()
        if status != wire.OK:
            raise EndedError(f"raised {data[:100].decode('ascii', 'replace')}")
        return data

    def end(self) -> None:
        """Kill it, whatever it does; twice does no harm."""
        if self.pidfd < 0:
            return
        self.sock.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        os.close(self.pidfd)
        self.pidfd = -1

    def _watch(self) -> None:
        """Memory beyond the limit ends the worker: shared and mapped pages do not count for RLIMIT_DATA."""
        try:
            resident = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            return
        if resident > self.memory and self.pidfd >= 0:
            self._over = True
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            return
        self._timer = asyncio.get_running_loop().call_later(_WATCH_SECONDS, self._watch)

    async def _answer(self) -> tuple[int, bytes]:
        head = await self._read(wire.ANSWER.size)
        status, length = wire.ANSWER.unpack(head)
        if length > wire.CAP:
            raise EndedError(f"answered with {length} bytes")
        return status, await self._read(length)

    async def _read(self, length: int) -> bytes:
        loop = asyncio.get_running_loop()
        out = bytearray()
        while len(out) < length:
            chunk = await loop.sock_recv(self.sock, min(_CHUNK, length - len(out)))
            if not chunk:
                raise EndedError("used too much memory" if self._over else "died")
            out += chunk
        return bytes(out)
