"""The runners of a zygote: one beside each worker that wants one, made when it first asks.

In: workers that were born and that ended. Out: runners that serve them, and that are killed with them. The zygote only sees
that a worker has something to say; what it says is read by the runner.
"""

import os
import select
import signal
import socket
from collections.abc import Callable

from mailguard.sandbox import lockdown
from mailguard.sandbox.runner import Runner


class Runners:
    """Those that wait to be made stand in `waiting`, beside what else the zygote waits for."""

    def __init__(self, runner: Runner, waiting: select.poll) -> None:
        self._runner, self._waiting = runner, waiting
        self._wanted: dict[int, tuple[int, socket.socket]] = {}  # by descriptor: the worker, and the way to it
        self._running: dict[int, int] = {}  # by worker

    def expect(self, worker: int, sock: socket.socket) -> None:
        """A worker was born that may want a runner at the other end of this socket."""
        self._wanted[sock.fileno()] = worker, sock
        self._waiting.register(sock, select.POLLIN)

    def made(self, fd: int, event: int, forget: Callable[[], None]) -> None:
        """Make the runner that a worker asks for. forget: closes in it what is the zygote's alone."""
        if fd not in self._wanted:
            return
        worker, sock = self._wanted.pop(fd)
        self._waiting.unregister(fd)
        if event == select.POLLIN:
            zygote = os.getpid()
            pid = os.fork()
            if pid == 0:
                self._in_runner(zygote, sock, forget)
            self._running[worker] = pid
        sock.close()

    def ended(self, pid: int) -> None:
        """A child was reaped. If it was a worker, its runner is killed, and with it what that runs."""
        runner = self._running.pop(pid, None)
        if runner is not None:
            os.kill(runner, signal.SIGKILL)
        else:
            self._running = {worker: runner for worker, runner in self._running.items() if runner != pid}

    def forget(self) -> None:
        """In a child: close the ways to the other workers."""
        for _, sock in self._wanted.values():
            sock.close()

    def _in_runner(self, zygote: int, sock: socket.socket, forget: Callable[[], None]) -> None:
        """Never returns."""
        try:
            lockdown.die_with_parent(zygote)
            self.forget()
            forget()
            self._runner.serve(sock)
        finally:
            os._exit(0)
