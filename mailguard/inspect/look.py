"""A look at one part of a held mail: what is asked of a worker (showing.py), and what it answers.

Clear text, for the one person who asked for it with a reason.
"""

import msgspec

from mailguard.model import PartPath

ROWS = 20  # shown at a time


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """Which part of which mail; offset: of the rows with findings, those before are left out."""

    content: bytes
    path: PartPath
    key: bytes
    offset: int = 0


class Rows(msgspec.Struct, frozen=True, array_like=True):
    """found: whether the part is in this mail and was read. head: the line above the data of a table; total: rows with findings."""

    found: bool = False
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total: int = 0


class Bytes(msgspec.Struct, frozen=True, array_like=True):
    """The decoded bytes of a part."""

    found: bool = False
    data: bytes = b""
