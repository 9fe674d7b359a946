"""mailguard in front of a scripted next hop, with a certificate and a login for each client: what clients send to."""

import asyncio
import re
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from authority import Authority
from hop import Hop, Taken
from serving import Serving, free_port

from mailguard.config import Holds
from mailguard.service.clock import now
from mailguard.store import open_store

LOGIN_PASSWORD = "summer passphrase: 1+1=2"
# 30 MB of attachment are 41 MB of mail.
_OFFER = ("hop.example", "PIPELINING", "SIZE 60000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
_EHLO = "ehlo " + "\\n".join(f"250-{word}" for word in _OFFER[:-1]) + f"\\n250 {_OFFER[-1]}"
_OURS = re.compile(rb"Received: from [^\r]*\r\n\tby guard\.example\.jp with ([A-Z0-9]+) id M-[^\r]*\r\n\t[^\r]*\r\n")


@dataclass(frozen=True)
class Door:
    """Where and how a client comes in. `tls` is "", "starttls" or "implicit"; no `login` sends without one."""

    port: int
    tls: str
    login: str
    password: str
    authority: Path
    host: str = "localhost"
    mechanism: str = "PLAIN"


@dataclass(frozen=True)
class Arrived:
    """A mail at the next hop: `protocol` and `content` are what our Received line says, and what stands below it."""

    taken: Taken
    protocol: str
    content: bytes


class HopThread:
    """The scripted next hop on a thread of its own: clients are programs that a test waits for."""

    def __init__(self) -> None:
        self.hop = Hop([_EHLO])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Hop:
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self.hop.__aenter__(), self._loop).result(10)

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.hop.__aexit__(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Guarded:
    """`with Guarded(folder, ["swaks"]) as guarded:`; everything of one run of all clients."""

    def __init__(self, folder: Path, logins: list[str]) -> None:
        self.authority = Authority(folder / "authority")
        self.stranger = Authority(folder / "stranger")  # nothing here is signed by it
        chain, key = self.authority.server("localhost")
        self._hop = HopThread()
        self._folder, self._logins, self._tls = folder, logins, free_port()
        self._smtp = (
            f'tls_listen = "127.0.0.1:{self._tls}"\ncertificate = "{chain}"\ncertificate_key = "{key}"\nauth = "local"'
        )

    def __enter__(self):
        self.hop = self._hop.__enter__()
        self.service = Serving(self._folder, self.hop.port, smtp=self._smtp)
        data = self.service.data
        with open_store(f"sqlite:///{data / 'mailguard.db'}", data, now, holds=Holds()) as store:
            for login in self._logins:
                store.logins.add(login, LOGIN_PASSWORD, actor="test")
        self.service.start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.service.stop()
        finally:
            self._hop.__exit__()

    def door(self, tls: str, login: str) -> Door:
        port = self._tls if tls == "implicit" else self.service.smtp
        return Door(port, tls, login, LOGIN_PASSWORD, self.authority.file)

    def strange(self, door: Door) -> Door:
        """The same for a client that trusts other authorities than ours."""
        return replace(door, authority=self.stranger.file)

    def taken(self, recipient: str) -> list[Taken]:
        path = f"<{recipient}>".encode()
        return [taken for taken in self.hop.taken if any(rcpt.split(b" ")[0] == path for rcpt in taken.rcpts)]

    def arrived(self, recipient: str, seconds: float = 20) -> Arrived:
        """The one mail to that recipient; below one Received line of ours."""
        deadline = time.monotonic() + seconds
        while not self.taken(recipient):
            assert time.monotonic() < deadline, (recipient, self.service.log()[-3_000:])
            time.sleep(0.05)
        (taken,) = self.taken(recipient)
        ours = _OURS.match(taken.content)
        assert ours, taken.content[:500]
        return Arrived(taken, ours[1].decode(), taken.content[ours.end() :])
