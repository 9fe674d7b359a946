"""What the manifest of an OpenDocument package says of its encrypted members, and a member by a password (ODF 1.3 part 2 §4.8, §5).

In: META-INF/manifest.xml; a password and the bytes of a member. Out: its compressed bytes, and by its checksum or tag whether the password
is right. Methods: Blowfish in CFB mode, AES in CBC or GCM mode; keys by PBKDF2 or, since LibreOffice 24.2, Argon2id.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from argon2 import low_level
from argon2.low_level import Type, ffi
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailguard.unpack import markup

MOST_ROUNDS: Final = 1_000_000  # of PBKDF2: LibreOffice does 600,000 at most, a file may ask for any number
_MOST_MEMORY, _MOST_PASSES, _MOST_LANES = 1 << 17, 10, 16  # of Argon2id, KiB: LibreOffice takes 64 MiB, 3, 4
_START_KEYS = {"SHA1": "sha1", "sha1": "sha1", "SHA256": "sha256", "sha256": "sha256"}
_BLOCK = 8  # of Blowfish, in CFB mode as wide as the block
_CHECKED = 1024  # bytes of what was compressed that the checksum is of


_DOCTYPE = re.compile(rb"<!DOCTYPE[^<>\[]{0,500}>")


class LockError(Exception):
    """Encrypted by a method that is not known here, or one that would take too long."""


@dataclass(slots=True)
class Lock:
    """Of one member. told: the attributes of its encryption elements, by the names of element and attribute."""

    told: dict[str, dict[str, str]] = field(default_factory=dict)

    def value(self, element: str, attribute: str, default: str = "") -> str:
        """An attribute; the last piece of a URI."""
        return self.told.get(element, {}).get(attribute, default).rpartition("#")[2].rpartition(":")[2]

    def raw(self, element: str, attribute: str) -> bytes:
        """An attribute in base64. Raises LockError."""
        try:
            return base64.b64decode(self.told.get(element, {}).get(attribute, ""))
        except (binascii.Error, ValueError):
            raise LockError from None

    def number(self, element: str, attribute: str, default: int) -> int:
        """Raises LockError."""
        value = self.value(element, attribute, str(default))
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise LockError
        return int(value)


class Manifest:
    """locks: of the members that are encrypted, by name."""

    def __init__(self, data: bytes) -> None:
        self.locks: dict[str, Lock] = {}
        self._name = ""
        # OpenOffice.org declared a document type, which nothing needs.
        fault = markup.read(_DOCTYPE.sub(b"", data, count=1), self)
        if fault and b"encryption-data" in data:
            self.locks.setdefault(self._name, Lock())

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Note what is said of the member at hand."""
        name = markup.local(tag)
        told = {markup.local(key): value for key, value in attributes.items()}
        if name == "file-entry":
            self._name = told.get("full-path", "")
        elif name == "encryption-data":
            self.locks[self._name] = Lock({name: told})
        elif self._name in self.locks:
            self.locks[self._name].told.setdefault(name, told)

    def end(self, tag: str) -> None:
        """Nothing ends what was said."""

    def data(self, text: str) -> None:
        """All stands in attributes."""


class Keys:
    """What one password gives; members that say the same share a key."""

    def __init__(self, password: str) -> None:
        self._password = password.encode("utf-8", "replace")
        self._known: dict[str, bytes] = {}

    def compressed(self, lock: Lock, data: bytes) -> bytes | None:
        """The member as it was before it was encrypted, a Deflate stream; None by a wrong password. Raises LockError."""
        key, vector = self._key(lock), lock.raw("algorithm", "initialisation-vector")
        method = lock.value("algorithm", "algorithm-name").lower()
        try:
            if method.startswith("aes") and method.endswith("-gcm"):
                return AESGCM(key).decrypt(data[: len(vector)], data[len(vector) :], None) if data[12:] else None
            if method.startswith("aes") and method.endswith("-cbc"):
                clear = _unpadded(Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor().update(data))
            elif method.startswith("blowfish"):
                clear = _blowfish(key, vector, data)
            else:
                raise LockError
        except InvalidTag:
            return None
        except ValueError:
            raise LockError from None
        return clear if _fits(lock, clear) else None

    def _key(self, lock: Lock) -> bytes:
        said = repr((lock.told.get("key-derivation"), lock.told.get("start-key-generation")))
        if said not in self._known:
            self._known[said] = self._derived(lock)
        return self._known[said]

    def _derived(self, lock: Lock) -> bytes:
        start = _START_KEYS.get(lock.value("start-key-generation", "start-key-generation-name", "SHA1"))
        if start is None:
            raise LockError
        secret = hashlib.new(start, self._password, usedforsecurity=False).digest()
        salt, size = lock.raw("key-derivation", "salt"), lock.number("key-derivation", "key-size", 16)
        how = lock.value("key-derivation", "key-derivation-name", "PBKDF2").lower()
        if not 1 <= size <= 64 or not salt:
            raise LockError
        if how == "argon2id":
            return _argon2id(lock, secret, salt, size)
        rounds = lock.number("key-derivation", "iteration-count", 1024)
        if how != "pbkdf2" or not 1 <= rounds <= MOST_ROUNDS:
            raise LockError
        return hashlib.pbkdf2_hmac("sha1", secret, salt, rounds, size)


def _argon2id(lock: Lock, secret: bytes, salt: bytes, size: int) -> bytes:
    """In one thread, whatever the number of lanes: a scanner worker starts none."""
    passes, memory, lanes = (
        lock.number("key-derivation", name, default)
        for name, default in (("argon2-iterations", 3), ("argon2-memory", 1 << 16), ("argon2-lanes", 4))
    )
    if passes > _MOST_PASSES or memory > _MOST_MEMORY or lanes > _MOST_LANES:
        raise LockError
    out, given, salted = ffi.new("uint8_t[]", size), ffi.new("uint8_t[]", secret), ffi.new("uint8_t[]", salt)
    context = ffi.new(
        "argon2_context *",
        {
            "version": low_level.ARGON2_VERSION, "out": out, "outlen": size, "pwd": given, "pwdlen": len(secret),
            "salt": salted, "saltlen": len(salt), "secret": ffi.NULL, "secretlen": 0, "ad": ffi.NULL, "adlen": 0,
            "t_cost": passes, "m_cost": memory, "lanes": lanes, "threads": 1, "allocate_cbk": ffi.NULL, "free_cbk": ffi.NULL,
            "flags": 0,
        },
    )  # fmt: skip
    if low_level.core(context, Type.ID.value) != 0:
        raise LockError
    return bytes(ffi.buffer(out, size))


def _blowfish(key: bytes, vector: bytes, data: bytes) -> bytes:
    """CFB: each block is masked by the encrypted block before it, and all of those are at hand."""
    before = (vector + data)[: -(-len(data) // _BLOCK) * _BLOCK]
    before += bytes(-len(before) % _BLOCK)
    mask = Cipher(Blowfish(key), modes.ECB()).encryptor().update(before)  # noqa: S305 - of which CFB is made
    return (np.frombuffer(data, np.uint8) ^ np.frombuffer(mask, np.uint8)[: len(data)]).tobytes()


def _unpadded(data: bytes) -> bytes:
    """The last byte says how many fill the last block (XML Encryption §5.2)."""
    return data[: -data[-1]] if data and 1 <= data[-1] <= 16 else data


def _fits(lock: Lock, clear: bytes) -> bool:
    kind = lock.value("encryption-data", "checksum-type").lower().replace("/", "-")
    name = kind.removesuffix("-1k")
    if name not in {"sha1", "sha256", "sha512"}:
        raise LockError
    checked = clear[:_CHECKED] if kind.endswith("-1k") else clear
    return hashlib.new(name, checked, usedforsecurity=False).digest() == lock.raw("encryption-data", "checksum")
