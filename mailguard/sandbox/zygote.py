"""The warm parent of the workers: `python -m mailguard.sandbox.zygote CONTROL_FD SETTINGS_FD PARENT`.

In: settings on a memfd, then requests "fork" on the control socket. Out: for each a worker, as a pidfd and a socket, and
a runner beside it when it first asks for a program. The entry is imported and built once, so workers share its memory;
the zygote itself never sees a byte of a mail.
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
from dataclasses import asdict, dataclass, field
from pathlib import Path

import mailguard
from mailguard.sandbox import lockdown, wire
from mailguard.sandbox.programs import Programs, Table
from mailguard.sandbox.runner import Runner
from mailguard.sandbox.runners import Runners

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
    programs: Table = field(default_factory=Table)

    def pack(self) -> bytes:
        """One line of JSON, then `init`."""
        fields = asdict(self)
        init: bytes = fields.pop("init")
        return json.dumps(fields).encode() + b"\n" + init

    @classmethod
    def unpack(cls, data: bytes) -> "Settings":
        """The reverse of `pack`."""
        line, _, init = data.partition(b"\n")
        fields = json.loads(line)
        return cls(init=init, programs=Table(**fields.pop("programs")), **fields)


def main(control_fd: int, settings_fd: int, parent: int) -> None:
    """Build the entry, say so, then fork on request until the supervisor is gone."""
    lockdown.die_with_parent(parent)
    lockdown.adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the service, which ends us
    control = socket.socket(fileno=control_fd)
    with os.fdopen(settings_fd, "rb") as file:
        file.seek(0)
        settings = Settings.unpack(file.read())
    lockdown.prepare()
    isolated = lockdown.leave_network()  # before the entry starts threads: a user namespace wants none
    gc.set_threshold(_COLLECT)  # what is built stays: looking for garbage in it took a tenth of the time
    try:
        nest = _build(settings, network_namespace=isolated)
    except Exception as error:  # noqa: BLE001 - told to the supervisor, which raises it; no mail was seen yet
        wire.send_answer(control, wire.FAILED, f"{type(error).__name__}: {error}".encode()[:2_000])
        return
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every shared page
    wire.send_answer(control, wire.READY, b"")
    nest.serve(control)


def _build(settings: Settings, *, network_namespace: bool) -> "_Nest":
    name, _, attribute = settings.entry.partition(":")
    module = importlib.import_module(name)
    installed = {name: path for name, path in settings.programs.paths.items() if os.access(path, os.X_OK)}
    programs = Programs(installed)
    function: Function = getattr(module, attribute)(settings.init, programs)
    own = [Path(path) for path in (module.__file__, mailguard.__file__) if path]
    packages = [own[0], own[1].parent, *map(Path, site.getsitepackages())]
    readable = [*map(Path, ("/usr", "/lib", "/lib64", "/dev/urandom", sys.prefix, sys.base_prefix)), *packages]
    runner = Runner(Table(installed, settings.programs.seconds), settings.memory_mb)
    posture = runner.posture() | {"network_namespace": network_namespace}
    return _Nest(settings, function, programs, readable, runner, network_namespace, posture)


@dataclass(frozen=True, slots=True)
class _Nest:
    """What every worker is made of."""

    settings: Settings
    function: Function
    programs: Programs
    readable: list[Path]
    runner: Runner
    network_namespace: bool
    programs_posture: lockdown.Posture

    def serve(self, control: socket.socket) -> None:
        """Until the supervisor is gone."""
        waiting = select.poll()
        waiting.register(control, select.POLLIN)
        runners = Runners(self.runner, waiting)
        while True:
            _reap(runners)
            for fd, event in waiting.poll(1_000):
                if fd != control.fileno():
                    runners.made(fd, event, control.close)
                elif wire.receive_request(control, 0) is None:
                    return
                else:
                    self._fork(control, runners)

    def _fork(self, control: socket.socket, runners: Runners) -> None:
        ours, theirs = socket.socketpair()
        asked, asking = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            runners.forget()
            for sock in (control, ours, asked):
                sock.close()
            self._in_worker(theirs, asking)
        theirs.close()
        asking.close()
        runners.expect(pid, asked)
        pidfd = os.pidfd_open(pid)  # nobody has reaped it yet: the number is still its own
        wire.send_request(control, str(pid), [pidfd, ours.fileno()])
        os.close(pidfd)
        ours.close()

    def _in_worker(self, sock: socket.socket, asking: socket.socket) -> None:
        """Never returns: whatever happens, this process must not go on as a second zygote."""
        try:
            lockdown.die_with_parent(_ZYGOTE)
            posture = lockdown.lock_down(self.readable, self.settings.memory_mb)
            posture["network_namespace"] = self.network_namespace
            posture |= {f"programs: {name}": value for name, value in self.programs_posture.items()}
            self.programs.connect(asking)
            wire.send_answer(sock, wire.READY, json.dumps(posture).encode())
            _work(sock, self.function, self.settings.task_seconds)
        finally:
            os._exit(1)


def _reap(runners: Runners) -> None:
    try:
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            runners.ended(pid)
    except ChildProcessError:
        pass


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
