"""The stop list, asked once more before held mail goes out: somebody may have been put on it while the mail was held.

In: a claim. Out: the recipients not to send to. Raises StoreError when the list cannot be read: then nothing is sent.
"""

from collections.abc import Sequence

from mailguard.lifecycle import RecipientState
from mailguard.model import Source
from mailguard.store.suppressions import Spared
from mailguard.store.views import Claim, Outcome
from mailguard.suppression import Suppression

REPLY = "on the stop list: not sent"


class Sparing:
    """A `Check` of the release worker."""

    def __init__(self, suppression: Suppression) -> None:
        self._suppression = suppression

    async def __call__(self, claim: Claim) -> Sequence[Outcome]:
        """Recorded before it is acted on; asked again after a crash, it is recorded once."""
        names = [address for _, address in claim.waiting]
        listed = await self._suppression.at_release(claim.source_id, claim.envelope.from_domains, names)
        spared = [pair for pair, stopped in zip(claim.waiting, listed, strict=True) if stopped]
        if spared:
            source = Source(claim.source_id, claim.source_title)
            addresses = tuple(address for _, address in spared)
            await self._suppression.record(Spared(claim.message_id, source, addresses, "release"))
        return [Outcome(position, RecipientState.SUPPRESSED, REPLY) for position, _ in spared]
