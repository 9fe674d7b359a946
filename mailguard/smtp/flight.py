"""MAIL and RCPT to the next hop in one flight, where it can take them so.

In: addresses. Out: a transaction, and the replies in order.
"""

from collections.abc import Sequence
from typing import Any

from mailguard.relay.credentials import Credentials
from mailguard.relay.next_hop import NextHop, Transaction
from mailguard.relay.reply import Reply
from mailguard.smtp.command import Address


async def begin(
    hop: NextHop, mail: Address, recipients: Sequence[Address], login: Credentials | None
) -> tuple[Transaction, Sequence[Reply]]:
    """Say MAIL, and RCPT for each of `recipients`; their replies only when MAIL was accepted. Raises RelayError."""
    anyhow: Any = hop
    if hasattr(Transaction, "rcpts"):
        transaction = await anyhow.begin(mail.path, mail.options, [(a.path, a.options) for a in recipients], login)
        return transaction, transaction.rcpt_replies
    transaction = await hop.begin(mail.path, mail.options)
    return transaction, await rcpts(transaction, recipients) if transaction.mail_reply.ok else []


async def rcpts(transaction: Transaction, recipients: Sequence[Address]) -> list[Reply]:
    """RCPT for each. Raises RelayError."""
    anyhow: Any = transaction
    if hasattr(Transaction, "rcpts"):
        return list(await anyhow.rcpts([(a.path, a.options) for a in recipients]))
    return [await transaction.rcpt(address.path, address.options) for address in recipients]
