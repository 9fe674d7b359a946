"""The port that speaks TLS from the first byte.

In: a listening socket. Out: sessions whose handshake is done. A connection counts from the moment it is accepted, so
that handshakes that never end take no more than their share; a stranger gets none. Each handshake uses the certificate
that is in use when it begins.
"""

import asyncio
import logging
import socket

from mailguard.smtp.channel import HANDSHAKE_SECONDS
from mailguard.smtp.desk import Desk
from mailguard.smtp.session import Session

_LOG = logging.getLogger(__name__)
BACKLOG = 512
FULL_SECONDS = 1.0  # wait when the system has no descriptor left


def listening(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    """The socket of a doorway. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=reuse_port)
    made.setblocking(False)
    return made


class Doorway:
    """`open`, then `close`."""

    def __init__(self, desk: Desk, listener: socket.socket) -> None:
        self._desk = desk
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Take connections."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Take no more, and end the handshakes that are under way. Never raises what went wrong in there."""
        try:
            if self._task is not None:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)
        finally:
            self._listener.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as handshakes:
            while True:
                try:
                    client, _ = await loop.sock_accept(self._listener)
                except OSError as error:
                    _LOG.error("smtp: no connection can be taken fact=%s", error.strerror)
                    await asyncio.sleep(FULL_SECONDS)
                    continue
                handshakes.create_task(self._receive(client, loop))

    async def _receive(self, client: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        session = Session(self._desk, loop, tls=True)
        try:
            await self._shake_hands(session, client, loop)
        except Exception as error:  # noqa: BLE001 - one connection must never end the port
            self._desk.leave(session)
            client.close()
            if not isinstance(error, OSError):
                _LOG.error("smtp: a TLS connection was dropped type=%s", type(error).__name__)
        except BaseException:
            self._desk.leave(session)
            client.close()
            raise

    async def _shake_hands(self, session: Session, client: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        address = _address(client)
        self._desk.enter(session, address)
        assert self._desk.certificate is not None
        if self._desk.refusal(address) is not None:
            # Nothing can be said before a handshake, and none is owed.
            self._desk.leave(session)
            client.close()
            return
        await loop.connect_accepted_socket(
            lambda: session,
            client,
            ssl=self._desk.certificate.context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )


def _address(client: socket.socket) -> str:
    try:
        return str(client.getpeername()[0])
    except OSError:
        return ""
