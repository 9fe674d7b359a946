"""A scripted next hop: takes mail, refuses, breaks off or hangs as told, and keeps what it took byte for byte.

Script lines, as in the dialogue files (`data`, `content` and `dot` are the three steps of a message):
    down · greeting TEXT · ehlo TEXT · mail TEXT · rcpt ADDRESS TEXT · rcpt TEXT · data TEXT · dot TEXT · without KEYWORD
    drop STEP · hang STEP · once LINE          STEP is connect, mail, rcpt, data, content, dot, reply or reset
    dribble SECONDS                            between two bytes of a reply
    starttls TEXT · auth TEXT                  with `tls` (a server's SSL context) and `logins` (passwords by name)
TEXT is a reply as sent ("\\n" parts the lines). `once` means: for the first time only. `drop reply` is a message that
was taken while its reply got lost.
"""

import asyncio
import base64
import contextlib
import re
from dataclasses import dataclass, field

OFFER = ("PIPELINING", "SIZE 30000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")


@dataclass(frozen=True)
class Taken:
    """A message accepted at the dot. mail and rcpts are what followed the colon; content is without doubled dots."""

    mail: bytes
    rcpts: tuple[bytes, ...]
    content: bytes


@dataclass
class Rule:
    verb: str
    argument: str
    once: bool = False


@dataclass
class Hop:
    """`async with Hop(["rcpt <a@example.jp> 550 5.1.1 no"]) as hop:` listens on `hop.port`."""

    script: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    tls: object = None
    implicit: bool = False
    logins: dict = field(default_factory=dict)
    mechanisms: str = "PLAIN LOGIN"
    dialogues: list = field(default_factory=list)  # one a connection, each with its own `commands` and `login`

    def __post_init__(self):
        self.rules = []
        for line in self.script:
            self.tell(line)
        self._server = None
        self._tasks = set()

    def tell(self, line):
        """Add a script line while it runs."""
        once = line.startswith("once ")
        verb, _, argument = line.removeprefix("once ").strip().partition(" ")
        self.rules.append(Rule(verb, argument.strip(), once))

    async def __aenter__(self):
        tls = self.tls if self.implicit else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**26, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        if self.find("down"):
            self._server.close()
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for _ in range(2):  # once more for a connection that came at the last moment
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0.01)  # both ends of what is closed here learn of it, kept connections among them

    def hang_up(self, words=b""):
        """Close every connection, after these words."""
        for dialogue in self.dialogues:
            if not dialogue.writer.is_closing():
                dialogue.writer.write(words)
                dialogue.writer.close()

    def leave(self):
        """Stop as a server does that goes down."""
        self._server.close()
        self.hang_up()

    async def come_back(self):
        """Listen on the same port again."""
        await self.__aenter__()

    def find(self, verb, argument=None):
        """The first rule of that verb (and argument); a rule for once is used up."""
        for rule in self.rules:
            if rule.verb == verb and argument in {None, rule.argument}:
                if rule.once:
                    self.rules.remove(rule)
                return rule
        return None

    async def step(self, name, writer):
        """Whether the dialogue goes on."""
        if self.find("hang", name):
            await asyncio.sleep(3600)
        if self.find("drop", name):
            writer.transport.abort()
            return False
        return True

    def text(self, verb, default):
        rule = self.find(verb)
        return wire(rule.argument if rule else default)

    def rcpt(self, path):
        for rule in self.rules:
            match = rule.verb == "rcpt" and re.fullmatch(r"(?:(<.*?>) )?([2-5]\d\d.*)", rule.argument)
            if match and (match[1] is None or match[1].encode() == path):
                if rule.once:
                    self.rules.remove(rule)
                return wire(match[2])
        return b"250 2.1.5 recipient ok\r\n"

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            self.dialogues.append(Dialogue(self, reader, writer))
            await self.dialogues[-1].run()
        writer.close()


class Dialogue:
    def __init__(self, hop, reader, writer):
        self.hop, self.reader, self.writer = hop, reader, writer
        self.sender, self.rcpts = b"", []
        self.commands, self.login, self.secure = [], None, hop.implicit

    async def say(self, data):
        slowly = self.hop.find("dribble")
        for place in range(len(data) - 1 if slowly else 0):
            self.writer.write(data[place : place + 1])
            await asyncio.sleep(float(slowly.argument))
        self.writer.write(data[-1:] if slowly else data)
        await self.writer.drain()
        return not data.startswith(b"421")

    async def run(self):
        if not await self.hop.step("connect", self.writer):
            return
        if not await self.say(self.hop.text("greeting", "220 hop.example ESMTP")):
            return
        while line := await self.reader.readline():
            self.hop.commands.append(line.removesuffix(b"\r\n"))
            self.commands.append(line.removesuffix(b"\r\n"))
            verb, _, argument = line.removesuffix(b"\r\n").partition(b" ")
            if not await getattr(self, verb.decode().lower())(argument):
                return

    async def ehlo(self, _):
        rule = self.hop.find("ehlo")
        gone = {rule.argument for rule in self.hop.rules if rule.verb == "without"}
        offer = [keyword for keyword in OFFER if keyword.split()[0] not in gone]
        offer += ["STARTTLS"] if self.hop.tls and not self.secure and "STARTTLS" not in gone else []
        offer += [f"AUTH {self.hop.mechanisms}"] if self.hop.logins else []
        default = "\\n".join(f"250-{line}" for line in ["hop.example", *offer[:-1]]) + f"\\n250 {offer[-1]}"
        return await self.say(wire(rule.argument if rule else default))

    async def helo(self, _):
        return await self.say(b"250 hop.example\r\n")

    async def mail(self, argument):
        if not await self.hop.step("mail", self.writer):
            return False
        self.sender, self.rcpts = argument.removeprefix(b"FROM:"), []
        return await self.say(self.hop.text("mail", "250 2.1.0 sender ok"))

    async def rcpt(self, argument):
        if not await self.hop.step("rcpt", self.writer):
            return False
        argument = argument.removeprefix(b"TO:")
        reply = self.hop.rcpt(re.match(rb"<.*>", argument)[0])
        if reply.startswith(b"2"):
            self.rcpts.append(argument)
        return await self.say(reply)

    async def data(self, _):
        if not await self.hop.step("data", self.writer):
            return False
        reply = self.hop.text("data", "354 go on")
        if not await self.say(reply) or not reply.startswith(b"354"):
            return not reply.startswith(b"421")
        if self.hop.find("drop", "content"):
            await self.reader.read(10)
            self.writer.transport.abort()
            return False
        lines = [b"\r\n"]
        # Bare LF must not end a line here: that is what the smuggling tests look for.
        while (line := await self.reader.readuntil(b"\n")) != b".\r\n" or not lines[-1].endswith(b"\r\n"):
            lines.append(line)
        return await self.dot(b"".join(lines).replace(b"\r\n.", b"\r\n")[2:])

    async def dot(self, content):
        if not await self.hop.step("dot", self.writer):
            return False
        reply = self.hop.text("dot", "250 2.0.0 queued as 4F")
        if reply.startswith(b"2"):
            self.hop.taken.append(Taken(self.sender, tuple(self.rcpts), content))
        return await self.hop.step("reply", self.writer) and await self.say(reply)

    async def starttls(self, _):
        reply = self.hop.text("starttls", "220 2.0.0 go ahead")
        if not await self.say(reply) or not reply.startswith(b"220") or reply.count(b"\n") > 1:
            return True
        try:
            await self.writer.start_tls(self.hop.tls)
        except OSError:
            return False
        self.secure = True
        return True

    async def auth(self, argument):
        mechanism, _, first = argument.partition(b" ")
        if mechanism == b"PLAIN":
            _, name, password = base64.b64decode(first or await self.asked(b"")).split(b"\0")
        else:
            name = base64.b64decode(await self.asked(b"VXNlcm5hbWU6"))
            password = base64.b64decode(await self.asked(b"UGFzc3dvcmQ6"))
        known = self.hop.logins.get(name.decode()) == password.decode()
        self.login = name.decode() if known else None
        return await self.say(self.hop.text("auth", "235 2.7.0 welcome" if known else "535 5.7.8 who are you"))

    async def asked(self, challenge):
        await self.say(b"334 " + challenge + b"\r\n")
        return (await self.reader.readline()).removesuffix(b"\r\n")

    async def rset(self, _):
        if not await self.hop.step("reset", self.writer):
            return False
        self.sender, self.rcpts = b"", []
        return await self.say(b"250 2.0.0 reset\r\n")

    async def quit(self, _):
        await self.say(b"221 2.0.0 bye\r\n")
        return False


def wire(text):
    return b"".join(line.encode() + b"\r\n" for line in text.split("\\n"))
