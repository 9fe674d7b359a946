"""A client that is a program of its own: run it, and read from its transcript what it sent."""

import os
import subprocess
from pathlib import Path

# Where tests/system.sh puts what is no package of the system.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mailguard-tests"


def run(command: list[str], folder: Path, *, given: bytes = b"", **environ: str) -> subprocess.CompletedProcess:
    """UTF-8, no settings of whoever runs the tests; both outputs in stdout."""
    return subprocess.run(
        command,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=90,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", **environ},
    )


def crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
