"""The runner beside a worker: it starts the programs that the worker asks for, one at a time, and ends them.

In: requests over a socket, with the bytes of a file. Out: how the program ended, and a memfd with what it wrote. A program
comes from a fixed table of absolute paths; it is locked down on its own (no network, nothing to write, read-only system
folders, limits), has an empty environment, and is killed when its time is over, when the worker ends, and when the
runner does. The runner looks into no byte that it hands over.
"""

import json
import mmap
import os
import select
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailguard.sandbox import lockdown, wire
from mailguard.sandbox.programs import ANSWERED, ASKED, INPUT, LONGEST_REQUEST, End, Request, Table

READABLE = tuple(
    map(
        Path,
        (
            *("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom"),
            *("/etc/passwd", "/etc/GNUstep"),  # unar asks who it is, and does not work without an answer
        ),
    )
)
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}  # a program may start no threads
_INPUT_PATH = "/proc/self/fd/3"
_OWN = "/proc/self"
_MOST_FD = 1 << 20
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Runner:
    """What is fixed for all requests."""

    table: Table
    memory_mb: int

    def serve(self, sock: socket.socket) -> None:
        """Until the worker is gone, or says what no worker says."""
        nothing = os.open(os.devnull, os.O_RDWR)
        lockdown.lock_down_runner(READABLE, [Path(path) for path in self.table.paths.values()])
        while (asked := self._next(sock)) is not None:
            request, data = asked
            output = os.memfd_create("output", os.MFD_CLOEXEC)
            try:
                end, code = self._run(sock, request, (nothing, output, nothing, data))
                kept = [output] if end in {End.EXITED, End.KILLED} else []
                socket.send_fds(sock, [ANSWERED.pack(end, code)], kept)
            finally:
                os.close(output)
                os.close(data)

    def posture(self) -> lockdown.Posture:
        """What is in force in a program here: tried in a process that starts none."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                tried = lockdown.lock_down_program(READABLE, Path(os.devnull), _MB, self.table.seconds, self.memory_mb)
                os.write(writing, json.dumps(tried).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            said = told.read()
        os.waitpid(pid, 0)
        posture: lockdown.Posture = json.loads(said) if said else {"started": False}
        return posture

    def _next(self, sock: socket.socket) -> tuple[Request, int] | None:
        """A request and a memfd with its bytes."""
        head = sock.recv(ASKED.size, socket.MSG_WAITALL)
        if len(head) < ASKED.size:
            return None
        length, size = ASKED.unpack(head)
        if length > LONGEST_REQUEST or size > self.memory_mb * _MB:
            return None
        request = sock.recv(length, socket.MSG_WAITALL)
        return Request.unpack(request), _received(sock, size)

    def _run(self, sock: socket.socket, request: Request, files: tuple[int, int, int, int]) -> tuple[End, int]:
        """files: what becomes the program's descriptors 0 to 3."""
        path = self.table.paths.get(request.program)
        if path is None:
            return End.MISSING, 0
        most = max(0, min(request.most, self.memory_mb * _MB))
        arguments = [path, *(argument.replace(INPUT, _INPUT_PATH) for argument in request.arguments)]
        runner = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._in_program(runner, Path(path), arguments, files, most)
        late = _wait(sock, pid, self.table.seconds)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if late or -status == signal.SIGXCPU:
            return End.LATE, 0
        if os.fstat(files[1]).st_size > most or -status == signal.SIGXFSZ:
            return End.TOO_BIG, 0
        return (End.EXITED, status) if status >= 0 else (End.KILLED, -status)

    def _in_program(self, runner: int, path: Path, arguments: list[str], files: Sequence[int], most: int) -> None:
        """Never returns: the program takes this process over, or it ends."""
        try:
            lockdown.die_with_parent(runner)
            for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):  # what Python ignores, a program would too
                signal.signal(number, signal.SIG_DFL)
            for target, fd in enumerate([os.dup(fd) for fd in files]):  # the copies are 3 at least
                os.dup2(fd, target)
                os.set_inheritable(target, True)
            os.closerange(len(files), _MOST_FD)
            # unar reads its arguments there. It stays open: the rule is for this very directory entry.
            os.set_inheritable(os.open(_OWN, os.O_PATH), True)
            # One byte more than may be kept tells that there was more.
            lockdown.lock_down_program([*READABLE, Path(_OWN)], path, most + 1, self.table.seconds, self.memory_mb)
            os.execve(path, arguments, ENVIRONMENT)  # noqa: S606 - no shell: that is the point
        finally:
            os._exit(127)


def _received(sock: socket.socket, size: int) -> int:
    """So many bytes from the socket into a memfd that nobody can change any more."""
    fd = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    if size:
        with mmap.mmap(fd, size) as memory, memoryview(memory) as view:
            at = 0
            while at < size:
                count = sock.recv_into(view[at:])
                if not count:
                    raise EOFError
                at += count
    wire.seal(fd)
    return fd


def _wait(sock: socket.socket, pid: int, seconds: float) -> bool:
    """Until the program has ended; whether it had to be killed for its time. Ends with it when the worker is gone."""
    pidfd = os.pidfd_open(pid)
    try:
        waiting = select.poll()
        waiting.register(pidfd, select.POLLIN)
        waiting.register(sock, select.POLLIN)
        ready = [fd for fd, _ in waiting.poll(seconds * 1000)]
        if pidfd in ready:
            return False
        os.kill(pid, signal.SIGKILL)
        if ready:  # a worker that waits for its answer has nothing to say: it is gone
            os._exit(0)
        return True
    finally:
        os.close(pidfd)
