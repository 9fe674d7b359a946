"""Keyed digests: what lets two equal values be recognised without keeping either.

In: a 32-byte key and a value in its normal form. Out: 16 bytes of keyed BLAKE3. The key never leaves the data
directory; without it a digest says nothing about a phone number, although there are few phone numbers.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from blake3 import blake3

from mailguard import normal

SIZE = 16  # bytes kept; 2**64 values before a collision is likely


@dataclass(frozen=True, slots=True)
class Digester:
    """Makes digests under one key."""

    key: bytes = field(repr=False)
    _piece_key: bytes = field(init=False, repr=False)
    _value_key: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_piece_key", hmac.digest(self.key, b"piece key", hashlib.sha256))
        object.__setattr__(self, "_value_key", hmac.digest(self.key, b"value key", hashlib.sha256))

    def piece(self, data: bytes | memoryview) -> bytes:
        """Digest of a large piece of a mail, which every attachment of every message is."""
        return blake3(data, key=self._piece_key).digest(SIZE)

    def of(self, label: str, value: str | bytes) -> bytes:
        """Digest `value` for one use; different labels never give the same digest."""
        data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        return blake3(b"%b\0%b" % (label.encode(), data), key=self._value_key).digest(SIZE)

    def email(self, address: str) -> bytes:
        """Digest of an e-mail address, in any notation."""
        return self.of("email", normal.email(address))

    def domain(self, domain: str) -> bytes:
        """Digest of a mail domain."""
        return self.of("domain", normal.domain(domain))

    def phone(self, number: str) -> bytes:
        """Digest of a phone number, in any notation."""
        return self.of("phone", normal.phone(number))

    def name(self, name: str) -> bytes:
        """Digest of a person's full name, spaces and variant characters apart."""
        return self.of("name", normal.name(name))

    def address(self, address: str) -> bytes:
        """Digest of a postal address, in any notation."""
        return self.of("address", normal.address(address))
