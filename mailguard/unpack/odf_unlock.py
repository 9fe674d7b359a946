"""An OpenDocument package without its encryption, by the first candidate that fits.

In: the members of a package, read under the budget, and what its manifest says of them. Out: the same package with these members in the
clear, and without the manifest; None when no candidate fits. A document that is encrypted as a whole comes out as the document.
"""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from mailguard.model import PartPath
from mailguard.unpack import streams
from mailguard.unpack.budget import Budget
from mailguard.unpack.member import FAULTS, collect
from mailguard.unpack.odf_lock import Keys, Lock, LockError, Manifest

_WHOLE = "encrypted-package"
_MANIFEST = "meta-inf/manifest.xml"
_Members = list[tuple[str, bytes]]


def unlocked(path: PartPath, members: _Members, manifest: Manifest, budget: Budget) -> bytes | None:
    """The package in the clear. Raises LimitError, and LockError where none of the members named is there."""
    locked = [(manifest.locks[name], data) for name, data in members if name in manifest.locks]
    if not locked:
        raise LockError
    lock, shortest = min(locked, key=lambda member: len(member[1]))
    for password in budget.secrets.tries():
        keys = Keys(password)
        if keys.compressed(lock, shortest) is None:
            continue
        budget.secrets.fits(path)
        clear = list(_clear(keys, manifest.locks, members, budget))
        return next((data for name, data in clear if name == _WHOLE), None) or _package(clear)
    return None


def _clear(keys: Keys, locks: dict[str, Lock], members: _Members, budget: Budget) -> Iterator[tuple[str, bytes]]:
    for name, data in members:
        if name not in locks:
            yield name, data
            continue
        compressed = keys.compressed(locks[name], data)
        if compressed is None:
            raise LockError
        content, fault = collect(
            streams.one(streams.Inflate(streams.DEFLATE), compressed), len(data), budget, (*FAULTS, zlib.error)
        )
        if fault:
            raise LockError
        yield name, content


def _package(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # two members of one name stay two
        for name, data in members:
            if name.lower() != _MANIFEST:
                package.writestr(name, data)
    return out.getvalue()
