"""OpenDocument files with a password, made up as LibreOffice (AES), OpenOffice.org (Blowfish) and LibreOffice 24.8 (as a whole) write them."""

import base64
import hashlib
import io
import os
import zipfile
import zlib

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_URN = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_DOCTYPE = '<!DOCTYPE manifest:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd">'
ROUNDS = 1_000


def members(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def aes(package: bytes, password: str) -> bytes:
    """LibreOffice 3.5 to 24.2."""
    return _each(package, lambda data: _aes(data, password), "")


def blowfish(package: bytes, password: str) -> bytes:
    """OpenOffice.org 2 and 3: nothing is said of what is the usual way."""
    return _each(package, lambda data: _blowfish(data, password), _DOCTYPE)


def whole(package: bytes, password: str) -> bytes:
    """LibreOffice 24.8 and later: one member, which is the document."""
    salt, vector = os.urandom(16), os.urandom(12)
    key = hash_secret_raw(hashlib.sha256(password.encode()).digest(), salt, 1, 64, 4, 32, Type.ID)
    packed = vector + AESGCM(key).encrypt(vector, _deflated(package), None)
    told = (
        "<manifest:encryption-data>"
        f'<manifest:algorithm manifest:algorithm-name="http://www.w3.org/2009/xmlenc11#aes256-gcm" manifest:initialisation-vector="{_b64(vector)}"/>'
        '<manifest:start-key-generation manifest:start-key-generation-name="http://www.w3.org/2001/04/xmlenc#sha256" manifest:key-size="32"/>'
        '<manifest:key-derivation manifest:key-derivation-name="urn:org:documentfoundation:names:experimental:office:manifest:argon2id"'
        f' manifest:key-size="32" manifest:salt="{_b64(salt)}" loext:argon2-iterations="1" loext:argon2-memory="64" loext:argon2-lanes="4"/>'
        "</manifest:encryption-data>"
    )
    mimetype = members(package)["mimetype"]
    return _package({"mimetype": mimetype, "encrypted-package": packed}, {"encrypted-package": told}, "")


def _each(package: bytes, encrypt, doctype: str) -> bytes:
    out, told = {}, {}
    for name, data in members(package).items():
        out[name] = data
        if name != "mimetype":
            out[name], told[name] = encrypt(_deflated(data))
    return _package(out, told, doctype)


def _aes(data: bytes, password: str) -> tuple[bytes, str]:
    salt, vector = os.urandom(16), os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(password.encode()).digest(), salt, ROUNDS, 32)
    fill = 16 - len(data) % 16
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    packed = cipher.update(data + os.urandom(fill - 1) + bytes([fill]))
    return packed, (
        f'<manifest:encryption-data manifest:checksum-type="{_URN}#sha256-1k" manifest:checksum="{_b64(hashlib.sha256(data[:1024]).digest())}">'
        f'<manifest:algorithm manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc" manifest:initialisation-vector="{_b64(vector)}"/>'
        '<manifest:start-key-generation manifest:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256" manifest:key-size="32"/>'
        f'<manifest:key-derivation manifest:key-derivation-name="PBKDF2" manifest:key-size="32" manifest:iteration-count="{ROUNDS}" manifest:salt="{_b64(salt)}"/>'
        "</manifest:encryption-data>"
    )


def _blowfish(data: bytes, password: str) -> tuple[bytes, str]:
    salt, vector = os.urandom(16), os.urandom(8)
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha1(password.encode()).digest(), salt, 1024, 16)
    packed = Cipher(Blowfish(key), CFB(vector)).encryptor().update(data)
    return packed, (
        f'<manifest:encryption-data manifest:checksum-type="SHA1/1K" manifest:checksum="{_b64(hashlib.sha1(data[:1024]).digest())}">'
        f'<manifest:algorithm manifest:algorithm-name="Blowfish CFB" manifest:initialisation-vector="{_b64(vector)}"/>'
        f'<manifest:key-derivation manifest:key-derivation-name="PBKDF2" manifest:iteration-count="1024" manifest:salt="{_b64(salt)}"/>'
        "</manifest:encryption-data>"
    )


def _package(content: dict[str, bytes], told: dict[str, str], doctype: str) -> bytes:
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}">{words}</manifest:file-entry>'
        for name, words in told.items()
    )
    manifest = f'<?xml version="1.0"?>{doctype}<manifest:manifest xmlns:manifest="{_URN}" xmlns:loext="loext">{entries}</manifest:manifest>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in (*content.items(), ("META-INF/manifest.xml", manifest.encode())):
            archive.writestr(name, data)
    return out.getvalue()


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
