"""The entry of the sandbox tests: one job for each thing that can go wrong."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mailguard.sandbox import Programs


def build(init: bytes, programs: Programs) -> Callable[[str, memoryview], bytes]:
    if init == b"broken":
        raise ValueError("this init is broken")

    def work(job: str, body: memoryview) -> bytes:
        if job == "program":
            return _program(programs, bytes(body))
        return _JOBS[job](bytes(body), init)

    return work


def _program(programs: Programs, body: bytes) -> bytes:
    """Body: a line of JSON, then the data."""
    line, _, data = body.partition(b"\n")
    ran = programs.run(data=data, **json.loads(line))
    return json.dumps([ran.end.name, ran.code, os.getpid()]).encode() + b"\n" + ran.output


def _swallow(body: bytes, init: bytes) -> bytes:
    while True:
        try:
            time.sleep(0.01)
        except BaseException:  # noqa: BLE001 - that is the point
            continue


def _spin(body: bytes, init: bytes) -> bytes:
    while True:
        pass


def _shared(body: bytes, init: bytes) -> bytes:
    import mmap

    memory = mmap.mmap(-1, 600 * 1024 * 1024)
    for _ in range(600):
        memory.write(b"x" * (1024 * 1024))
    time.sleep(30)
    return b""


_KEPT: list[bytes] = []


def _keep(body: bytes, init: bytes) -> bytes:
    """So many MB for good."""
    _KEPT.append(b"x" * (int(body) * 1024 * 1024))
    return str(os.getpid()).encode()


def _raise(body: bytes, init: bytes) -> bytes:
    raise ValueError(body.decode())


def _connect(body: bytes, init: bytes) -> bytes:
    socket.socket()
    return b"opened"


def _kill(body: bytes, init: bytes) -> bytes:
    os.kill(os.getppid(), 9)
    return b"killed"


def _thread(body: bytes, init: bytes) -> bytes:
    threading.Thread(target=print).start()
    return b"started"


def _fork(body: bytes, init: bytes) -> bytes:
    if os.fork() == 0:
        os._exit(0)
    return b"forked"


def _refusal(act: Callable[[bytes, bytes], bytes]) -> Callable[[bytes, bytes], bytes]:
    def tried(body: bytes, init: bytes) -> bytes:
        try:
            return act(body, init)
        except (PermissionError, RuntimeError) as error:
            return b"refused " + type(error).__name__.encode()

    return tried


_JOBS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "echo": lambda body, init: init + body,
    "pid": lambda body, init: str(os.getpid()).encode(),
    "size": lambda body, init: str(len(body)).encode(),
    "huge": lambda body, init: b"x" * (65 * 1024 * 1024),
    "environment": lambda body, init: "\n".join(os.environ).encode(),
    "modules": lambda body, init: str("mailguard.store" in sys.modules).encode(),
    "nap": lambda body, init: time.sleep(float(body)) or b"rested",
    "sleep": lambda body, init: time.sleep(3600) or b"",
    "spin": _spin,
    "abort": lambda body, init: os.abort(),
    "exit": lambda body, init: os._exit(0),
    "allocate": lambda body, init: bytes(len(bytearray(3 * 1024**3))),
    "shared": _shared,
    "keep": _keep,
    "raise": _raise,
    "swallow": _swallow,
    "socket": _refusal(_connect),
    "passwd": _refusal(lambda body, init: Path("/etc/passwd").read_bytes()),
    "read": _refusal(lambda body, init: Path(body.decode()).read_bytes()),
    "write": _refusal(lambda body, init: str(Path(body.decode()).write_bytes(b"x")).encode()),
    "exec": _refusal(lambda body, init: subprocess.run(["/bin/true"], check=True, capture_output=True).stdout),
    "kill": _refusal(_kill),
    "fork": _refusal(_fork),
    "thread": _refusal(_thread),
}
