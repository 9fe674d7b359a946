"""The key file: two independent keys, one for digests and one for held bytes.

In: the data directory and the fingerprint that the database carries. Out: `Keys`. A key file is made only for a database
that has none yet; a missing, wrong or readable-by-others file is a KeyFileError and nothing is decrypted.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import insert, select

from mailguard.errors import KeyFileError
from mailguard.store.engine import Database
from mailguard.store.replacing import draft, replace, settle
from mailguard.store.schema import keyring

NAME = "mailguard.key"
SIZE = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """digest: recognises equal values, for ever. data: encrypts held bytes. next: replaces it in a rotation under way."""

    digest: bytes = field(repr=False)
    data: bytes = field(repr=False)
    next: bytes = field(default=b"", repr=False)

    @property
    def rotated(self) -> "Keys":
        """What they are when the rotation is over."""
        return Keys(self.digest, self.next)

    @property
    def text(self) -> str:
        """The content of the key file."""
        more = f"next {self.next.hex()}\n" if self.next else ""
        return f"mailguard keys 1\ndigest {self.digest.hex()}\ndata {self.data.hex()}\n{more}"

    @property
    def fingerprint(self) -> str:
        """Tells these keys from others without giving them away."""
        inner = hmac.digest(self.digest, b"mailguard fingerprint", hashlib.sha256)
        return hmac.new(self.data, b"mailguard fingerprint" + inner, hashlib.sha256).hexdigest()


def unlock(database: Database, folder: Path) -> Keys:
    """The keys of this database; made at its first start."""
    path = folder / NAME
    with database.write() as tx:
        known = tx.execute(select(keyring.c.fingerprint)).scalar_one_or_none()
        if known is None and not path.exists():
            _create(path)
        keys = load(path)
        if known is None:
            tx.execute(insert(keyring).values(id=1, fingerprint=keys.fingerprint))
        elif keys.next and hmac.compare_digest(known, keys.rotated.fingerprint):
            keys = keys.rotated  # a rotation was over but for the key file
            replace(path, keys.text)
        elif not hmac.compare_digest(known, keys.fingerprint):
            raise KeyFileError(f"{path}: not the key of this database. Put back the key file that belongs to it.")
    return keys


def begin_rotation(folder: Path) -> Keys:
    """The keys with a new one beside the old; on disk before anything is sealed with it. One that was begun goes on."""
    path = folder / NAME
    keys = load(path)
    if not keys.next:
        keys = Keys(keys.digest, keys.data, secrets.token_bytes(SIZE))
        replace(path, keys.text)
    return keys


def load(path: Path) -> Keys:
    """Read a key file; raises KeyFileError with place, fact and remedy."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(1000)
    except FileNotFoundError:
        raise KeyFileError(f"{path}: missing, and the database needs it. Restore it from your backup.") from None
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror}). Check its owner and mode.") from None
    if mode & 0o077:
        raise KeyFileError(f"{path}: others may read it (mode {mode & 0o777:04o}). Run: chmod 600 {path}")
    try:
        lines = dict(line.split(" ", 1) for line in content.decode("ascii").splitlines()[1:])
        keys = Keys(*(bytes.fromhex(lines.get(name, "")) for name in ("digest", "data", "next")))
    except ValueError:
        keys = Keys(b"", b"")
    if len(keys.digest) != SIZE or len(keys.data) != SIZE or len(keys.next) not in (0, SIZE):
        raise KeyFileError(f"{path}: damaged. Restore it from your backup.")
    return keys


def _create(path: Path) -> None:
    text = Keys(secrets.token_bytes(SIZE), secrets.token_bytes(SIZE)).text
    try:
        made = draft(path, text)
        # link, not rename: a key file that another process made in the meantime wins.
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
        settle(path.parent)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be made ({error.strerror}). Check owner and mode of the folder.") from None
