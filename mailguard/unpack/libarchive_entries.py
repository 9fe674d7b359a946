"""What libarchive reads, entry by entry; formats and filters are always named, because "all" hangs on some files.

In: the bytes of an archive. Out: name and chunks of each regular file, in order. Where libarchive is not installed
(Debian: libarchive13), `Missing` is raised.
"""

import logging
import os
from collections.abc import Iterator
from ctypes import c_char_p, c_void_p
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from mailguard.unpack import charset
from mailguard.unpack.header import clean_name
from mailguard.unpack.member import CHUNK

_LIBRARY = "libarchive.so.13"  # by its name: looking for it would start programs


class MissingError(Exception):
    """There is no libarchive on this machine."""


class BrokenError(Exception):
    """libarchive gives up. The text of its own error may name files, and is left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file. `chunks` is read before the next entry is asked for; size: claimed, -1 unknown."""

    name: str
    size: int
    chunks: Iterator[bytes]


def entries(data: bytes, form: str, packing: str = "none") -> Iterator[Entry]:
    """The files of an archive. form, packing: format and filter as libarchive names them. Raises BrokenError."""
    library = _library()
    try:
        with library.read.new_archive_read(form, packing) as pointer:
            # LZH is Japanese; without a charset libarchive gives up on a name that is not UTF-8.
            _set_options(library, pointer, b"hdrcharset=CP932" if form == "lha" else b"")
            library.ffi.read_open_memory(pointer, data, len(data))
            for entry in library.read.ArchiveRead(pointer):
                if entry.isreg and not entry.islnk:
                    yield Entry(_name(library, entry), _size(entry), _chunks(library, entry))
    except library.exception.ArchiveError:
        raise BrokenError from None


def _chunks(library: ModuleType, entry: Any) -> Iterator[bytes]:
    try:
        yield from entry.get_blocks(CHUNK)
    except library.exception.ArchiveError:
        raise BrokenError from None


def _size(entry: Any) -> int:
    return -1 if entry.size is None else int(entry.size)


def _name(library: ModuleType, entry: Any) -> str:
    raw = library.ffi.entry_pathname(entry._entry_p)  # noqa: SLF001 - the property decodes with a charset fixed before
    if raw is None:  # kept in UTF-16, and this locale has no such characters
        return clean_name(library.ffi.entry_pathname_w(entry._entry_p) or "")  # noqa: SLF001 - see above
    return clean_name(charset.decode(raw, "cp932"))


def _set_options(library: ModuleType, pointer: Any, options: bytes) -> None:
    function = library.ffi.libarchive.archive_read_set_options
    function.argtypes = [c_void_p, c_char_p]
    function(pointer, options)


@cache
def _library() -> ModuleType:
    os.environ.setdefault("LIBARCHIVE", _LIBRARY)
    try:
        import libarchive.read  # noqa: PLC0415 - opens a shared library, which may be missing
    except (OSError, AttributeError, TypeError):
        raise MissingError from None
    logging.getLogger("libarchive").disabled = True  # its warnings name files
    module: ModuleType = libarchive
    return module


def installed() -> bool:
    """Whether there is a libarchive. Ask before a worker is locked down: it may not find it later."""
    try:
        _library()
    except MissingError:
        return False
    return True
