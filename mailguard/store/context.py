"""What every part of the store works with, and how it makes ids. Holds nothing of its own."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mailguard import config, crockford, normal
from mailguard.digest import Digester
from mailguard.store.calendar import TOKYO
from mailguard.store.engine import Database
from mailguard.store.vault import Vault

Clock = Callable[[], datetime]
"""The present as an aware time in UTC."""


@dataclass(frozen=True, slots=True)
class Context:
    """One open database with its keys, clock and settings."""

    database: Database
    vault: Vault
    clock: Clock
    settings: config.Holds
    retention: config.Retention = field(default_factory=config.Retention)
    notify: config.Notify = field(default_factory=config.Notify)

    @property
    def digester(self) -> Digester:
        """The keyed digests of this database."""
        return self.vault.digester

    def login_key(self, login: str) -> bytes:
        """Digest of a login name of the page or of SMTP AUTH, upper and lower case alike."""
        return self.digester.of("login", normal.login(login))

    def mail_key(self, address: str) -> bytes:
        """Digest of the mailbox of an e-mail address; b"" when there is none."""
        return self.digester.email(normal.mailbox(address)) if address.strip() else b""

    def organisation_key(self, name: str) -> bytes:
        """Digest of an organisation; b"" for the own company."""
        plain = normal.organisation(name)
        return self.digester.of("organisation", plain) if plain else b""

    def today(self) -> str:
        """The day in Japan, as 2027-04-28."""
        return self.clock().astimezone(TOKYO).date().isoformat()


def fresh_id(letter: str) -> str:
    """An id such as H-7Q2M0C4XKD: 50 random bits, easy to read aloud."""
    return f"{letter}-{crockford.encode(secrets.token_bytes(10))[:10]}"
