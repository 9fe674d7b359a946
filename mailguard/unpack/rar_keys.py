"""Keys of encrypted RAR files: AES-128 of versions 2.9 to 4, AES-256 of version 5 (RAR 5.0 archive format, "Encryption").

In: a password, and what the archive says of a file. Out: its packed bytes in the clear, or None where the archive says itself that the
password is another. Versions before 2.9 encrypt in other ways, and are not known here.
"""

import hashlib
import hmac
import struct
import zlib
from typing import Any, Final

import numpy as np
import rarfile
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MOST_SHIFT: Final = 19  # rounds of PBKDF2 are 2 to this power; WinRAR does 2 ** 15, a file may ask for 2 ** 24
_FIRST_AES = 29
_ROUNDS = 0x40000  # of SHA-1, version 3
_PART = _ROUNDS // 16  # after each there is a byte of the initialisation vector
_MOST_SIGNS = 28  # of a password of version 3: longer ones are hashed by a SHA-1 of RAR's own, ten seconds in Python
_CHECK, _SUM = 8, 4


class Keys:
    """What one password gives; each key is derived once."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._three: dict[bytes, tuple[bytes, bytes]] = {}
        self._five: dict[tuple[bytes, int, int], bytes] = {}

    def packed(self, info: Any, data: bytes) -> bytes | None:
        """The packed bytes of a file in the clear: with another password noise, if the archive does not say so."""
        if info.extract_version >= 50:
            return self._packed_five(info, data)
        if info.extract_version < _FIRST_AES or len(self._password) > _MOST_SIGNS:
            return None
        return decrypted(data, *self.three(info.salt or b""))

    def three(self, salt: bytes) -> tuple[bytes, bytes]:
        """Key and initialisation vector of version 3."""
        if salt not in self._three:
            self._three[salt] = _derived(self._password, salt)
        return self._three[salt]

    def mac(self, info: Any) -> bytes:
        """The key under which the checksum of a file is kept; b"" where the checksum is kept as it is."""
        if info.extract_version < 50 or not info.file_encryption[1] & rarfile.RAR5_XENC_TWEAKED:
            return b""
        return self._derive(info.file_encryption[3], info.file_encryption[2], 16)

    def _packed_five(self, info: Any, data: bytes) -> bytes | None:
        method, _, shift, salt, vector, check = info.file_encryption
        if method != rarfile.RAR5_XENC_CIPHER_AES256 or shift > MOST_SHIFT:
            return None
        if check and hashlib.sha256(check[:_CHECK]).digest()[:_SUM] == check[_CHECK:]:
            folded = bytearray(_CHECK)
            for at, byte in enumerate(self._derive(salt, shift, 32)):
                folded[at % _CHECK] ^= byte
            if folded != check[:_CHECK]:
                return None
        return decrypted(data, self._derive(salt, shift, 0), vector)

    def _derive(self, salt: bytes, shift: int, more: int) -> bytes:
        """more: rounds beside those of the key: 16 for the checksums, 32 for the check of the password."""
        asked = salt, shift, more
        if asked not in self._five:
            secret = self._password[: rarfile.RAR_MAX_PASSWORD].encode("utf-8", "replace")
            self._five[asked] = hashlib.pbkdf2_hmac("sha256", secret, salt, (1 << shift) + more)
        return self._five[asked]


def decrypted(data: bytes, key: bytes, vector: bytes) -> bytes:
    """AES-CBC; what is behind the last whole block is left out."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return cipher.update(data[: len(data) // 16 * 16])


def keyed(crc: int, mac: bytes) -> int:
    """A CRC-32 as version 5 keeps it of encrypted files: it tells nothing of them without the password."""
    words = struct.unpack("<8I", hmac.digest(mac, struct.pack("<I", crc), "sha256"))
    folded = 0
    for word in words:
        folded ^= word
    return int(folded)


def opens_list(data: bytes, offset: int, password: str) -> bool:
    """Whether the list of an archive of version 3 can be read with a password; True where it is not encrypted."""
    main = offset + 7
    _, _, flags, size = rarfile.S_BLK_HDR.unpack_from(data, main)
    if not flags & rarfile.RAR_MAIN_PASSWORD:
        return True
    if len(password) > _MOST_SIGNS:
        return False
    at = main + size
    block = decrypted(data[at + 8 : at + 8 + 65_536], *Keys(password).three(data[at : at + 8]))
    if len(block) < 16:
        return False
    crc, _, _, length = rarfile.S_BLK_HDR.unpack_from(block)
    # Of an encrypted file the checksum ends where its header does; comments in it are of older versions.
    return 7 <= length <= len(block) and zlib.crc32(block[2:length]) & 0xFFFF == int(crc)


def _derived(password: str, salt: bytes) -> tuple[bytes, bytes]:
    seed = password.encode("utf-16-le", "replace") + salt
    state, vector = hashlib.sha1(usedforsecurity=False), b""
    rows = np.empty((_PART, len(seed) + 3), np.uint8)
    rows[:, :-3] = np.frombuffer(seed, np.uint8)
    for part in range(16):
        count = np.arange(part * _PART, (part + 1) * _PART)
        rows[:, -3], rows[:, -2], rows[:, -1] = count & 0xFF, count >> 8 & 0xFF, count >> 16
        hashed = rows.tobytes()
        state.update(hashed[: len(seed) + 3])
        vector += state.digest()[19:20]
        state.update(hashed[len(seed) + 3 :])
    words = struct.unpack(">4I", state.digest()[:16])
    return struct.pack("<4I", *words), vector
