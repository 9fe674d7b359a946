"""The server at the end: Postfix's smtp-sink, which takes everything and forgets it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATH = "/usr/sbin:/usr/local/sbin:/usr/bin"


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for_greeting(port: int, seconds: float = 60) -> None:
    """Return once a server says 220 there; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as client:
                if client.recv(3) == b"220":
                    client.sendall(b"QUIT\r\n")
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing greets on port {port}")
        time.sleep(0.1)


@contextmanager
def sink() -> Iterator[int]:
    """Its port. Raises FileNotFoundError where Postfix is not installed."""
    program = shutil.which("smtp-sink", path=PATH)
    if program is None:
        raise FileNotFoundError("smtp-sink is missing: it comes with Postfix (sh benchmarks/peers.sh)")
    port = free_port()
    user = ["-u", "nobody"] if _is_root() else []
    # -a: no offer to log in, which it would answer with 250 and nobody else does.
    process = subprocess.Popen([program, "-a", *user, f"127.0.0.1:{port}", "1000"])
    try:
        wait_for_greeting(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _is_root() -> bool:
    import os  # noqa: PLC0415 - used here only

    return os.geteuid() == 0


def smtp_source(port: int, messages: int, size: int, connections: int) -> float:
    """Messages per second of Postfix's own load client with a body of `size` bytes."""
    program = shutil.which("smtp-source", path=PATH) or "smtp-source"
    command = [program, "-s", str(connections), "-m", str(messages), "-l", str(size), "-f", "a@example.jp"]
    started = time.perf_counter()
    subprocess.run([*command, "-t", "b@example.jp", f"127.0.0.1:{port}"], check=True)
    return messages / (time.perf_counter() - started)
