"""What /proc says about a peer: its processes with their children, and their memory."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes, summed over processes. peak: VmHWM, shared pages counted in each; pss: now, shared pages shared out."""

    peak: float
    pss: float


def tree(roots: Iterable[int]) -> list[int]:
    """These processes and all that they started."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(_parent(int(path.parent.name)), []).append(int(path.parent.name))
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children.get(pid, ()))
    return found


def memory(pids: Iterable[int]) -> Memory:
    """Of those that are still there."""
    peak = pss = 0
    for pid in pids:
        with suppress(OSError):
            peak += _kilobytes(Path(f"/proc/{pid}/status"), "VmHWM:")
            pss += _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    return Memory(peak / 1024, pss / 1024)


def role(pid: int) -> str:
    """What a process of mailguard does. Scanners are children of their zygote and share its command line."""
    told = _command(pid)
    if b"mailguard.sandbox.zygote" in told:
        return "scanner" if b"mailguard.sandbox.zygote" in _command(_parent(pid)) else "zygote"
    return "smtp" if b"mailguard.service.smtp_process" in told else "service"


def rss(pid: int) -> float:
    """Megabytes of one process now."""
    return _status(pid, "VmRSS:")


def own(pid: int) -> float:
    """Megabytes that one process holds and no file backs: dictionaries that scanners read together are mapped files, and count for none."""
    return _status(pid, "RssAnon:")


def _status(pid: int, key: str) -> float:
    with suppress(OSError):
        return _kilobytes(Path(f"/proc/{pid}/status"), key) / 1024
    return 0.0


def _kilobytes(path: Path, key: str) -> int:
    return next((int(line.split()[1]) for line in path.read_text().splitlines() if line.startswith(key)), 0)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
