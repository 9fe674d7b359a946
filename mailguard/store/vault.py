"""Held bytes: sealed piece by piece, and put together again, byte for byte.

In: the pieces of a mail. Out: a small skeleton, apart from the large parts, which many mails of one mailing share. Nothing is
decoded: whatever the bytes are, joined they are the same bytes.
"""

import hashlib
import hmac
import os
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailguard.digest import Digester
from mailguard.errors import DamagedError, StoreError
from mailguard.pieces import Pieces
from mailguard.store.keys import Keys

_NONCE = 12  # NIST SP 800-38D §8.2.2: random 96 bits
_PLAIN, _DEFLATED = b"\x01", b"\x02"  # first byte: format and, one day, which data key
SMALL = 200  # bytes below which compressing costs more than it saves
LARGEST = 250_000_000  # bytes of one thing: more than smtp.max_message_bytes may be, with what a skeleton adds

T = TypeVar("T")


class Vault:
    """Seals and opens; one key for digests, one for encryption. password_key: by which scanner workers seal for each other."""

    def __init__(self, keys: Keys) -> None:
        self.digester = Digester(keys.digest)
        self._cipher = AESGCM(keys.next or keys.data)
        self._before = AESGCM(keys.data) if keys.next else None  # a rotation is under way
        self.password_key = hmac.digest(keys.next or keys.data, b"mailguard password candidates", hashlib.sha256)

    def seal(self, data: bytes, place: str) -> bytes:
        """Encrypt for one place: bytes moved to another row do not open there."""
        return self.seal_each(data, [place])[0]

    def seal_each(self, data: bytes, places: Sequence[str]) -> list[bytes]:
        """The same bytes for each of these places."""
        if len(data) > LARGEST:
            raise StoreError("database: a mail is too large to be held. Lower smtp.max_message_bytes.")
        # Level 1: base64 loses its quarter at any level, and an admit waits for it.
        small = _deflated(data)
        head, body = (_DEFLATED, small) if len(small) < len(data) * 0.95 else (_PLAIN, data)
        random, encrypt = os.urandom(_NONCE * len(places)), self._cipher.encrypt
        nonces = [random[at : at + _NONCE] for at in range(0, len(random), _NONCE)]
        return [
            head + nonce + encrypt(nonce, body, head + place.encode())
            for nonce, place in zip(nonces, places, strict=True)
        ]

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt; raises DamagedError when the bytes are not what was sealed there."""
        data = self._decrypted(self._cipher, sealed, place)
        if data is None and self._before is not None:
            data = self._decrypted(self._before, sealed, place)
        if data is None:
            raise _altered(place)
        return data

    def resealed(self, sealed: bytes, place: str) -> bytes | None:
        """The same under the newest key; None when it is there already. Raises DamagedError."""
        if self._decrypted(self._cipher, sealed, place) is not None:
            return None
        return self.seal(self.open(sealed, place), place)

    @staticmethod
    def _decrypted(cipher: AESGCM, sealed: bytes, place: str) -> bytes | None:
        head, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            data = cipher.decrypt(nonce, body, head + place.encode())
            return _inflate(data) if head == _DEFLATED else data
        except (InvalidTag, ValueError, zlib.error):
            return None

    def open_msgpack(self, sealed: bytes, place: str, kind: type[T]) -> T:
        """Decrypt and decode; raises DamagedError."""
        try:
            return msgspec.msgpack.decode(self.open(sealed, place), type=kind)
        except msgspec.DecodeError:
            raise _altered(place) from None

    def open_json(self, sealed: bytes, place: str, kind: type[T]) -> T:
        """Decrypt and decode; raises DamagedError."""
        try:
            return msgspec.json.decode(self.open(sealed, place), type=kind)
        except msgspec.DecodeError:
            raise _altered(place) from None

    @staticmethod
    def skeleton(pieces: Pieces) -> bytes:
        """What is between the large parts, and the ids of these; not sealed yet."""
        return msgspec.msgpack.encode([(literal, piece.key if piece else b"") for literal, piece in pieces.runs()])

    @staticmethod
    def unpack(skeleton: bytes, part: Callable[[bytes], bytes]) -> bytes:
        """The content again; `part` gives the bytes of an id."""
        try:
            pieces = msgspec.msgpack.decode(skeleton, type=list[tuple[bytes, bytes]])
        except msgspec.DecodeError:
            raise _altered("skeleton") from None
        return b"".join(part(key) if key else literal for literal, key in pieces)


def _deflated(data: bytes) -> bytes:
    if len(data) < SMALL:
        return data
    # A small window is set up sooner; the larger memory writes a skeleton as one block, in two thirds of the time.
    stream = zlib.compressobj(1, zlib.DEFLATED, 12, 7) if len(data) < 4096 else zlib.compressobj(1)
    return stream.compress(data) + stream.flush()


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    inflated = stream.decompress(data, LARGEST)
    if not stream.eof:  # more than the limit, or cut short: never a part for the whole
        raise zlib.error("incomplete")
    return inflated


def _altered(place: str) -> DamagedError:
    return DamagedError(f"database: {place.partition(':')[0]} was altered. Restore a backup.")
