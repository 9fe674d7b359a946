"""Word, Excel and PowerPoint files with a password to open (MS-OFFCRYPTO): opened when a candidate fits.

In: an OLE file with an `EncryptedPackage`. Out: the document as a part, or the Problem that it needs a password.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, Table, Text
from mailguard.unpack import ole_parts, sniff
from mailguard.unpack.budget import Budget

NAME = "Encrypted Office files"
LIMITATIONS = "Without the password, and where rights management keeps the key, a problem."


def matches(part: Part, sniffed: str) -> bool:
    """By its streams."""
    del part
    return sniffed == sniff.ENCRYPTED_OFFICE


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The document under the same name."""
    yield ole_parts.unlocked(part, budget)
