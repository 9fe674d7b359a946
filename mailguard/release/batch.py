"""Which of the recipients who wait are sent to in one attempt.

In: claims and outcomes. Out: at most MOST recipients, and whether others are due at once. Keeps in memory only whom
it has put off in the present round, so that the first ones cannot keep the rest waiting.
"""

from collections.abc import Collection, Sequence

from mailguard.lifecycle import RecipientState
from mailguard.store.views import Claim, Outcome

MOST = 100  # RFC 5321 §4.5.3.1.8: what every server takes; and an attempt does not last for ever


class Batches:
    """Shared by all messages of one worker."""

    def __init__(self) -> None:
        self._put_off: dict[str, set[int]] = {}

    def next(self, claim: Claim, spared: Collection[int]) -> list[tuple[int, str]]:
        """The recipients of the next attempt."""
        waiting = [recipient for recipient in claim.waiting if recipient[0] not in spared]
        put_off = self._put_off.get(claim.message_id, set())
        fresh = [recipient for recipient in waiting if recipient[0] not in put_off]
        return (fresh or waiting)[:MOST]

    def after(self, claim: Claim, spared: Collection[int], outcomes: Sequence[Outcome]) -> bool:
        """Note what an attempt came to; whether recipients are left that can be sent to at once."""
        done = {outcome.position for outcome in outcomes}
        deferred = {outcome.position for outcome in outcomes if outcome.state is RecipientState.WAITING}
        put_off = self._put_off.pop(claim.message_id, set()) - done | deferred
        if all(position in put_off or position in spared or position in done for position, _ in claim.waiting):
            return False
        self._put_off[claim.message_id] = put_off
        # When the whole attempt was deferred, the next one would be too.
        return bool(done - deferred)

    @staticmethod
    def rounds(claim: Claim) -> int:
        """How often everybody has had an attempt, counting the present one."""
        batches = -(-len(claim.envelope.rcpt_to) // MOST) or 1
        return -(-claim.attempts // batches)
