"""A catch-all next hop for the demo: takes every mail and says what it took. Never sends anything on."""

from collections import Counter
from email import message_from_bytes
from email.header import decode_header, make_header

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class CatchAll:
    """An SMTP server on a thread of its own. received: mails by subject."""

    def __init__(self, port: int = 0) -> None:
        self.received: Counter[str] = Counter()
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def start(self) -> int:
        """Listen; the port."""
        self._controller.start()
        return int(self._controller.server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Take no more."""
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's hook
        """Count a mail under its subject."""
        del server, session
        content = envelope.content
        assert isinstance(content, bytes)
        subject = str(make_header(decode_header(message_from_bytes(content).get("Subject", ""))))
        self.received[subject] += 1
        return "250 2.0.0 taken by the demo"
