"""The next hop, and one mail transaction with it.

In: raw envelope addresses, ESMTP options as the client gave them, content. Out: the next hop's own replies.
A connection that dies, or says 421, before our DATA is replaced once and the envelope said again; if the answers
differ then, the transaction fails. Nothing is ever said twice after DATA was accepted. A connection is kept for the
next message only when every reply on it was heard.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from mailguard.config import Relay
from mailguard.errors import CalledBackError, RelayError
from mailguard.relay.connection import Connection
from mailguard.relay.credentials import Credentials
from mailguard.relay.flight import Command, Recipient, UnofferedError, mail, rcpts, say
from mailguard.relay.hops import Hops
from mailguard.relay.login import LoginRefusedError
from mailguard.relay.offer import Offer
from mailguard.relay.reply import Reply
from mailguard.relay.wire import stuffed

# What the wait for the reply to the dot may take beyond a deadline. Giving up there turns a slow next hop into a mail
# sent twice (RFC 5321 §6.1, RFC 1047), and clients wait far longer than any deadline of ours (§4.5.3.2.6: 10 minutes).
OVERTIME_SECONDS = 10.0
_FOREVER = 1e6


class NextHop:
    """Where clean and approved mail goes. Owns the connections to it, and keeps them for the next message."""

    def __init__(self, settings: Relay, helo: str) -> None:
        self._hops = Hops(settings, helo)
        self._own = Credentials(settings.username, settings.password.get_secret_value()) if settings.username else None
        self._asking = asyncio.Lock()

    async def begin(
        self,
        mail_from: str,
        mail_options: tuple[str, ...] = (),
        recipients: Sequence[Recipient] = (),
        login: Credentials | None = None,
    ) -> "Transaction":
        """Say MAIL and the RCPTs given; `mail_reply` of the result tells whether it was accepted. Raises RelayError."""
        commands = [mail(mail_from, mail_options), *rcpts(recipients)]
        connection, replies = await self._hops.say(commands, login or self._own)
        return Transaction(self._hops, connection, commands, replies, login or self._own)

    async def extensions(self, login: Credentials | None = None) -> frozenset[str]:
        """Keywords that the next hop offered last; asks it the first time. Raises RelayError."""
        return (await self._known(login)).keywords

    async def size(self, login: Credentials | None = None) -> int:
        """The message size that the next hop offered last, in bytes; 0 if it named none. Raises RelayError."""
        return (await self._known(login)).size

    async def verify(self, login: Credentials) -> Reply:
        """What the next hop says to this login, asked anew; 2xx is a yes. Raises RelayError when it cannot be asked."""
        try:
            connection = await self._hops.fresh(login)
        except LoginRefusedError as error:
            return error.reply
        self._hops.give(connection)
        return connection.reply

    async def close(self) -> None:
        """Quit every idle connection; what is given back later is quit too. Never raises."""
        await self._hops.close()

    async def _known(self, login: Credentials | None) -> Offer:
        if self._hops.offer is None:
            async with self._asking:
                if self._hops.offer is None:
                    connection = await self._hops.fresh(login or self._own)
                    self._hops.give(connection)
                    return connection.offer
        return self._hops.offer


class Transaction:
    """MAIL, RCPT and DATA of one message.

    `mail_reply` and `rcpt_replies` are the next hop's answers to what `begin` was given, `heard` those to the last
    `rcpts`, also when it raised; `sent` tells whether the final dot went out.
    """

    def __init__(
        self,
        hops: Hops,
        connection: Connection,
        commands: list[Command],
        replies: list[Reply],
        login: Credentials | None,
    ) -> None:
        self._hops = hops
        self._connection: Connection | None = connection
        self._login = login
        self._commands: list[Command] = []  # those that were accepted, for a new connection
        self._codes: list[int] = []
        self._note(commands, replies)
        self._mail = commands[0]
        self._revived = False
        self._open = replies[0].ok
        self._left_over = any(reply.ok for reply in replies)  # an envelope that RSET has to end
        self.mail_reply = replies[0]
        self.rcpt_replies = tuple(replies[1:])
        self.heard: Sequence[Reply] = ()
        self.sent = False
        if not self._open:
            self._give()

    async def rcpt(self, address: str, options: tuple[str, ...] = ()) -> Reply:
        """Name one recipient. Raises RelayError; then no later recipient can be named either."""
        return (await self.rcpts([(address, options)]))[0]

    async def rcpts(self, recipients: Sequence[Recipient]) -> list[Reply]:
        """Name some recipients, in one flight when PIPELINING is offered. Raises RelayError, as `rcpt`."""
        left = rcpts(recipients)
        replies: list[Reply] = []
        self.heard = replies
        while left:
            connection = self._here()
            broken = False
            try:
                heard = await self._flight(connection, left)
            except RelayError:
                heard, broken = connection.channel.heard, True
            self._note(left, heard)
            replies += heard
            left = left[len(heard) :]
            if broken:
                await self._revive()
        return replies

    async def narrow(self, recipients: Sequence[Recipient], deadline: float) -> None:
        """Say the envelope anew with these recipients only, who were accepted before. Raises RelayError.

        The one that was said ends with RSET. Whoever is refused now ends the transaction: nobody has got anything.
        """
        commands = [self._mail, *rcpts(recipients)]
        self._here()
        self._give()
        try:
            async with asyncio.timeout_at(deadline):
                self._connection, replies = await self._hops.say(commands, self._login)
        except TimeoutError:
            raise _late() from None
        self._commands, self._codes = commands, [reply.code for reply in replies]
        self._left_over = self._open = replies[0].ok
        if not all(reply.ok for reply in replies):
            self._give()
            raise RelayError("the next hop refused now whom it had accepted before")

    async def data(
        self, content: bytes, deadline: float | None = None, last_word: Callable[[], Awaitable[bool]] | None = None
    ) -> Reply:
        """DATA, content, final dot; the reply to the dot, or to a DATA that was refused. Ends the transaction.

        `deadline` is a time of the event loop. All before the dot ends there; the reply to the dot may take
        OVERTIME_SECONDS more, never longer than relay.reply_seconds. Raises RelayError; its `sent` tells whether the
        final dot went out. ValueError: a bare CR or LF in the content. last_word: asked when all but the end of it is out;
        no, and whatever it raises, sends no dot. Then CalledBackError.
        """
        try:
            reply = await self._send(stuffed(content), deadline, last_word)
        except BaseException:
            # A message cut off before its final dot is never accepted (RFC 5321 §4.1.1.4).
            self.abandon()
            raise
        self._give()
        return reply

    async def _send(
        self, content: bytes, deadline: float | None, last_word: Callable[[], Awaitable[bool]] | None
    ) -> Reply:
        reply = await self._start_data(deadline)
        connection = self._here()
        if reply.code != 354:
            connection.note([reply])
            return reply
        rest = await connection.channel.content(content, _left(deadline))
        if last_word is not None:
            if not await last_word():
                raise CalledBackError("the message is not to be sent any more")
            if connection.channel.broken:
                raise RelayError("the next hop broke off before the final dot")
        if _left(deadline) <= 0:
            raise _late()
        # From here to the write of the dot nothing else runs: whoever wanted to stop it has done so, or is too late.
        self.sent = True
        reply = await connection.channel.dot(rest, _left(deadline) + OVERTIME_SECONDS)
        if reply.code // 100 == 3:
            raise RelayError(f"the next hop answered the final dot with {reply.code}", sent=True)
        if reply.ok:
            self._left_over = False
            connection.delivered()
        else:
            connection.note([reply])
        return reply

    async def _start_data(self, deadline: float | None) -> Reply:
        connection = self._here()
        try:
            if _left(deadline) <= 0:
                raise _late()
            reply = (await connection.channel.flight([b"DATA"], "DATA", _left(deadline)))[0]
        except RelayError:
            connection = await self._revive_before(deadline)
            reply = (await connection.channel.flight([b"DATA"], "DATA", _left(deadline)))[0]
        if reply.code != 354 and not (reply.temporary or reply.permanent):
            raise RelayError(f"the next hop answered DATA with {reply.code}")
        return reply

    async def _revive_before(self, deadline: float | None) -> Connection:
        if _left(deadline) <= 0:
            raise _late()
        try:
            async with asyncio.timeout_at(deadline):
                await self._revive()
        except TimeoutError:
            raise _late() from None
        return self._here()

    async def reset(self, deadline: float | None = None) -> None:
        """Forget the message. Never raises, and asks nothing of the next hop: RSET goes out with the next envelope."""
        del deadline
        self._give()

    def abandon(self) -> None:
        """Drop the connection at once. Before the final dot nothing has been sent then, and nothing will be."""
        self._open = False
        if self._connection is not None:
            self._connection.channel.abort()

    async def close(self) -> None:
        """Give the connection back to the next hop. Never raises; may be called twice."""
        self._give()

    def _give(self) -> None:
        self._open = False
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.owes_reset = self._left_over
            self._hops.give(connection)

    def _here(self) -> Connection:
        if self._connection is None or not self._open:
            raise RelayError("the next hop broke off, or the transaction is over")
        return self._connection

    async def _flight(self, connection: Connection, commands: list[Command]) -> list[Reply]:
        try:
            return await say(connection, commands)
        except UnofferedError:
            connection.channel.heard = []
            raise

    def _note(self, commands: list[Command], replies: list[Reply]) -> None:
        for command, reply in zip(commands, replies, strict=False):
            if reply.ok:
                self._commands.append(command)
                self._codes.append(reply.code)

    async def _revive(self) -> None:
        """Say the envelope once more on a new connection; RelayError if that was done before or answers differ.

        Whom the next hop has refused it is not asked about again: Postfix hangs up after 20 of them.
        """
        if self._connection is not None:
            self._connection.channel.abort()
        if self._revived or not self._open:
            raise RelayError("the next hop broke off")
        self._revived = True
        connection, replies = await self._hops.say(self._commands, self._login, new=True)
        self._connection = connection
        if not self._open or [reply.code for reply in replies] != self._codes:
            self.abandon()
            raise RelayError("the next hop broke off and then answered differently")


def _left(deadline: float | None) -> float:
    return _FOREVER if deadline is None else deadline - asyncio.get_running_loop().time()


def _late() -> RelayError:
    return RelayError("the next hop took too long before the final dot")
