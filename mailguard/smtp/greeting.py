"""The verbs around a mail: who speaks, what is offered, TLS, logins.

In: arguments of commands. Out: replies, and what is known of the client: its name, its login, whether it is under TLS.
Knows of a transaction only that all this ends it.
"""

import asyncio

from mailguard.errors import RelayError
from mailguard.relay.reply import Reply
from mailguard.smtp.channel import NO_COMMAND, Channel
from mailguard.smtp.desk import Desk, Standing, is_this_machine
from mailguard.smtp.gate import Ticket
from mailguard.smtp.inbox import LineTooLongError
from mailguard.smtp.sasl import MECHANISMS, exchange

# Of the next hop's extensions these are passed on; their parameters and replies go through unchanged.
PASSED_ON = ("8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
FAILED_SECONDS = 1.0  # a failed login is answered no sooner: guessing is slow
# RFC 4954 §6: without a login that is needed, everything else is answered with 530.
_NEED_A_LOGIN = frozenset({b"MAIL", b"RCPT", b"DATA", b"VRFY", b"EXPN"})

_OK = Reply.of(250, "2.0.0 ok")
NO_NEXT_HOP = Reply.of(421, "4.4.1 next hop does not answer, try again later")
OUT_OF_ORDER = Reply.of(503, "5.5.1 bad sequence of commands")
_LOG_IN = Reply.of(530, "5.7.0 authentication required")
_TLS_FIRST = Reply.of(538, "5.7.11 encryption required: STARTTLS comes first")
_LINE_TOO_LONG = Reply.of(500, "5.5.6 authentication exchange line is too long")  # RFC 4954 §6
_WELCOME = Reply.of(235, "2.7.0 authentication succeeded")


class Greeting(Channel):
    """What is known of one client: its name, what it was offered, its login."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop, *, tls: bool = False) -> None:
        super().__init__(desk, loop, tls=tls)
        self._forget()

    def _forget(self) -> None:
        """RFC 3207 §4.2: what was known before TLS is not to be trusted."""
        self._helo = ""
        self._offered: frozenset[str] = frozenset()
        self._ticket: Ticket | None = None

    def precondition(self, verb: bytes) -> Reply | None:
        """Who may send only after a login logs in first."""
        if self._standing is not Standing.MUST_LOG_IN or self._ticket is not None:
            return None
        return _LOG_IN if verb in _NEED_A_LOGIN else None

    def in_transaction(self) -> bool:
        """Whether a MAIL was accepted and its message has not come to its end."""
        raise NotImplementedError

    # Names and offers

    async def smtp_HELO(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 5321 §4.1.1.1; no extension, so no parameter is known."""
        if not arg:
            await self.push(Reply.of(501, "5.5.4 syntax: HELO hostname"))
            return
        await self.abandon()
        self._helo, self._offered = _readable(arg), frozenset()
        await self.push(Reply.of(250, self._desk.hostname))

    async def smtp_EHLO(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """Offer what the next hop offers, and what we do ourselves."""
        if not arg:
            await self.push(Reply.of(501, "5.5.4 syntax: EHLO hostname"))
            return
        await self.abandon()
        try:
            passed_on, limit = await self._offer()
        except RelayError:
            # Offering too little would make clients give up for good mail that needs 8BITMIME or SMTPUTF8.
            await self.push(NO_NEXT_HOP)
            return
        lines = [self._desk.hostname, "PIPELINING", f"SIZE {limit}", *passed_on]
        if self._offers_tls():
            lines.append("STARTTLS")
        if self._offers_auth():
            lines.append(f"AUTH {' '.join(MECHANISMS)}")
        self._helo, self._offered = _readable(arg), frozenset(line.partition(" ")[0] for line in lines[2:])
        await self.push(Reply(250, tuple(line.encode() for line in [*lines, "HELP"])))

    async def _offer(self) -> tuple[list[str], int]:
        limit = self._desk.settings.max_message_bytes
        there = await self._desk.next_hop.extensions()
        size = await self._desk.next_hop.size()
        return [keyword for keyword in PASSED_ON if keyword in there], min(limit, size or limit)

    def _offers_tls(self) -> bool:
        return self._desk.certificate is not None and not self._tls

    def _offers_auth(self) -> bool:
        return self._desk.settings.auth != "none" and (self._tls or is_this_machine(self._client))

    # TLS

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 3207: all that was said in the clear is forgotten, what is still unread included."""
        if self._desk.certificate is None:
            await self.fault(NO_COMMAND)
        elif arg:
            await self.push(Reply.of(501, "5.5.4 syntax: STARTTLS"))
        elif self._tls or "STARTTLS" not in self._offered:
            await self.push(OUT_OF_ORDER)
        else:
            await self.abandon()
            self._forget()
            # The first byte of the handshake must not be taken for a command.
            self.transport.pause_reading()
            await self.push(Reply.of(220, "2.0.0 ready to start TLS"))
            await self.flush()
            await self.upgrade()

    # Logins

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds verbs by name
        """RFC 4954 §4."""
        if self._desk.settings.auth == "none":
            await self.fault(NO_COMMAND)
            return
        refusal = self._auth_refusal()
        if refusal is not None:
            await self.push(refusal)
            return
        ticket = await self._logged_in(arg)
        if isinstance(ticket, Reply):
            await self._failed(ticket)
            return
        self._ticket = ticket
        await self.push(_WELCOME)

    async def _logged_in(self, arg: str) -> Ticket | Reply:
        mechanism, _, initial = arg.partition(" ")
        response = initial.strip().encode("utf-8", "surrogateescape") if initial else None
        try:
            credentials = await exchange(mechanism.upper(), response, self._challenge)
        except LineTooLongError:
            return _LINE_TOO_LONG
        if isinstance(credentials, Reply):
            return credentials
        return await self._desk.gate.admit(credentials, self._client)

    def _auth_refusal(self) -> Reply | None:
        if not self._offers_auth():
            return _TLS_FIRST  # RFC 4954 §4: not over a connection that anybody can read
        if "AUTH" not in self._offered or self._ticket is not None or self.in_transaction():
            return OUT_OF_ORDER
        return None

    async def _challenge(self, text: bytes) -> bytes:
        await self.push(Reply(334, (text,)))
        return await self.next_line()

    async def _failed(self, reply: Reply) -> None:
        if reply.code not in {500, 501, 504}:  # those are slips of the pen
            await self.flush()
            await asyncio.sleep(FAILED_SECONDS)
        await self.fault(reply)

    # The rest

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
        await self.push(Reply.of(214, "2.0.0 EHLO HELO STARTTLS AUTH MAIL RCPT DATA RSET NOOP QUIT VRFY HELP"))


def _readable(name: str) -> str:
    """What a client calls itself, as text: tools on Windows may say it in any charset."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
