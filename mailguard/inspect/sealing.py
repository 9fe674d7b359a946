"""Password candidates on their way between scanner workers: sealed by the one that found them, opened only by another.

In: candidates. Out: bytes that the service and its database hand on and cannot read by accident: the key is used in workers
alone. Padded, so that the length tells nothing.
"""

import os
from collections.abc import Iterable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailguard.digest import Digester

_NONCE = 12  # NIST SP 800-38D §8.2.2: random 96 bits
_BLOCK = 512
_PLACE = b"password candidates 1"


class Said(msgspec.Struct, frozen=True, array_like=True):
    """Candidates of one text or mail. key: equal for equal candidates; sealed: what only a worker opens."""

    key: bytes
    sealed: bytes


class Sealer:
    """Seals and opens under one key of 32 bytes."""

    def __init__(self, key: bytes, digester: Digester) -> None:
        self._cipher, self._digester = AESGCM(key), digester

    def seal(self, words: Iterable[str]) -> Said:
        """Seal candidates."""
        plain = msgspec.msgpack.encode(tuple(words))
        nonce = os.urandom(_NONCE)
        padded = len(plain).to_bytes(4, "big") + plain
        padded += bytes(-len(padded) % _BLOCK)
        return Said(
            self._digester.of("password candidates", plain), nonce + self._cipher.encrypt(nonce, padded, _PLACE)
        )

    def open(self, sealed: bytes) -> tuple[str, ...]:
        """The candidates; none where the bytes are not ours."""
        try:
            padded = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _PLACE)
            return msgspec.msgpack.decode(padded[4 : 4 + int.from_bytes(padded[:4], "big")], type=tuple[str, ...])
        except (InvalidTag, ValueError, msgspec.DecodeError):
            return ()
