"""A private folder in memory, for what the processes of one service share.

In memory, because a full disk would kill a process that counts into a mapped file.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


def private_folder(prefix: str) -> Path:
    """A new one, named by this process; those that a killed process left under the prefix are deleted."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
    parent = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    for old in parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(old.name.removeprefix(prefix).partition("-")[0])
            if old.stat().st_uid == os.getuid() and not Path(f"/proc/{pid}").exists():
                shutil.rmtree(old)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=parent))
