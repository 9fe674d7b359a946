"""A catch-all next hop for the demo: takes every mail and counts what it took. Never sends anything on."""

import asyncio
from collections import Counter
from email import message_from_bytes
from email.header import decode_header, make_header

from aiosmtpd.smtp import SMTP, Envelope, Session


class CatchAll:
    """An SMTP server on the running event loop. received: mails by subject."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on a free port; the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="demo"), "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def mailings(self) -> int:
        """How many of the mails were no notices of mailguard itself."""
        return sum(number for subject, number in self.received.items() if not subject.startswith("[mailguard]"))

    def stop(self) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's hook
        """Count a mail under its subject."""
        del server, session
        content = envelope.content
        assert isinstance(content, bytes)
        subject = str(make_header(decode_header(message_from_bytes(content).get("Subject", ""))))
        self.received[subject] += 1
        return "250 2.0.0 taken by the demo"
