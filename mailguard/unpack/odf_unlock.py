"""An OpenDocument package without its encryption, by the first candidate that fits.

In: a package whose manifest says that members are encrypted. Out: the same package with these members in the clear, and without the
manifest; None when no candidate fits. A document that is encrypted as a whole comes out as the document.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from mailguard.model import Part
from mailguard.unpack import streams
from mailguard.unpack.budget import Budget
from mailguard.unpack.member import FAULTS, collect
from mailguard.unpack.odf_lock import Keys, Lock, LockError, Manifest

_WHOLE = "encrypted-package"


def unlocked(part: Part, manifest: Manifest, budget: Budget) -> bytes | None:
    """The package in the clear. Raises LimitError, LockError, and what zipfile raises."""
    with zipfile.ZipFile(io.BytesIO(part.data)) as archive:
        locked = {name: archive.read(name) for name in manifest.locks if name in set(archive.namelist())}
        if not locked:
            raise LockError
        probe = min(locked, key=lambda name: len(locked[name]))
        for password in budget.secrets.tries():
            keys = Keys(password)
            if keys.compressed(manifest.locks[probe], locked[probe]) is None:
                continue
            budget.secrets.fits(part.path)
            clear = dict(_clear(keys, manifest.locks, locked, budget))
            return clear[_WHOLE] if _WHOLE in clear else _package(archive, clear)
    return None


def _clear(keys: Keys, locks: dict[str, Lock], locked: dict[str, bytes], budget: Budget) -> Iterator[tuple[str, bytes]]:
    for name, data in locked.items():
        compressed = keys.compressed(locks[name], data)
        if compressed is None:
            raise LockError
        content, fault = collect(
            streams.one(streams.Inflate(streams.DEFLATE), compressed), len(data), budget, (*FAULTS, zlib.error)
        )
        if fault:
            raise LockError
        yield name, content


def _package(archive: zipfile.ZipFile, clear: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for info in archive.infolist():
            if info.is_dir() or info.filename.lower() == "meta-inf/manifest.xml":
                continue
            package.writestr(info.filename, clear.get(info.filename) or archive.read(info))
    return out.getvalue()
