"""Opening encrypted Office files with candidate passwords (MS-OFFCRYPTO), by msoffcrypto-tool.

In: the bytes of an OLE file and the candidates. Out: the same document in the clear, or None. Workbooks that are only protected
against change are encrypted with a password that every Excel knows: it is tried first.
"""

import io
from collections.abc import Iterable
from itertools import chain

import msoffcrypto

# The library imports these when it meets the format: too late in a worker that is locked down.
import msoffcrypto.format.doc97
import msoffcrypto.format.ooxml
import msoffcrypto.format.ppt97
import msoffcrypto.format.xls97

KNOWN = ("VelvetSweatshop", "/01Hannes Ruescher/01")  # [MS-OFFCRYPTO] §2.4.2.3; the same of PowerPoint
_MOST_ROUNDS = 1_000_000  # of hashing, for one candidate: Office does 100,000, a file may ask for 2 ** 32


def is_encrypted(data: bytes) -> bool:
    """Whether a Word, Excel or PowerPoint 97 file needs a password; False for what the library cannot tell."""
    try:
        return bool(msoffcrypto.OfficeFile(io.BytesIO(data)).is_encrypted())
    except Exception:  # noqa: BLE001 - any file, and the library raises what it likes, AssertionError too
        return False


def opened(data: bytes, passwords: Iterable[str]) -> bytes | None:
    """The document in the clear by the first candidate that fits; no other is taken after it."""
    for password in chain(KNOWN, passwords):
        out = io.BytesIO()
        try:
            file = msoffcrypto.OfficeFile(io.BytesIO(data))
            if _rounds(file) > _MOST_ROUNDS:
                return None
            file.load_key(password=password, verify_password=True)
            file.decrypt(out)
        except Exception:  # noqa: BLE001, S112 - a wrong password, or a file that the library cannot read
            continue
        return out.getvalue()
    return None


def _rounds(file: object) -> int:
    info = getattr(file, "info", None)
    rounds = info.get("spinValue", 0) if isinstance(info, dict) else 0
    return int(rounds)
