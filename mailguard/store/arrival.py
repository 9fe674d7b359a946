"""One message with all that is known of it when it is to be held, or to pass under an approval. Owns nothing."""

from dataclasses import dataclass

from mailguard.model import Inspection, Message, Source, Verdict
from mailguard.pieces import Pieces
from mailguard.routes import NO_RULING, Ruling
from mailguard.store.standing import Sender


@dataclass(frozen=True, slots=True)
class Arrival:
    """pieces: of the message's content; content_key: what one decision covers, see policy.py.

    submitter: whose other mails may tell the password of what is encrypted in it; b"" where nothing is.
    ruling: the routes in force, which say who must approve it. rehearsal: a test mail, which goes to nobody outside.
    """

    message: Message
    pieces: Pieces
    source: Source
    inspection: Inspection
    verdict: Verdict
    content_key: bytes
    submitter: bytes = b""
    ruling: Ruling = NO_RULING
    rehearsal: bool = False

    @property
    def recipients(self) -> int:
        """宛先数 of this message."""
        return len(self.message.envelope.rcpt_to)

    @property
    def evidence(self) -> frozenset[bytes]:
        """Keys of what the message is held for."""
        return frozenset(self.verdict.evidence)

    @property
    def sender(self) -> Sender:
        """Who sends it."""
        source = self.source
        return Sender(self.message.envelope, self.inspection.authors, source.operators, declared=source.declared)
