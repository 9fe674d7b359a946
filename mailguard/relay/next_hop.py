"""The next hop, and one mail transaction with it.

In: raw envelope addresses, ESMTP options as the client gave them, content. Out: the next hop's own replies.
A connection that dies, or says 421, before our DATA is replaced once and the envelope said again; if the answers
differ then, the transaction fails. Nothing is ever said twice after DATA was accepted.
"""

import asyncio
from dataclasses import dataclass

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.relay.connection import Connection, Offer
from mailguard.relay.reply import Reply

RESET_SECONDS = 3.0  # a dropped connection forgets the message just as well as RSET does
RESET_LEAST_SECONDS = 2.0  # with less time than this left, RSET is not even tried
# What the wait for the reply to the dot may take beyond a deadline. Giving up there turns a slow next hop into a mail
# sent twice (RFC 5321 §6.1, RFC 1047), and clients wait far longer than any deadline of ours (§4.5.3.2.6: 10 minutes).
OVERTIME_SECONDS = 10.0

# The extension that must be offered for an option to be passed on (RFC 1870, 6152, 6531, 3461).
_EXTENSION = {
    "SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8",
    "RET": "DSN", "ENVID": "DSN", "NOTIFY": "DSN", "ORCPT": "DSN",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    """A command that the next hop answered, to be said again on a new connection."""

    keyword: bytes
    address: str
    options: tuple[str, ...]
    code: int


class NextHop:
    """Where clean and approved mail goes. Owns the connections to it."""

    def __init__(self, settings: Relay, helo: str) -> None:
        self._settings = settings
        self._helo = helo
        self._offer: Offer | None = None
        self._asking = asyncio.Lock()

    async def begin(self, mail_from: str, mail_options: tuple[str, ...] = ()) -> "Transaction":
        """Connect and say MAIL; `mail_reply` of the result tells whether it was accepted. Raises RelayError."""
        connection = await self.connect()
        try:
            reply = await _say(connection, b"MAIL FROM:", mail_from, mail_options)
        except BaseException:
            connection.abandon()
            raise
        return Transaction(self, connection, _Said(b"MAIL FROM:", mail_from, mail_options, reply.code), reply)

    async def extensions(self) -> frozenset[str]:
        """Keywords that the next hop offered last; asks it the first time. Raises RelayError."""
        return (await self._known()).keywords

    async def size(self) -> int:
        """The message size that the next hop offered last, in bytes; 0 if it named none. Raises RelayError."""
        return (await self._known()).size

    async def connect(self) -> Connection:
        """A connection that has said EHLO; the caller quits it."""
        connection = await Connection.open(self._settings, self._helo)
        self._offer = connection.offer
        return connection

    async def _known(self) -> Offer:
        if self._offer is None:
            async with self._asking:
                if self._offer is None:
                    connection = await self.connect()
                    await connection.quit()
                    return connection.offer
        return self._offer


class Transaction:
    """MAIL, RCPT and DATA of one message.

    `mail_reply` is the next hop's answer to MAIL; `sent` tells whether the final dot went out.
    """

    def __init__(self, hop: NextHop, connection: Connection, mail: _Said, mail_reply: Reply) -> None:
        self._hop = hop
        self._connection = connection
        self._said = [mail]
        self._revived = False
        self._open = mail_reply.ok
        self.mail_reply = mail_reply
        self.sent = False

    async def rcpt(self, address: str, options: tuple[str, ...] = ()) -> Reply:
        """Name one recipient. Raises RelayError; then no later recipient can be named either."""
        try:
            reply = await _say(self._connection, b"RCPT TO:", address, options)
        except RelayError:
            await self._revive()
            reply = await _say(self._connection, b"RCPT TO:", address, options)
        self._said.append(_Said(b"RCPT TO:", address, options, reply.code))
        return reply

    async def data(self, content: bytes, deadline: float | None = None) -> Reply:
        """DATA, content, final dot; the reply to the dot, or to a DATA that was refused. Ends the transaction.

        `deadline` is a time of the event loop. All before the dot ends there; the reply to the dot may take
        OVERTIME_SECONDS more, never longer than relay.reply_seconds. Raises RelayError; its `sent` tells whether the
        final dot went out.
        """
        try:
            reply = await self._before_the_dot(content, deadline)
            if reply is None:
                self.sent = True
                reply = await self._connection.dot(_overtime(deadline))
        except BaseException:
            # A message cut off before its final dot is never accepted (RFC 5321 §4.1.1.4).
            self._connection.abandon()
            raise
        finally:
            self._open = False
        return reply

    async def _before_the_dot(self, content: bytes, deadline: float | None) -> Reply | None:
        """The reply to a DATA that was refused; None: the content is under way, all but the dot."""
        try:
            async with asyncio.timeout_at(deadline):
                reply = await self._start_data()
                if reply.code != 354:
                    return reply
                await self._connection.content(content)
        except TimeoutError:
            raise RelayError("the next hop took too long before the final dot") from None
        if self._connection.broken:
            raise RelayError("the next hop broke off before the final dot")
        return None

    async def _start_data(self) -> Reply:
        try:
            reply = await _command(self._connection, b"DATA")
        except RelayError:
            await self._revive()
            reply = await _command(self._connection, b"DATA")
        if reply.code != 354 and not (reply.temporary or reply.permanent):
            raise RelayError(f"the next hop answered DATA with {reply.code}")
        return reply

    async def reset(self, deadline: float | None = None) -> None:
        """Forget the message (RSET), within RESET_SECONDS and before `deadline`, a time of the event loop.

        Never raises: a connection that cannot, or has no time to, is dropped, which forgets the message too.
        """
        if self._open and not self._connection.broken:
            left = RESET_SECONDS if deadline is None else deadline - asyncio.get_running_loop().time()
            try:
                if left < RESET_LEAST_SECONDS:
                    self._connection.abandon()
                else:
                    async with asyncio.timeout(min(left, RESET_SECONDS)):
                        await self._connection.command(b"RSET")
            except (RelayError, TimeoutError):
                self._connection.abandon()
        self._open = False

    def abandon(self) -> None:
        """Drop the connection at once. Before the final dot nothing has been sent then, and nothing will be."""
        self._open = False
        self._connection.abandon()

    async def close(self) -> None:
        """Give the connection back to the next hop. Never raises; may be called twice."""
        self._open = False
        await self._connection.quit()

    async def _revive(self) -> None:
        """Say the envelope once more on a new connection; RelayError if that was done before or answers differ."""
        self._connection.abandon()
        if self._revived or not self._open:
            raise RelayError("the next hop broke off")
        self._revived = True
        self._connection = await self._hop.connect()
        for said in self._said:
            reply = await _say(self._connection, said.keyword, said.address, said.options)
            if reply.code != said.code:
                self._connection.abandon()
                raise RelayError("the next hop broke off and then answered differently")


def _overtime(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    return max(deadline - asyncio.get_running_loop().time(), 0.0) + OVERTIME_SECONDS


async def _say(connection: Connection, keyword: bytes, address: str, options: tuple[str, ...]) -> Reply:
    """MAIL or RCPT with a raw address, and those options that the next hop offered."""
    passed = [option for option in options if _offered(connection.offer, option)]
    if any(option.upper() == "SMTPUTF8" for option in options) and "SMTPUTF8" not in connection.offer.keywords:
        # RFC 6531 §3.5: such a message must not go to a server without the extension.
        raise RelayError("the next hop does not offer SMTPUTF8")
    line = " ".join([f"<{address}>", *passed]).encode("utf-8", "surrogateescape")
    reply = await _command(connection, keyword + line)
    if reply.code // 100 == 3:
        connection.abandon()
        raise RelayError(f"the next hop answered an address with {reply.code}")
    return reply


async def _command(connection: Connection, line: bytes) -> Reply:
    reply = await connection.command(line)
    if reply.code == 421:
        # The server closes the channel (RFC 5321 §3.8): to us that is a broken connection, not an answer.
        connection.abandon()
        raise RelayError("the next hop said 421")
    return reply


def _offered(offer: Offer, option: str) -> bool:
    return _EXTENSION.get(option.partition("=")[0].upper(), "") in offer.keywords
