"""What systemd is told, by datagrams as in sd_notify(3): ready, reloading, stopping, alive.

In: the two variables that systemd sets. Out: datagrams. Without systemd nothing happens; trouble with it is no trouble.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Mapping


class Systemd:
    """`environ`: NOTIFY_SOCKET, an abstract address when it begins with @, and WATCHDOG_USEC."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        usec = environ.get("WATCHDOG_USEC", "")
        self._watchdog = int(usec) / 1_000_000 if usec.isdecimal() else 0.0

    def ready(self, status: str) -> None:
        """Everything listens."""
        self.tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Certificates are read again; `ready` says when that is done. systemd wants the time of its own clock."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1_000}")

    def stopping(self) -> None:
        """Messages under way come to their end."""
        self.tell("STOPPING=1", "STATUS=stopping: messages under way come to their end")

    def tell(self, *lines: str) -> None:
        """One datagram."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as there,
        ):
            there.setblocking(False)
            there.sendto("\n".join(lines).encode(), address)

    async def live(self) -> None:
        """Say twice per period that the event loop turns; a loop that hangs says nothing and is started again."""
        while self._address and self._watchdog:
            self.tell("WATCHDOG=1")
            await asyncio.sleep(self._watchdog / 2)
