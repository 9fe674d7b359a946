"""Keyed digests: what lets two equal values be recognised without keeping either.

In: a 32-byte key and a value in its normal form. Out: 16 bytes of HMAC-SHA-256. The key never leaves the data
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
    # RFC 2104: both hashes with their half of the key taken in already; a copy costs less than to begin anew.
    _inner: "hashlib._Hash" = field(init=False, repr=False, compare=False)
    _outer: "hashlib._Hash" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        derived = hmac.digest(self.key, b"piece key", hashlib.sha256)
        object.__setattr__(self, "_piece_key", derived)
        block = (self.key if len(self.key) <= 64 else hashlib.sha256(self.key).digest()).ljust(64, b"\0")
        object.__setattr__(self, "_inner", hashlib.sha256(bytes(byte ^ 0x36 for byte in block)))
        object.__setattr__(self, "_outer", hashlib.sha256(bytes(byte ^ 0x5C for byte in block)))

    def piece(self, data: bytes | memoryview) -> bytes:
        """Digest of a large piece of a mail: keyed BLAKE3, as every attachment of every message goes through here."""
        return blake3(data, key=self._piece_key).digest(SIZE)

    def of(self, label: str, value: str | bytes) -> bytes:
        """Digest `value` for one use; different labels never give the same digest."""
        data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        inner = self._inner.copy()
        inner.update(label.encode() + b"\0" + data)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:SIZE]

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
