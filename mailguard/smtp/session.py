"""The SMTP verbs, in step with the next hop: what MAIL and RCPT hear is what the next hop said.

In: arguments of commands. Out: replies; and for each message that came in whole, one call of the pipeline.
Until the final dot is here nothing happens to a message: whoever goes away before has sent nothing.
"""

import asyncio

from mailguard.errors import RelayError
from mailguard.metrics import MESSAGES, RELAY_ATTEMPTS
from mailguard.model import Envelope, Message
from mailguard.relay.next_hop import Transaction
from mailguard.relay.reply import Reply
from mailguard.smtp.channel import Channel
from mailguard.smtp.command import Address, parse, size_of
from mailguard.smtp.content import settle
from mailguard.smtp.desk import Desk
from mailguard.smtp.ids import message_id
from mailguard.smtp.inbox import SilentError
from mailguard.smtp.inflight import Share

# Of the next hop's extensions these are passed on; their parameters and replies go through unchanged.
PASSED_ON = ("8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")

_OK = Reply.of(250, "2.0.0 ok")
_OUT_OF_ORDER = Reply.of(503, "5.5.1 bad sequence of commands")
_NO_ROOM = Reply.of(452, "4.3.1 too many messages are under way, try again later")
_NEXT_HOP_GONE = Reply.of(451, "4.4.2 next hop broke off, try again later")


class Session(Channel):
    """State of one client: its greeting, what it was offered, and the transaction it is in."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(desk, loop)
        self._helo = ""
        self._offered: frozenset[str] = frozenset()
        self._transaction: Transaction | None = None
        self._mail = Address("", ())
        self._recipients: list[Address] = []

    async def abandon(self) -> None:
        """Forget the transaction, here and at the next hop. Never raises."""
        transaction, self._transaction = self._transaction, None
        self._recipients = []
        if transaction is not None:
            await transaction.close()

    async def smtp_HELO(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 5321 §4.1.1.1; no extension, so no parameter is known."""
        if not arg:
            await self.push(Reply.of(501, "5.5.4 syntax: HELO hostname"))
            return
        await self.abandon()
        self._helo, self._offered = arg, frozenset()
        await self.push(Reply.of(250, self._desk.hostname))

    async def smtp_EHLO(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Offer what the next hop offers, and what we do ourselves."""
        if not arg:
            await self.push(Reply.of(501, "5.5.4 syntax: EHLO hostname"))
            return
        await self.abandon()
        offered, limit = await self._offer()
        self._helo, self._offered = arg, frozenset({"SIZE", *offered})
        lines = [self._desk.hostname, "PIPELINING", f"SIZE {limit}", *offered, "HELP"]
        await self.push(Reply(250, tuple(line.encode() for line in lines)))

    async def _offer(self) -> tuple[list[str], int]:
        limit = self._desk.settings.max_message_bytes
        try:
            there = await self._desk.next_hop.extensions()
            size = await self._desk.next_hop.size()
        except RelayError:
            # MAIL will say so; offering what nobody may keep would be worse than offering little.
            return [], limit
        return [keyword for keyword in PASSED_ON if keyword in there], min(limit, size or limit)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Open a transaction with the next hop; its reply is ours."""
        if not self._helo or self._transaction is not None:
            await self.push(_OUT_OF_ORDER)
            return
        address = parse("MAIL", arg, self._offered)
        if isinstance(address, Reply):
            await self.push(address)
            return
        if size_of(address.options) > self._desk.settings.max_message_bytes:
            await self.push(_too_big())
            return
        await self.push(await self._begin(address))

    async def _begin(self, address: Address) -> Reply:
        try:
            transaction = await self._desk.next_hop.begin(address.path, address.options)
        except RelayError:
            RELAY_ATTEMPTS.labels("handover", "failed").inc()
            return Reply.of(451, "4.4.1 next hop does not answer, try again later")
        if transaction.mail_reply.ok:
            self._transaction, self._mail = transaction, address
        else:
            await transaction.close()
        return transaction.mail_reply

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Name a recipient to the next hop; its reply is ours."""
        if self._transaction is None:
            await self.push(_OUT_OF_ORDER)
            return
        address = parse("RCPT", arg, self._offered)
        if isinstance(address, Reply):
            await self.push(address)
            return
        if len(self._recipients) >= self._desk.settings.max_recipients:
            await self.push(Reply.of(452, "4.5.3 too many recipients, send the rest in another message"))
            return
        try:
            reply = await self._transaction.rcpt(address.path, address.options)
        except RelayError:
            reply = _NEXT_HOP_GONE
        if reply.ok:
            self._recipients.append(address)
        await self.push(reply)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Take a message in whole, then hand it to the pipeline."""
        if arg:
            await self.push(Reply.of(501, "5.5.4 syntax: DATA"))
            return
        if self._transaction is None:
            await self.push(_OUT_OF_ORDER)
            return
        if not self._recipients:
            await self.push(Reply.of(554, "5.5.1 no valid recipients"))
            return
        await self.push(Reply.of(354, "end data with <CR><LF>.<CR><LF>"))
        with Share(self._desk.inflight) as share:
            reply = await self._take(self._transaction, share)
        try:
            await self.push(reply)
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
        try:
            async with asyncio.timeout(settings.data_seconds):
                content = await self._inbox.content(settings.max_message_bytes, share)
        except TimeoutError:
            raise SilentError from None
        if content is None:
            return _NO_ROOM if share.refused else _too_big()
        return settle(content, settings.bare_newline)

    def _message(self, content: bytes) -> Message:
        now = self._desk.clock()
        envelope = Envelope(
            mail_from=self._mail.path,
            rcpt_to=tuple(recipient.path for recipient in self._recipients),
            mail_options=self._mail.options,
            rcpt_options=tuple(recipient.options for recipient in self._recipients),
            client=self._client,
            helo=self._helo,
        )
        return Message(message_id(now), envelope, content, now)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 5321 §4.1.1.5."""
        if arg:
            await self.push(Reply.of(501, "5.5.4 syntax: RSET"))
            return
        await self.abandon()
        await self.push(_OK)

    async def smtp_NOOP(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 5321 §4.1.1.9; an argument is ignored."""
        del arg
        await self.push(_OK)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 5321 §4.1.1.10."""
        if arg:
            await self.push(Reply.of(501, "5.5.4 syntax: QUIT"))
            return
        self._over = self._quit = True
        await self.push(Reply.of(221, "2.0.0 bye"))

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Tell nobody who exists (RFC 5321 §7.3)."""
        if arg:
            await self.push(Reply.of(252, "2.5.2 cannot verify, will take mail and try to deliver it"))
        else:
            await self.push(Reply.of(501, "5.5.4 syntax: VRFY address"))

    async def smtp_EXPN(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Not offered (RFC 5321 §7.3)."""
        del arg
        await self.push(Reply.of(502, "5.5.1 EXPN is not implemented"))

    async def smtp_HELP(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 5321 §4.1.1.8."""
        del arg
        await self.push(Reply.of(214, "2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP"))


def _too_big() -> Reply:
    return Reply.of(552, "5.3.4 message is bigger than this server takes")
