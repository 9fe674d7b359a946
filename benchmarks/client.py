"""The load client: forked processes with one blocking socket each, mails built beforehand, replies awaited in lockstep.

In: a port, mails, a number of connections. Out: seconds, the time of each mail, what was refused. Lockstep (MAIL, RCPT,
DATA one by one) as Postfix's smtp-source does; with `pipelining` the three go in one flight. It never resends.
"""

import base64
import gc
import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from mails import SENDER, Mail

_TOKEN = struct.Struct("=I")
_SECONDS = 120
LOGIN, PASSWORD = "bench", "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Way:
    """How mails are sent. reconnect: a new connection, and a login where offered, for each."""

    connections: int = 10
    pipelining: bool = False
    reconnect: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """What a run gave. times: seconds of each mail, from MAIL (or from connect) to the reply to the dot."""

    seconds: float
    times: list[float]
    replies: dict[int, str]  # the last reply to each mail, by number; only those that were not 250 unless asked for
    logged_in: bool = False

    @property
    def rate(self) -> float:
        """Messages per second."""
        return len(self.times) / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class _Report:
    first: float = 0.0
    last: float = 0.0
    times: list[float] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    logged_in: bool = False


def load(port: int, mails: Sequence[Mail], way: Way) -> Load:
    """Send all mails once, shared out to the connections as they come free."""
    tokens = _Tokens(len(mails))
    go_read, go_write = os.pipe()
    ready_read, ready_write = os.pipe()
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page that it looks at
    children = []
    for _ in range(way.connections):
        report_read, report_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            _child((tokens.reading, go_read, ready_write, report_write), go_write, (port, mails, way))
        os.close(report_write)
        children.append((pid, report_read))
    gc.unfreeze()
    for _ in children:
        os.read(ready_read, 1)
    tokens.close()
    for descriptor in (go_read, go_write, ready_read, ready_write):
        os.close(descriptor)
    return _gather([_reap(pid, descriptor) for pid, descriptor in children])


def _gather(reports: list[_Report]) -> Load:
    busy = [report for report in reports if report.last]
    refused = {number: reply for report in reports for number, reply in report.refused.items()}
    return Load(
        seconds=max((r.last for r in busy), default=0) - min((r.first for r in busy), default=0),
        times=[seconds for report in reports for seconds in report.times],
        replies=refused,
        logged_in=any(report.logged_in for report in reports),
    )


class _Tokens:
    """The numbers of the mails in a pipe: whoever reads one sends that mail. Cheaper than any lock."""

    def __init__(self, count: int) -> None:
        import fcntl  # noqa: PLC0415 - used here only

        self.reading, self._writing = os.pipe()
        fcntl.fcntl(self._writing, fcntl.F_SETPIPE_SZ, max(4096, count * _TOKEN.size + 4096))
        os.set_blocking(self._writing, False)
        data = b"".join(map(_TOKEN.pack, range(count)))
        if os.write(self._writing, data) != len(data):
            raise ValueError(f"{count} mails are too many for one run (a pipe holds their numbers)")
        os.close(self._writing)

    def close(self) -> None:
        os.close(self.reading)


def _child(descriptors: tuple[int, int, int, int], go_write: int, work: tuple[int, Sequence[Mail], Way]) -> None:
    tokens, go, ready, reporting = descriptors
    report = _Report()
    try:
        os.close(go_write)
        gc.disable()
        _run(_Sender(*work, report), tokens, (ready, go))
    except OSError as error:
        report.refused[-1] = f"{type(error).__name__}: {error}"
        with suppress(OSError):
            os.write(ready, b"!")
    finally:
        fields = {name: getattr(report, name) for name in _Report.__slots__}
        with os.fdopen(reporting, "w") as out:
            json.dump(fields, out)
        os._exit(0)


def _run(sender: "_Sender", tokens: int, signals: tuple[int, int]) -> None:
    ready, go = signals
    sender.prepare()
    os.write(ready, b".")
    os.read(go, 1)  # ends when the parent closes the other side
    clock, report = time.monotonic, sender.report
    report.first = clock()
    while token := os.read(tokens, _TOKEN.size):
        started = clock()
        sender.send(_TOKEN.unpack(token)[0])
        report.last = clock()
        report.times.append(report.last - started)
    sender.leave()


def _reap(pid: int, descriptor: int) -> _Report:
    with os.fdopen(descriptor) as stream:
        text = stream.read()
    os.waitpid(pid, 0)
    told = json.loads(text) if text else {"refused": {-1: "the client process died"}}
    told["refused"] = {int(number): reply for number, reply in told["refused"].items()}
    return _Report(**told)


class _Sender:
    """One connection and the mails it sends."""

    def __init__(self, port: int, mails: Sequence[Mail], way: Way, report: _Report) -> None:
        self._port, self._mails, self._way, self.report = port, mails, way, report
        self._open: socket.socket | None = None
        self._mail = b"MAIL FROM:<" + SENDER + b">\r\n"

    def prepare(self) -> None:
        if not self._way.reconnect:
            self._open = self._connect()

    def leave(self) -> None:
        if self._open is not None:
            with suppress(OSError):
                self._open.sendall(b"QUIT\r\n")
                self._open.recv(1000)
            self._open.close()
            self._open = None

    def send(self, number: int) -> None:
        if self._open is None:
            self._open = self._connect()
        mail = self._mails[number]
        reply = self._pipelined(self._open, mail) if self._way.pipelining else self._lockstep(self._open, mail)
        if not reply.startswith(b"250"):
            self.report.refused[number] = reply.decode(errors="replace").strip()
            if reply.startswith(b"421") or not reply:
                self._open.close()
                self._open = None
            else:
                _ask(self._open, b"RSET\r\n")
        if self._way.reconnect:
            self.leave()

    def _lockstep(self, sock: socket.socket, mail: Mail) -> bytes:
        for command, wanted in (
            (self._mail, b"250"),
            (b"RCPT TO:<" + mail.recipient + b">\r\n", b"250"),
            (b"DATA\r\n", b"354"),
        ):
            sock.send(command)
            reply = _reply(sock)
            if reply[:3] != wanted:
                return reply
        _send(sock, mail.wire)
        return _reply(sock)

    def _pipelined(self, sock: socket.socket, mail: Mail) -> bytes:
        sock.sendall(self._mail + b"RCPT TO:<" + mail.recipient + b">\r\nDATA\r\n")
        told = b""
        while told.count(b"\n") < 3 and (more := sock.recv(4096)):
            told += more
        if not told.splitlines()[-1].startswith(b"354"):
            return told
        _send(sock, mail.wire)
        return _reply(sock)

    def _connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self._port), 20)
        # Time-outs by the kernel: Python's own would cost a poll() for each call.
        sock.settimeout(None)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _SECONDS, 0))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not _reply(sock).startswith(b"220"):
            raise ConnectionError("no greeting")
        offers = _ask(sock, b"EHLO bench.example.co.jp\r\n")
        if self._way.reconnect and b"AUTH" in offers.upper():
            secret = base64.b64encode(f"\0{LOGIN}\0{PASSWORD}".encode())
            answer = _ask(sock, b"AUTH PLAIN " + secret + b"\r\n")
            if not answer.startswith(b"235"):
                raise ConnectionError(f"login refused: {answer.decode(errors='replace').strip()}")
            self.report.logged_in = True
        return sock


def _send(sock: socket.socket, wire: tuple[bytes, ...]) -> None:
    sent = sock.sendmsg(wire)
    if sent < sum(map(len, wire)):
        sock.sendall(b"".join(wire)[sent:])


def _ask(sock: socket.socket, command: bytes) -> bytes:
    sock.sendall(command)
    return _reply(sock)


def _reply(sock: socket.socket) -> bytes:
    """A whole reply; empty when the other side went away."""
    told = sock.recv(4096)
    while not (told.endswith(b"\n") and told[told.rfind(b"\n", 0, -1) + 1 :][3:4] != b"-"):
        more = sock.recv(4096)
        if not more:
            return b""
        told += more
    return told
