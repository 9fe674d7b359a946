"""Landlock: which files a process, and all it starts, may still open (<linux/landlock.h>, the same numbers everywhere).

In: paths to read below, files to execute. Out: the version of the kernel's interface, or False where there is none.
Everything else of the file system, TCP, abstract sockets and signals to outside are refused as far as that version knows.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by the ABI that brought them
_NET_RIGHTS, _NET_ABI = 0b11, 4
_SCOPES, _SCOPE_ABI = 0b11, 6

_libc = ctypes.CDLL(None, use_errno=True)


def restrict(readable: Iterable[Path], executable: Iterable[Path] = ()) -> bool | str:
    """Give up all but these; what does not exist is left out. Raises OSError."""
    abi = _libc.syscall(_CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return False
    rights = max(value for since, value in _FS_RIGHTS.items() if since <= abi)
    fields = [rights] + [_NET_RIGHTS] * (abi >= _NET_ABI) + [_SCOPES] * (abi >= _SCOPE_ABI)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _checked(_libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE | _READ_DIR)
        for path in executable:
            _allow(ruleset, path, _EXECUTE | _READ_FILE)
        _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return f"abi {abi}"


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        granted = rights if path.is_dir() else rights & ~_READ_DIR
        _checked(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", granted, fd), 0))
    finally:
        os.close(fd)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result
