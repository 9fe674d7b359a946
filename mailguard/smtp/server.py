"""The SMTP server: listens, counts its sessions, and stops without breaking what is under way.

In: settings, the pipeline, the next hop, a clock. Out: a listening socket. Never touches a message itself.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import datetime

from mailguard.config import Smtp, split_endpoint
from mailguard.relay.next_hop import NextHop
from mailguard.smtp.desk import Delivery, Desk
from mailguard.smtp.session import Session


class SmtpServer:
    """`start`, then `port`, then `stop`."""

    def __init__(self, settings: Smtp, pipeline: Delivery, next_hop: NextHop, clock: Callable[[], datetime]) -> None:
        self._desk = Desk(settings, pipeline, next_hop, clock, settings.hostname)
        self._server: asyncio.Server | None = None
        self._port = 0

    async def start(self, *, reuse_port: bool = False) -> None:
        """Listen; with `reuse_port` beside other processes on the same port. Raises OSError when the address is taken."""
        # aiosmtpd logs addresses and whole command lines.
        logging.getLogger("mail.log").disabled = True
        loop = asyncio.get_running_loop()
        # Asked once: a name server that hangs must not hang each connection.
        self._desk.hostname = self._desk.hostname or await asyncio.to_thread(socket.getfqdn)
        host, port = split_endpoint(self._desk.settings.listen)
        self._server = await loop.create_server(
            lambda: Session(self._desk, loop), host, port, backlog=512, reuse_port=reuse_port or None
        )
        self._port = int(self._server.sockets[0].getsockname()[1])

    @property
    def port(self) -> int:
        """The port listened on; the one chosen by the system when 0 was configured."""
        return self._port

    @property
    def connections(self) -> int:
        """Clients connected now."""
        return len(self._desk.sessions)

    @property
    def inflight_bytes(self) -> int:
        """What the messages under way take now."""
        return self._desk.inflight.used

    async def stop(self, drain_seconds: float) -> None:
        """Take no more connections, end idle sessions with 421, give busy ones `drain_seconds`, then cut them off.

        A message cut off here was not answered yet: its client still has it and sends it again.
        """
        if self._server is not None:
            self._server.close()
        tasks = [session.task() for session in (*self._desk.sessions, *self._desk.leaving)]
        for session in list(self._desk.sessions):
            session.wind_up()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=drain_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
