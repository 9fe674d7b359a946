"""The SMTP server: listens, counts its sessions, and stops without breaking what is under way.

In: settings, the pipeline, the next hop, a clock, the list of logins. Out: listening sockets. Never touches a message
itself.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import datetime

from mailguard.config import Smtp, split_endpoint
from mailguard.errors import ConfigError
from mailguard.relay.next_hop import NextHop
from mailguard.smtp.desk import Delivery, Desk, StopList
from mailguard.smtp.doorway import BACKLOG, Doorway, listening
from mailguard.smtp.gate import Gate, Logins
from mailguard.smtp.session import Session
from mailguard.smtp.tls import Certificate


class SmtpServer:
    """`start`, then `port` and `tls_port`, then `stop`."""

    def __init__(
        self,
        settings: Smtp,
        pipeline: Delivery,
        next_hop: NextHop,
        clock: Callable[[], datetime],
        logins: Logins | None = None,
        stop_list: StopList | None = None,
    ) -> None:
        gate = Gate(settings, next_hop, logins, lambda: asyncio.get_running_loop().time())
        self._desk = Desk(settings, pipeline, next_hop, clock, settings.hostname, gate, stop_list)
        self._server: asyncio.Server | None = None
        self._doorway: Doorway | None = None
        self.ports: tuple[int, ...] = ()

    async def start(self, *, reuse_port: bool = False) -> None:
        """Listen; with `reuse_port` beside other processes on the same ports.

        Raises OSError when smtp.listen is taken, ConfigError for tls_listen and for the certificate.
        """
        # aiosmtpd logs addresses and whole command lines.
        logging.getLogger("mail.log").disabled = True
        settings = self._desk.settings
        if settings.certificate is not None and settings.certificate_key is not None:
            self._desk.certificate = Certificate(settings.certificate, settings.certificate_key)
        # Asked once: a name server that hangs must not hang each connection.
        self._desk.hostname = self._desk.hostname or await asyncio.to_thread(socket.getfqdn)
        loop = asyncio.get_running_loop()
        host, port = split_endpoint(settings.listen)
        self._server = await loop.create_server(
            lambda: Session(self._desk, loop), host, port, backlog=BACKLOG, reuse_port=reuse_port or None
        )
        self.ports = (int(self._server.sockets[0].getsockname()[1]),)
        if settings.tls_listen:
            self._open_doorway(settings.tls_listen, reuse_port=reuse_port)

    def _open_doorway(self, endpoint: str, *, reuse_port: bool) -> None:
        assert self._server is not None
        try:
            listener = listening(*split_endpoint(endpoint), reuse_port=reuse_port)
        except OSError as error:
            self._server.close()
            raise ConfigError(
                f"smtp.tls_listen: cannot listen on {endpoint} ({error.strerror})."
                " Stop what uses it or choose another port."
            ) from None
        self.ports += (int(listener.getsockname()[1]),)
        self._doorway = Doorway(self._desk, listener)
        self._doorway.open()

    def reload(self) -> None:
        """Read the certificate again; connections keep theirs. Never raises: what is wrong is logged."""
        if self._desk.certificate is not None:
            self._desk.certificate.reload()

    @property
    def port(self) -> int:
        """The port of smtp.listen; the one chosen by the system when 0 was configured. 0 before the start."""
        return self.ports[0] if self.ports else 0

    @property
    def tls_port(self) -> int:
        """The port of smtp.tls_listen; 0 when there is none."""
        return self.ports[1] if len(self.ports) > 1 else 0

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
        if self._doorway is not None:
            await self._doorway.close()
        open_now = (*self._desk.sessions, *self._desk.leaving)
        tasks = [task for session in open_now if (task := session.task()) is not None]
        for session in list(self._desk.sessions):
            session.wind_up()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=drain_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
