"""A small private file that is there whole, old or new, whatever happens meanwhile. In: path and text. Out: the file on disk."""

import os
import secrets
from pathlib import Path

from mailguard.errors import StoreError


def draft(path: Path, text: str) -> Path:
    """A new file beside `path` with this text, on disk, for its owner only."""
    made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    return made


def settle(folder: Path) -> None:
    """What was named in the folder is on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, text: str) -> None:
    """Write `path` anew; raises StoreError."""
    try:
        draft(path, text).replace(path)
        settle(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}). Check owner and mode of the folder.") from None
