"""The warm parent of the workers: `python -m mailguard.sandbox.zygote CONTROL_FD SETTINGS_FD PARENT`.

In: settings on a memfd, then requests "fork" on the control socket. Out: for each a worker, as a pidfd and a socket.
The entry is imported and built once, so workers share its memory; the zygote itself never sees a byte of a mail.
"""

import gc
import importlib
import json
import math
import os
import select
import signal
import site
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mailguard
from mailguard.sandbox import lockdown, wire

_COLLECT = 1_000_000  # new objects between collections: a table of millions of cells is read three times as fast
_LONG_SECONDS = 0.002  # a task that takes longer has its answer, and those before it, sent at once
Function = Callable[[str, memoryview], bytes]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the supervisor wants; `init` goes to the entry as it is."""

    entry: str
    task_seconds: float
    memory_mb: int
    init: bytes

    def pack(self) -> bytes:
        """One line of JSON, then `init`."""
        line = json.dumps({"entry": self.entry, "task_seconds": self.task_seconds, "memory_mb": self.memory_mb})
        return line.encode() + b"\n" + self.init

    @classmethod
    def unpack(cls, data: bytes) -> "Settings":
        """The reverse of `pack`."""
        line, _, init = data.partition(b"\n")
        return cls(init=init, **json.loads(line))


def main(control_fd: int, settings_fd: int, parent: int) -> None:
    """Build the entry, say so, then fork on request until the supervisor is gone."""
    lockdown.die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the service, which ends us
    control = socket.socket(fileno=control_fd)
    with os.fdopen(settings_fd, "rb") as file:
        file.seek(0)
        settings = Settings.unpack(file.read())
    lockdown.prepare()
    isolated = lockdown.leave_network()  # before the entry starts threads: a user namespace wants none
    try:
        function, readable = _build(settings)
    except Exception as error:  # noqa: BLE001 - told to the supervisor, which raises it; no mail was seen yet
        wire.send_answer(control, wire.FAILED, f"{type(error).__name__}: {error}".encode()[:2_000])
        return
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every shared page
    gc.set_threshold(_COLLECT)
    wire.send_answer(control, wire.READY, b"")
    _serve(control, settings, function, readable, network_namespace=isolated)


def _build(settings: Settings) -> tuple[Function, list[Path]]:
    name, _, attribute = settings.entry.partition(":")
    module = importlib.import_module(name)
    function: Function = getattr(module, attribute)(settings.init)
    own = [Path(path) for path in (module.__file__, mailguard.__file__) if path]
    packages = [own[0], own[1].parent, *map(Path, site.getsitepackages())]
    return function, [*map(Path, ("/usr", "/lib", "/lib64", sys.prefix, sys.base_prefix)), *packages]


def _serve(
    control: socket.socket, settings: Settings, function: Function, readable: list[Path], *, network_namespace: bool
) -> None:
    waiting = select.poll()
    waiting.register(control, select.POLLIN)
    while True:
        _reap()
        if not waiting.poll(1_000):
            continue
        if wire.receive_request(control, 0) is None:
            return
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            _in_worker(control, ours, theirs, settings, function, readable, network_namespace=network_namespace)
        theirs.close()
        pidfd = os.pidfd_open(pid)  # nobody has reaped it yet: the number is still its own
        wire.send_request(control, str(pid), [pidfd, ours.fileno()])
        os.close(pidfd)
        ours.close()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _in_worker(
    control: socket.socket,
    ours: socket.socket,
    theirs: socket.socket,
    settings: Settings,
    function: Function,
    readable: list[Path],
    *,
    network_namespace: bool,
) -> None:
    """Never returns: whatever happens, this process must not go on as a second zygote."""
    try:
        lockdown.die_with_parent(_ZYGOTE)
        control.close()
        ours.close()
        posture = lockdown.lock_down(readable, settings.memory_mb)
        posture["network_namespace"] = network_namespace
        wire.send_answer(theirs, wire.READY, json.dumps(posture).encode())
        _work(theirs, function, settings.task_seconds)
    finally:
        os._exit(1)


def _work(sock: socket.socket, function: Function, task_seconds: float) -> None:
    tasks, answers = wire.Tasks(sock), wire.Answers(sock)
    renewed = -math.inf
    while (task := tasks.next()) is not None:
        name, body = task
        if (now := time.monotonic()) - renewed >= task_seconds:
            # Until it is renewed no more than task_seconds of the doubled allowance can be used up.
            lockdown.renew_cpu(2 * task_seconds)
            renewed = now
        try:
            status, result = wire.OK, function(name, body)
        except BaseException as error:  # noqa: BLE001 - only its type goes out: the text may quote the mail
            status, result = wire.FAILED, type(error).__name__.encode()
        del task, body  # a large one is mapped memory
        answers.add(status, result)
        # Who asked for several things hears of them together, unless one takes long.
        if not tasks.ready or time.monotonic() - now >= _LONG_SECONDS:
            answers.send()


_ZYGOTE = os.getpid()

if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
