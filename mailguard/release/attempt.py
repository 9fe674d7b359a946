"""One attempt to send one held message: a single transaction for all recipients that still wait.

In: a claim and what may be sent of it. Out: what became of each recipient. Nothing is recorded here, and nobody is
ever taken to have got the mail unless the next hop said so after the final dot.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from mailguard.errors import RelayError
from mailguard.lifecycle import RecipientState
from mailguard.relay.next_hop import NextHop, Transaction
from mailguard.relay.reply import Reply
from mailguard.release.mask import masked
from mailguard.store.views import Claim, Outcome

LOST = "no reply after the final dot: it may have arrived; sent again (RFC 5321 §6.1)"


class LeaseLostError(Exception):
    """Another process has taken the message over; nothing of it was sent in this attempt."""


@dataclass(frozen=True, slots=True)
class Result:
    """`reply_lost`: the final dot went out and nobody answered."""

    outcomes: tuple[Outcome, ...]
    reply_lost: bool = False
    unreachable: bool = False


async def attempt(
    next_hop: NextHop,
    claim: Claim,
    content: bytes,
    spared: Collection[int],
    still_mine: Callable[[], Awaitable[bool]],
) -> Result:
    """Send to all who wait but those at the positions `spared`. Raises LeaseLostError before the final dot."""
    waiting = [(position, address) for position, address in claim.waiting if position not in spared]
    if not waiting:
        return Result(())
    positions = [position for position, _ in waiting]
    try:
        transaction = await next_hop.begin(claim.envelope.mail_from, claim.envelope.mail_options)
    except RelayError as error:
        return Result(_all(positions, str(error)), unreachable=True)
    try:
        if not transaction.mail_reply.ok:
            return Result(tuple(_outcome(claim, *recipient, transaction.mail_reply) for recipient in waiting))
        return await _send(transaction, claim, waiting, content, still_mine)
    finally:
        await transaction.close()


async def _send(
    transaction: Transaction,
    claim: Claim,
    waiting: list[tuple[int, str]],
    content: bytes,
    still_mine: Callable[[], Awaitable[bool]],
) -> Result:
    outcomes: dict[int, Outcome] = {}
    named: list[tuple[int, str]] = []
    try:
        for position, address in waiting:
            reply = await transaction.rcpt(address, _options(claim, position))
            if reply.ok:
                named.append((position, address))
            else:
                outcomes[position] = _outcome(claim, position, address, reply)
        if not named:
            await transaction.reset()
            return Result(tuple(outcomes.values()))
        if not await still_mine():
            await transaction.reset()
            raise LeaseLostError
        reply = await transaction.data(content)
    except RelayError as error:
        left = [position for position, _ in waiting if position not in outcomes]
        said = LOST if error.sent else str(error)
        return Result((*outcomes.values(), *_all(left, said)), reply_lost=error.sent)
    return Result((*outcomes.values(), *(_outcome(claim, *recipient, reply) for recipient in named)))


def _options(claim: Claim, position: int) -> tuple[str, ...]:
    options = claim.envelope.rcpt_options
    return options[position] if position < len(options) else ()


def _outcome(claim: Claim, position: int, address: str, reply: Reply) -> Outcome:
    """2xx accepted, 5xx refused, anything else is tried again."""
    state = RecipientState.WAITING
    if reply.ok:
        state = RecipientState.ACCEPTED
    elif reply.permanent:
        state = RecipientState.REFUSED
    return Outcome(position, state, masked(reply.text, (claim.envelope.mail_from, address)))


def _all(positions: list[int], text: str) -> tuple[Outcome, ...]:
    return tuple(Outcome(position, RecipientState.WAITING, text) for position in positions)
