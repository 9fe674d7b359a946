"""The SMTP verbs of a mail, in step with the next hop: what MAIL and RCPT hear is what the next hop said.

In: arguments of commands. Out: replies; and for each message that came in whole, one call of the pipeline.
Commands that came together go to the next hop together (RFC 2920). Until the final dot is here nothing happens to a
message: whoever goes away before has sent nothing.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.errors import RelayError, StoreError
from mailguard.metrics import MESSAGES, RELAY_ATTEMPTS, SUPPRESSED
from mailguard.model import Envelope, Message
from mailguard.relay.next_hop import Transaction
from mailguard.relay.reply import Reply
from mailguard.smtp.channel import command_of
from mailguard.smtp.command import Address, parse, size_of
from mailguard.smtp.content import settle
from mailguard.smtp.desk import Desk
from mailguard.smtp.greeting import OUT_OF_ORDER, Greeting
from mailguard.smtp.ids import message_id
from mailguard.smtp.inflight import Share

logger = logging.getLogger(__name__)

_OK = Reply.of(250, "2.0.0 ok")
_GO_ON = Reply.of(354, "end data with <CR><LF>.<CR><LF>")
_NO_ROOM = Reply.of(452, "4.3.1 too many messages are under way, try again later")
_TOO_BIG = Reply.of(552, "5.3.4 message is bigger than this server takes")
_TOO_MANY = Reply.of(452, "4.5.3 too many recipients, send the rest in another message")
_NEXT_HOP_DOWN = Reply.of(451, "4.4.1 next hop does not answer, try again later")
_NEXT_HOP_GONE = Reply.of(451, "4.4.2 next hop broke off, try again later")
_STORE_DOWN = Reply.of(451, "4.3.0 storage is not available, try again later")
_SPARED = Reply.of(250, "2.1.5 ok")
_LISTED = Reply.of(550, "5.7.1 recipient is on the stop list")
_LOG_IN_AGAIN = Reply.of(421, "4.7.0 your login has changed, log in again")


@dataclass(frozen=True, slots=True)
class _Spared:
    """A recipient on the stop list: accepted, and never named to the next hop."""

    address: Address


class Session(Greeting):
    """State of one client: what `Greeting` knows, and the transaction it is in."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop, *, tls: bool = False) -> None:
        super().__init__(desk, loop, tls=tls)
        self._transaction: Transaction | None = None
        self._mail = Address("", ())
        self._recipients: list[Address] = []
        self._suppressed: list[Address] = []

    async def abandon(self) -> None:
        """Forget the transaction, here and at the next hop. Never raises."""
        transaction, self._transaction = self._transaction, None
        self._recipients, self._suppressed = [], []
        if transaction is not None:
            await transaction.close()

    def in_transaction(self) -> bool:
        """Whether a MAIL was accepted and its message has not come to its end."""
        return self._transaction is not None

    # MAIL and RCPT

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Open a transaction with the next hop; its replies are ours."""
        if not self._helo or self._transaction is not None:
            await self.push(OUT_OF_ORDER)
            return
        address = parse("MAIL", arg, self._offered)
        if isinstance(address, Reply):
            await self.push(address)
        elif size_of(address.options) > self._desk.settings.max_message_bytes:
            await self.push(_TOO_BIG)
        elif self._ticket is not None and not await self._desk.gate.still(self._ticket):
            await self.push(_LOG_IN_AGAIN)
        else:
            self._mail = address  # what its recipients may say depends on it
            await self._begin(address, self._gathered([]))

    async def _begin(self, mail: Address, gathered: Sequence[Address | Reply]) -> None:
        """MAIL, and the recipients that came with it."""
        asked = await self._sifted(gathered)
        named = [address for address in asked if isinstance(address, Address)]
        # The relay decides with pass-through; else what a client logged in with is nobody's business there.
        login = self._ticket.credentials if self._ticket and self._desk.settings.auth == "pass-through" else None
        try:
            transaction = await self._desk.next_hop.begin(mail.path, mail.options, _said(named), login)
        except RelayError as error:
            logger.warning("smtp: no envelope at the next hop: %s", error)
            RELAY_ATTEMPTS.labels("handover", "failed").inc()
            await self._answer([_NEXT_HOP_DOWN, *(OUT_OF_ORDER for _ in asked)])
            return
        if not transaction.mail_reply.ok:
            await transaction.close()
            await self._answer([transaction.mail_reply, *(OUT_OF_ORDER for _ in asked)])
            return
        self._transaction = transaction
        await self.push(transaction.mail_reply)
        await self._answer_recipients(asked, transaction.rcpt_replies)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Name recipients to the next hop; its replies are ours."""
        if self._transaction is None:
            await self.push(OUT_OF_ORDER)
            return
        asked = await self._sifted(self._gathered([self._recipient(arg, 0)]))
        named = [address for address in asked if isinstance(address, Address)]
        try:
            replies = await self._transaction.rcpts(_said(named)) if named else []
        except RelayError as error:
            logger.warning("smtp: no more recipients at the next hop: %s", error)
            replies = [_NEXT_HOP_GONE] * len(named)
        await self._answer_recipients(asked, replies)

    def _recipient(self, arg: str, named: int) -> Address | Reply:
        """`named`: so many stand in front of it that the next hop has not answered yet."""
        address = parse("RCPT", arg, self._offered, utf8=self._mail.utf8)
        so_far = len(self._recipients) + len(self._suppressed) + named
        if isinstance(address, Address) and so_far >= self._desk.settings.max_recipients:
            return _TOO_MANY
        return address

    def _gathered(self, asked: list[Address | Reply]) -> list[Address | Reply]:
        """`asked` and what the RCPT commands ask for that are here already. A refusal ends it: its turn comes."""
        while (line := self._inbox.peek()) is not None and all(isinstance(address, Address) for address in asked[-1:]):
            verb, argument = command_of(line)
            if verb != b"RCPT":
                break
            recipient = self._recipient(argument, len(asked))
            if isinstance(recipient, Reply):
                break
            self._inbox.take()
            asked.append(recipient)
        return asked

    async def _sifted(self, asked: Sequence[Address | Reply]) -> list[Address | Reply | _Spared]:
        """`asked`, with what recipients on the stop list hear in their place: the next hop never hears of them."""
        named = [address.path for address in asked if isinstance(address, Address)]
        stop_list = self._desk.stop_list
        if stop_list is None or not named:
            return list(asked)
        try:
            found = iter(await stop_list.at_rcpt(self._ticket.login if self._ticket else None, self._client, named))
        except StoreError:
            return [_STORE_DOWN if isinstance(address, Address) else address for address in asked]
        sifted: list[Address | Reply | _Spared] = []
        for address in asked:
            if not isinstance(address, Address) or not next(found):
                sifted.append(address)
            elif stop_list.refuses:
                SUPPRESSED.labels("refused").inc()
                sifted.append(_LISTED)
            else:
                sifted.append(_Spared(address))
        return sifted

    async def _answer_recipients(self, asked: Sequence[Address | Reply | _Spared], replies: Sequence[Reply]) -> None:
        heard = iter(replies)
        for address in asked:
            if isinstance(address, _Spared):
                self._suppressed.append(address.address)
                await self.push(_SPARED)
                continue
            reply = next(heard) if isinstance(address, Address) else address
            if isinstance(address, Address) and reply.ok:
                self._recipients.append(address)
            await self.push(reply)

    async def _answer(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            await self.push(reply)

    # DATA

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Take a message in whole, then hand it to the pipeline."""
        if arg:
            await self.push(Reply.of(501, "5.5.4 syntax: DATA"))
            return
        if self._transaction is None:
            await self.push(OUT_OF_ORDER)
            return
        if not self._recipients and not self._suppressed:
            await self.push(Reply.of(554, "5.5.1 no valid recipients"))
            return
        await self.push(_GO_ON)
        await self.flush()
        with Share(self._desk.inflight) as share:
            reply = await self._take(self._transaction, share)
        try:
            await self.push(reply)
            await self.flush()
        finally:
            await self.abandon()

    async def _take(self, transaction: Transaction, share: Share) -> Reply:
        content = await self._collect(share)
        if isinstance(content, Reply):
            MESSAGES.labels("deferred" if content.temporary else "refused_client").inc()
            return content
        return await self._desk.pipeline.deliver(self._message(content), transaction)

    async def _collect(self, share: Share) -> bytes | Reply:
        settings = self._desk.settings
        pieces = await self._inbox.content(settings.max_message_bytes, share, settings.data_seconds)
        if pieces is None:
            return _NO_ROOM if share.refused else _TOO_BIG
        return await settle(pieces, settings, self._desk.turns)

    def _message(self, content: bytes) -> Message:
        now = self._desk.clock()
        envelope = Envelope(
            mail_from=self._mail.path,
            rcpt_to=tuple([recipient.path for recipient in self._recipients]),
            mail_options=self._mail.options,
            rcpt_options=tuple([recipient.options for recipient in self._recipients]),
            login=self._ticket.login if self._ticket else None,
            client=self._client,
            helo=self._helo,
            tls=self._tls,
            suppressed=tuple([recipient.path for recipient in self._suppressed]),
        )
        return Message(message_id(now), envelope, content, now)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 5321 §4.1.1.5."""
        if arg:
            await self.push(Reply.of(501, "5.5.4 syntax: RSET"))
            return
        await self.abandon()
        await self.push(_OK)


def _said(addresses: Sequence[Address]) -> list[tuple[str, tuple[str, ...]]]:
    return [(address.path, address.options) for address in addresses]
