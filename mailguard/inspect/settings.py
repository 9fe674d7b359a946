"""What a scanner worker is told: how to work at its birth, and the file of a job.

Known to both sides, so it loads nothing that only a worker needs.
"""

import msgspec

from mailguard.unpack.budget import Limits


class Settings(msgspec.Struct, frozen=True):
    """What a worker needs to know at birth. password_key: seals candidates for other workers; passwords: the configured list."""

    digest_key: bytes
    rules_dir: str
    limits: Limits = msgspec.field(default_factory=Limits)
    password_key: bytes = b""
    passwords: tuple[str, ...] = ()


class File(msgspec.Struct, frozen=True, array_like=True):
    """A file as an attachment; beginning as in `Inspector.mail`."""

    name: str
    data: bytes
    beginning: bool
