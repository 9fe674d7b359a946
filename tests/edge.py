"""The SMTP edge between a raw client and the scripted next hop, with a pipeline that only hands over or holds."""

import asyncio
import contextlib
import functools
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hop import Hop

from mailguard.config import Relay, Smtp
from mailguard.errors import RelayError, StoreError, ThrottledError
from mailguard.relay.next_hop import NextHop
from mailguard.relay.reply import Reply
from mailguard.smtp import SmtpServer


def clock():
    return datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def certificate(folder, name="guard.example"):
    """[smtp] settings of a certificate of one's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    made = made.not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=36_500)).sign(key, hashes.SHA256())
    (folder / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"certificate": folder / "chain.pem", "certificate_key": folder / "key.pem"}


@functools.cache
def shared_certificate():
    folder = tempfile.TemporaryDirectory()
    return certificate(Path(folder.name)) | {"folder": folder}  # kept until the end


def with_certificate():
    return {key: value for key, value in shared_certificate().items() if key != "folder"}


def trusting():
    """A client context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class FakeLogins:
    """mailer / correct horse; "slow down" as password is throttled, "not yet" while others are checked.

    asked: how often a password was verified, clients: who asked. settled: what the relay said of those that were begun.
    known: (name, client) that must wait.
    """

    def __init__(self):
        self.stamps = {"mailer": 1}
        self.asked = 0
        self.clients, self.settled, self.known = [], [], set()

    def locked(self, name, client):
        return (name, client) in self.known

    def verify(self, name, password, client):
        self.asked += 1
        self.clients.append(client)
        if password in {"slow down", "not yet"}:
            raise ThrottledError(clock() + timedelta(minutes=15) if password == "slow down" else None)
        return name in self.stamps and password == "correct horse"

    def begin(self, name, client):
        if self.locked(name, client):
            raise ThrottledError(clock() + timedelta(minutes=15))
        return name, client

    def settle(self, attempt, *, right):
        self.settled.append((*attempt, right))

    def stamp(self, name):
        return self.stamps.get(name)


class FakeStopList:
    """Names recipients, whoever sends; `broken`: it cannot be read."""

    def __init__(self, reply, *listed):
        self.refuses, self.listed, self.broken = reply == 550, listed, False

    async def at_rcpt(self, login, client, recipients):
        if self.broken:
            raise StoreError("locked")
        return [recipient in self.listed for recipient in recipients]


class FakePipeline:
    """`mode`: pass | hold | raise | slow. `gate` lets a test stop the delivery half-way."""

    def __init__(self, mode="pass"):
        self.mode = mode
        self.messages = []
        self.errors = []
        self.entered = asyncio.Event()
        self.gate = asyncio.Event()
        self.finished = 0

    async def deliver(self, message, transaction):
        self.messages.append(message)
        self.entered.set()
        if self.mode == "slow":
            await self.gate.wait()
        if self.mode == "raise":
            raise ValueError("personal data of taro@example.jp")
        if not message.envelope.rcpt_to:
            await transaction.reset()
            return Reply.of(250, "2.0.0 accepted, all recipients are on the stop list")
        if self.mode == "hold":
            await transaction.reset()
            self.finished += 1
            return Reply.of(250, "2.0.0 held for approval, H-0123456789")
        try:
            reply = await transaction.data(message.content)
        except RelayError as error:
            self.errors.append(error)
            reply = Reply.of(451, "4.4.2 next hop broke off")
        self.finished += 1
        return reply


class Client:
    """Raw bytes to the server and back."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self):
        """The next reply, all its lines joined by a newline; "" when the server closed."""
        lines = []
        while True:
            async with asyncio.timeout(5):
                line = await self.reader.readline()
            if not line:
                return "\n".join(lines)
            assert line.endswith(b"\r\n")
            lines.append(line[:-2].decode("utf-8", "surrogateescape"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    async def ask(self, line):
        await self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return await self.reply()

    async def start_tls(self):
        await self.writer.start_tls(trusting())

    async def envelope(self, sender="shop@example.jp", recipients=("taro@example.jp",)):
        """Greeting to 354."""
        assert (await self.reply()).startswith("220")
        assert (await self.ask("EHLO tool.example")).startswith("250")
        assert (await self.ask(f"MAIL FROM:<{sender}>")).startswith("250")
        for recipient in recipients:
            assert (await self.ask(f"RCPT TO:<{recipient}>")).startswith("250")
        assert (await self.ask("DATA")).startswith("354")


class Edge:
    """Everything of one test: `hop`, `pipeline`, `server`, and `connect()`."""

    def __init__(self, hop, pipeline, server, stack, logins):
        self.hop, self.pipeline, self.server, self._stack, self.logins = hop, pipeline, server, stack, logins

    async def connect(self, *, tls=False):
        context = trusting() if tls else None
        port = self.server.tls_port if tls else self.server.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        self._stack.callback(writer.close)
        return Client(reader, writer)


@contextlib.asynccontextmanager
async def edge(script=(), mode="pass", smtp=None, relay=None, stop_list=None):
    settings = Smtp(listen="127.0.0.1:0", hostname="guard.example", **(smtp or {}))
    async with Hop(list(script)) as hop:
        pipeline = FakePipeline(mode)
        # Nothing is kept unless a test asks for it: the end of a transaction can then be seen by its QUIT.
        options = {"reply_seconds": 1, "connect_seconds": 1, "max_idle": 0, **(relay or {})}
        next_hop = NextHop(Relay(host="127.0.0.1", port=hop.port, **options), "guard.example")
        logins = FakeLogins()
        server = SmtpServer(settings, pipeline, next_hop, clock, logins, stop_list)
        await server.start()
        async with contextlib.AsyncExitStack() as stack:
            try:
                yield Edge(hop, pipeline, server, stack, logins)
            finally:
                await stack.aclose()  # else each client that is still there is lingered for
                await server.stop(1)
