"""Made-up RAR archives with stored files, encrypted as WinRAR does: version 3 (AES-128) and version 5 (AES-256)."""

import hashlib
import hmac
import struct
import zlib
from functools import lru_cache

import rarfile
from archive_samples import _block
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SALT = b"saltsaltsaltsalt"
_key_3 = lru_cache(rarfile.rar3_s2k)  # rarfile's own: the product has another
SHIFT = 4  # 2 ** 4 rounds: WinRAR does 2 ** 15


def _encrypted(data: bytes, key: bytes, vector: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return cipher.update(data + bytes(-len(data) % 16))


def three(
    members: dict[str, bytes], password: str, *, hidden: bool = False, clear: dict[str, bytes] | None = None
) -> bytes:
    """hidden: even the names; clear: members without a password."""
    key = _key_3(password, SALT[:8])
    body = b""
    for name, data in (clear or {}).items():
        body += _file_3(name, data, 0x8000, data, b"")
    for name, data in members.items():
        packed = _encrypted(data, *key)
        head = _file_3(name, data, 0x8404, b"", SALT[:8], len(packed))
        body += (SALT[:8] + _encrypted(head, *key) if hidden else head) + packed
    end = _block(0x7B, 0x4000, b"")
    body += SALT[:8] + _encrypted(end, *key) if hidden else end
    return b"Rar!\x1a\x07\x00" + _block(0x73, 0x80 if hidden else 0, bytes(6)) + body


def _file_3(name: str, data: bytes, flags: int, packed: bytes, salt: bytes, size: int = -1) -> bytes:
    raw = name.encode("cp932")
    size = len(packed) if size < 0 else size
    fields = struct.pack("<IIBIIBBHI", size, len(data), 2, zlib.crc32(data), 0x21 << 16, 29, 0x30, len(raw), 0x20)
    return _block(0x74, flags, fields + raw + salt) + packed


def five(
    members: dict[str, bytes],
    password: str,
    *,
    hidden: bool = False,
    keyed: bool = False,
    check: bool = True,
    clear: dict[str, bytes] | None = None,
) -> bytes:
    """hidden: even the names; keyed: checksums under a key; check: tells of a wrong password; clear: see `three`."""
    secret = password.encode()
    key, mac, test = (hashlib.pbkdf2_hmac("sha256", secret, SALT, (1 << SHIFT) + more) for more in (0, 16, 32))
    folded = bytes(a ^ b ^ c ^ d for a, b, c, d in zip(*(test[at : at + 8] for at in range(0, 32, 8)), strict=True))
    told = folded + hashlib.sha256(folded).digest()[:4] if check else b""
    out = b"Rar!\x1a\x07\x01\x00"
    if hidden:
        out += _block_5(b"\x04\x00\x00" + bytes([check, SHIFT]) + SALT + told)
    blocks = [(_block_5(b"\x01\x00\x00"), b"")]
    blocks += [(_file_5(name, data, zlib.crc32(data), b""), data) for name, data in (clear or {}).items()]
    for name, data in members.items():
        crc = zlib.crc32(data)
        if keyed:
            words = struct.unpack("<8I", hmac.digest(mac, struct.pack("<I", crc), "sha256"))
            crc = 0
            for word in words:
                crc ^= word
        record = b"\x01\x00" + bytes([check | 2 * keyed, SHIFT]) + SALT + bytes(16) + told
        packed = _encrypted(data, key, bytes(16))
        blocks.append((_file_5(name, data, crc, _vint(len(record)) + record, len(packed)), packed))
    blocks.append((_block_5(b"\x05\x00\x00"), b""))
    for head, packed in blocks:
        out += (SALT + _encrypted(head, key, SALT) if hidden else head) + packed
    return out


def _file_5(name: str, data: bytes, crc: int, extra: bytes, size: int = -1) -> bytes:
    raw = name.encode()
    head = b"\x02" + _vint(3 if extra else 2) + (_vint(len(extra)) if extra else b"")
    head += _vint(len(data) if size < 0 else size) + b"\x04" + _vint(len(data)) + b"\x20" + struct.pack("<I", crc)
    return _block_5(head + b"\x00\x01" + _vint(len(raw)) + raw + extra)


def version_5(members: dict[str, bytes], copies: dict[str, str]) -> bytes:
    """Not encrypted; copies: further names of members, which hold no bytes (FILE_COPY)."""
    out = b"Rar!\x1a\x07\x01\x00" + _block_5(b"\x01\x00\x00")
    for name, data in members.items():
        out += _file_5(name, data, zlib.crc32(data), b"") + data
    for name, of in copies.items():
        record = b"\x05\x05\x00" + _vint(len(of.encode())) + of.encode()
        data = members[of]
        out += _file_5(name, data, zlib.crc32(data), _vint(len(record)) + record, 0)
    return out + _block_5(b"\x05\x00\x00")


def with_comment(text: bytes, members: dict[str, bytes]) -> bytes:
    """Version 3, the comment stored in a block of its own."""
    fields = struct.pack("<IIBIIBBHI", len(text), len(text), 2, zlib.crc32(text), 0x21 << 16, 29, 0x30, 3, 0)
    comment = _block(0x7A, 0x8000, fields + b"CMT") + text
    files = b"".join(_file_3(name, data, 0x8000, data, b"") for name, data in members.items())
    return b"Rar!\x1a\x07\x00" + _block(0x73, 0, bytes(6)) + comment + files + _block(0x7B, 0x4000, b"")


def old_version(name: str, data: bytes) -> bytes:
    """Version 3: a file kept beside newer ones, flag VERSION."""
    files = _file_3(name + ";1", data, 0x8800, data, b"")
    return b"Rar!\x1a\x07\x00" + _block(0x73, 0, bytes(6)) + files + _block(0x7B, 0x4000, b"")


def _block_5(body: bytes) -> bytes:
    sized = _vint(len(body)) + body
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _vint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
