"""One attempt to send one held message: a single transaction for the recipients named.

In: a claim and whom to send it to. Out: what became of each recipient. Nothing is recorded here, and nobody is
ever taken to have got the mail unless the next hop said so after the final dot.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from mailguard.errors import RelayError
from mailguard.lifecycle import RecipientState
from mailguard.relay.leash import Leash
from mailguard.relay.next_hop import NextHop, Transaction
from mailguard.relay.reply import Reply
from mailguard.release.mask import masked
from mailguard.store.views import Claim, Clearance, Outcome

LOST = "no reply after the final dot: it may have arrived; sent again (RFC 5321 §6.1)"
CUT = "interrupted before it was sent"


class LeaseLostError(Exception):
    """Another process has taken the message over; nothing of it was sent in this attempt."""


class HeldBackError(Exception):
    """Releases were paused, or the rest of the hold was stopped; nothing of it was sent in this attempt."""


@dataclass(frozen=True, slots=True)
class Result:
    """Of one attempt. unreachable: the next hop did not even take the sender."""

    outcomes: tuple[Outcome, ...]
    unreachable: bool = False

    @property
    def in_doubt(self) -> bool:
        """Whether the final dot went out to somebody and nobody answered."""
        return any(outcome.in_doubt for outcome in self.outcomes)


@dataclass(slots=True)
class Attempt:
    """`run` once. `recipients` are positions and addresses; `clearance` is asked right before the content goes out."""

    next_hop: NextHop
    claim: Claim
    content: bytes
    recipients: Sequence[tuple[int, str]]
    clearance: Callable[[], Awaitable[Clearance]]
    leash: Leash
    _outcomes: dict[int, Outcome] = field(default_factory=dict)

    async def run(self, seconds: float) -> Result:
        """Send, within `seconds` up to the final dot. Raises LeaseLostError or HeldBackError before it."""
        deadline = asyncio.get_running_loop().time() + seconds
        unreachable = True
        try:
            async with self.leash:
                async with asyncio.timeout_at(deadline):
                    transaction = await self.next_hop.begin(
                        self.claim.envelope.mail_from, self.claim.envelope.mail_options
                    )
                unreachable = False
                self.leash.hold(transaction)
                try:
                    await self._send(transaction, deadline)
                finally:
                    await transaction.close()
        except (RelayError, TimeoutError) as error:
            return self._broken_off(error, unreachable=unreachable and not self.leash.cut)
        return Result(tuple(self._outcomes.values()))

    async def _send(self, transaction: Transaction, deadline: float) -> None:
        if not transaction.mail_reply.ok:
            self._note(self.recipients, transaction.mail_reply)
            return
        async with asyncio.timeout_at(deadline):
            named = await self._name(transaction)
            if not named:
                await transaction.reset()
                return
            clearance = await self.clearance()
            if clearance is not Clearance.GO:
                await transaction.reset()
                raise LeaseLostError if clearance is Clearance.LOST else HeldBackError
        self._note(named, await transaction.data(self.content, deadline))

    async def _name(self, transaction: Transaction) -> list[tuple[int, str]]:
        """All in one flight where the next hop takes that (RFC 2920); whom it accepts."""
        named = [(address, self._options(position)) for position, address in self.recipients]
        try:
            await transaction.rcpts(named)
        finally:
            # Though it then broke off: who was refused is not named again. Postfix hangs up after 20 of them, and the
            # others would never have their turn.
            answers = list(zip(self.recipients, transaction.heard, strict=False))
            for recipient, reply in answers:
                if not reply.ok:
                    self._note([recipient], reply)
        return [recipient for recipient, reply in answers if reply.ok]

    def _broken_off(self, error: Exception, *, unreachable: bool) -> Result:
        said = LOST if self.leash.sent else str(error) or CUT
        left = [position for position, _ in self.recipients if position not in self._outcomes]
        rest = [Outcome(position, RecipientState.WAITING, said, in_doubt=self.leash.sent) for position in left]
        return Result((*self._outcomes.values(), *rest), unreachable=unreachable)

    def _options(self, position: int) -> tuple[str, ...]:
        options = self.claim.envelope.rcpt_options
        return options[position] if position < len(options) else ()

    def _note(self, recipients: Sequence[tuple[int, str]], reply: Reply) -> None:
        """2xx accepted, 5xx refused, anything else is tried again."""
        state = RecipientState.WAITING
        if reply.ok:
            state = RecipientState.ACCEPTED
        elif reply.permanent:
            state = RecipientState.REFUSED
        for position, address in recipients:
            text = masked(reply.text, (self.claim.envelope.mail_from, address))
            self._outcomes[position] = Outcome(position, state, text)
