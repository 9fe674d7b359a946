"""The supervisor of sandboxed workers: jobs in, bytes out, whatever the worker does.

In: an entry "package.module:function" and jobs. Out: each job's bytes, or that it timed out or crashed, twice, each time
in a fresh worker. Knows nothing of mail; never runs a job itself; never blocks the event loop.
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Sequence

from mailguard.errors import MailguardError
from mailguard.sandbox import wire
from mailguard.sandbox.errand import Errand, Plain
from mailguard.sandbox.errors import CrashedError, TimedOutError
from mailguard.sandbox.lane import Lane, Light
from mailguard.sandbox.lockdown import Posture
from mailguard.sandbox.places import Places
from mailguard.sandbox.programs import Table
from mailguard.sandbox.worker import EndedError, LateError, Worker
from mailguard.sandbox.zygote import Settings

_log = logging.getLogger(__name__)
_BUILD_SECONDS = 120.0
_FORK_SECONDS = 10.0
_STOP_SECONDS = 5.0
_ONCE_SECONDS = 5.0
_LIGHT_BYTES = 32 * 1024  # of the body of a light job
# A library with a thread pool of its own would fail in a worker, which may not start threads.
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


class _Zygote:
    """The running zygote and the socket to it."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.process = process
        self.control = control

    async def fork(self, memory: int) -> Worker:
        wire.send_request(self.control, "fork", [])
        async with asyncio.timeout(_FORK_SECONDS):
            await _readable(self.control)
        # The rest of the frame is there already: it was sent in one piece.
        self.control.setblocking(True)
        try:
            reply = wire.receive_request(self.control, 2)
        finally:
            self.control.setblocking(False)
        if reply is None:
            raise EndedError("the zygote died")
        pid, (pidfd, sock) = int(reply[0]), reply[1]
        return Worker(pid, pidfd, socket.socket(fileno=sock), memory)

    async def end(self) -> None:
        self.control.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


class Scanner:
    """`workers` processes that each do one job, or one batch of light ones; `run` may be called by any number of tasks.

    A worker is replaced after `recycle_tasks` jobs, or when it keeps more than `recycle_mb` after one.
    programs: what a job may have started, each in a sandbox of its own.
    nice: how much they leave the processor to others, 0 to 19.
    """

    def __init__(  # noqa: PLR0913 - each by its name, and none has to do with another
        self,
        entry: str,
        init: bytes,
        *,
        workers: int,
        task_seconds: float,
        memory_mb: int,
        recycle_tasks: int,
        recycle_mb: int = 600,
        programs: Table | None = None,
        nice: int = 0,
    ) -> None:
        self._settings = Settings(entry, task_seconds, memory_mb, init, programs or Table())
        self._workers = workers
        self._recycle_tasks, self._recycle_bytes = recycle_tasks, recycle_mb * 1024 * 1024
        self._nice = nice
        self._places = Places(workers)
        self._lane = Lane(self._places, self._batch)
        self._zygote: _Zygote | None = None
        self._forking = asyncio.Lock()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._posture: Posture = {}
        self._stopped = True

    async def start(self) -> None:
        """Build the entry, fork the workers, and say what protection this machine does not give."""
        self._stopped = False
        self._zygote = await self._start_zygote()
        try:
            for _ in range(self._workers):
                self._idle.append(await self._fork())
        except BaseException:
            await self.stop()
            raise
        self._posture = self._idle[0].posture
        missing = sorted(name for name, value in self._posture.items() if value is False)
        if missing:
            _log.warning("sandbox: not available here: %s", ", ".join(missing))

    async def stop(self) -> None:
        """Kill every worker and end the zygote. Jobs still running end with an error."""
        self._stopped = True
        for worker in list(self._all):
            self._end(worker)
        self._idle.clear()
        if self._zygote is not None:
            await self._zygote.end()
            self._zygote = None

    def posture(self) -> Posture:
        """What is in force in the workers, by name; False is not available on this machine."""
        return dict(self._posture)

    async def run(self, job: str, body: bytes, seconds: float) -> bytes:
        """Do one job with a body that is the same for every worker."""
        return await self.do(Plain(job, body), seconds)

    async def do(self, errand: Errand, seconds: float, *, once: bool = False) -> bytes:
        """Do one errand; `seconds` bounds the wait for a free worker, `task_seconds` each of at most two attempts.

        So a wait can only end in ScannerBusyError: overload never looks like a file that takes too long.
        once: one short attempt, for a job that is expected to be small.
        """
        if errand.light and not once:
            loop = asyncio.get_running_loop()
            try:
                if (answer := await self._lane.ask(errand, loop.time() + seconds)) is not None:
                    return answer
            except EndedError as error:
                _log.warning("sandbox: a worker %s; each job of its batch gets a fresh one", error)
                async with self._places.place(seconds):
                    return await self._last(errand, self._settings.task_seconds)
        async with self._places.place(seconds):
            if once:
                return await self._last(errand, min(self._settings.task_seconds / 2, _ONCE_SECONDS))
            return await self._attempts(errand)

    async def _attempts(self, errand: Errand) -> bytes:
        """Once, and once more in a fresh worker: the first may have been spoilt by an earlier job."""
        try:
            return await self._attempt(await self._take(), errand, self._settings.task_seconds)
        except EndedError as error:
            _log.warning("sandbox: a worker %s; the job gets a fresh one", error)
        return await self._last(errand, self._settings.task_seconds)

    async def _last(self, errand: Errand, seconds: float) -> bytes:
        try:
            return await self._attempt(await self._fork(), errand, seconds)
        except LateError:
            raise TimedOutError("the scan ran past its time, in two workers") from None
        except EndedError as error:
            raise CrashedError(f"the scan ended two workers; the second {error}") from None

    async def _batch(self, batch: Sequence[Light]) -> None:
        """A batch in one worker. Whatever turns out not to be light is told so; what is left when it ends, that it ended."""
        try:
            worker = await self._take()
        except EndedError as error:
            for light in batch:
                light.settle(error)
            return
        try:
            await self._ask(worker, batch)
        except BaseException as error:
            self._end(worker)
            for light in batch:
                light.settle(error if isinstance(error, EndedError) else EndedError("was stopped"))
            if not isinstance(error, EndedError):
                raise
        else:
            self._give_back(worker)

    async def _ask(self, worker: Worker, batch: Sequence[Light]) -> None:
        asked = []
        for light in batch:
            body = light.errand.begin(worker.memory)
            if len(body) < _LIGHT_BYTES:
                asked.append((light, body))
            else:
                light.settle(None)
        answers = worker.tasks([(light.errand.job, body) for light, body in asked], self._settings.task_seconds)
        for (light, _), answer in zip(asked, answers, strict=True):
            result = await worker.answer(answer)
            try:
                body_wanted = light.errand.more(result, worker.memory)
            except CrashedError as error:
                light.settle(error)
                raise EndedError("gave an answer that cannot be read") from None
            light.settle(result if body_wanted is None else None)

    async def _attempt(self, worker: Worker, errand: Errand, seconds: float) -> bytes:
        deadline = asyncio.get_running_loop().time() + seconds
        left = seconds
        try:
            body: bytes | None = errand.begin(worker.memory)
            while body is not None:
                result = await worker.task(errand.job, body, left)
                body = errand.more(result, worker.memory)
                left = max(deadline - asyncio.get_running_loop().time(), 0.001)
        except BaseException:  # a cancelled job leaves its worker in the middle of something, too
            self._end(worker)
            raise
        self._give_back(worker)
        return result

    def _give_back(self, worker: Worker) -> None:
        spent = worker.served >= self._recycle_tasks or worker.resident() > self._recycle_bytes
        if spent or self._stopped:
            self._end(worker)
        else:
            self._idle.append(worker)

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive():
                return worker
            self._end(worker)
        return await self._fork()

    def _end(self, worker: Worker) -> None:
        self._all.discard(worker)
        worker.end()

    async def _fork(self) -> Worker:
        """A fresh worker; a zygote that died is started again, once."""
        async with self._forking:
            try:
                return await self._fork_once()
            except (EndedError, OSError, TimeoutError, ValueError) as error:
                if self._stopped:
                    raise EndedError("was stopped") from None
                _log.warning("sandbox: the zygote is started again (%s)", type(error).__name__)
            if self._zygote is not None:
                with contextlib.suppress(ProcessLookupError):
                    self._zygote.process.kill()
                await self._zygote.end()
                self._zygote = None
            self._zygote = await self._start_zygote()
            try:
                return await self._fork_once()
            except (OSError, TimeoutError, ValueError) as error:
                raise EndedError(f"could not be started ({type(error).__name__})") from None

    async def _fork_once(self) -> Worker:
        if self._zygote is None:
            raise EndedError("has no zygote")
        worker = await self._zygote.fork(self._settings.memory_mb * 1024 * 1024)
        self._all.add(worker)
        try:
            await worker.greet()
        except BaseException:
            self._end(worker)
            raise
        return worker

    async def _start_zygote(self) -> _Zygote:
        ours, theirs = socket.socketpair()
        settings = await asyncio.to_thread(wire.sealed, self._settings.pack())
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "mailguard.sandbox.zygote", str(theirs.fileno()), str(settings), str(os.getpid()),
                pass_fds=(theirs.fileno(), settings), env=_environment(), cwd="/",
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        finally:
            theirs.close()
            os.close(settings)
        if self._nice:
            with contextlib.suppress(OSError):  # one that has ended already is noticed below
                os.setpriority(os.PRIO_PROCESS, process.pid, self._nice)
        ours.setblocking(False)
        zygote = _Zygote(process, ours)
        try:
            await self._built(ours)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await zygote.end()
            raise
        return zygote

    async def _built(self, control: socket.socket) -> None:
        try:
            async with asyncio.timeout(_BUILD_SECONDS):
                status, data = wire.ANSWER.unpack(await _exactly(control, wire.ANSWER.size))
                text = await _exactly(control, min(data, wire.CAP))
        except TimeoutError:
            raise MailguardError(f"scanner: {self._settings.entry} was not built in {_BUILD_SECONDS:.0f} s.") from None
        except EndedError:
            raise MailguardError(f"scanner: the process died while {self._settings.entry} was built.") from None
        if status != wire.READY:
            raise MailguardError(f"scanner: {self._settings.entry} cannot be built: {text.decode('utf-8', 'replace')}")


def _environment() -> dict[str, str]:
    """Nothing of the service's own: its environment may hold secrets."""
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)  # noqa: PTH100 - "" means the current folder
    return {
        "PYTHONPATH": path,
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **_ONE_THREAD,
    }


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(sock)


async def _exactly(sock: socket.socket, length: int) -> bytes:
    loop = asyncio.get_running_loop()
    out = b""
    while len(out) < length:
        chunk = await loop.sock_recv(sock, length - len(out))
        if not chunk:
            raise EndedError("the zygote died")
        out += chunk
    return out
