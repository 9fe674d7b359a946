"""What mailguard needs at its limits: disk and memory for a large hold, memory for idle connections.

    python benchmarks/bench_limits.py [--messages 14000] [--idle 200]

One run each of `mailguard serve`: a mailing of small texts with one 1 MB file, sent through SMTP and all held (goal: at
most 100 MB on disk, 600 MB in memory), and idle connections (goal: at most 300 MB in the SMTP process). Exit code 1 when
a goal is missed.
"""

import argparse
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from client import Way, load
from guard import Guard
from mails import File, MailClass, build, members
from processes import memory, role, rss
from sink import sink

BLOCK = 1000
DISK_MB, HELD_MB, IDLE_MB = 100, 600, 300


@cache
def _million() -> File:
    return "members.csv", members(1_000_000)


BIG = MailClass("big", "one 1 MB file", lambda _number, _seed: [_million()], held=True)


@contextmanager
def serving(folder: Path, settings: dict[str, dict[str, object]]) -> Iterator[Guard]:
    """Mailguard before a sink."""
    with sink() as port:
        guard = Guard(folder, port, settings)
        guard.prepare()
        guard.start()
        try:
            yield guard
        finally:
            guard.stop()


def held(folder: Path, messages: int) -> bool:
    """Hold a mailing; whether the goals were reached."""
    with serving(folder, {}) as guard:
        started = time.monotonic()
        for seed in range(0, messages, BLOCK):
            told = load(guard.smtp, build(BIG, min(BLOCK, messages - seed), seed + 1), Way(10))
            if told.replies:
                raise RuntimeError(f"refused: {next(iter(told.replies.values()))}")
        seconds = time.monotonic() - started
        outcomes, used = guard.outcomes(), memory(guard.pids())
        each = [(role(pid), memory([pid])) for pid in guard.pids()]
        _, answer = guard.api("GET", "/api/holds", guard.login("sato"))
        disk = on_disk(guard.data)
        print(
            f"held: {outcomes.get('held', 0):,.0f} messages with one 1 MB file in {len(answer['holds'])} hold, "
            f"{messages / seconds:,.0f} msg/s"
        )
    print(f"  disk {disk:,} bytes, {on_disk(guard.data):,} after the stop (goal {DISK_MB:,} MB)")
    for what, one in each:
        print(f"  {what:8} {one.peak:6,.0f} MB peak RSS, {one.pss:6,.0f} MB PSS now")
    print(f"  memory: all {used.pss:,.0f} MB PSS, {used.peak:,.0f} MB summed peaks (goal {HELD_MB} PSS)")
    return outcomes.get("held", 0) == messages and disk <= DISK_MB * 1_000_000 and used.pss <= HELD_MB


def on_disk(folder: Path) -> int:
    """Bytes of all files: database, its log, keys."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def idle(folder: Path, connections: int) -> bool:
    """Open connections and leave them; whether the goal was reached."""
    settings: dict[str, dict[str, object]] = {"smtp": {"max_connections_per_client": connections + 10}}
    with serving(folder, settings) as guard, ExitStack() as stack:
        pid = guard.smtp_pids()[0]
        before = rss(pid)
        for _ in range(connections):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", guard.smtp), 20))
            client.recv(1000)
            client.sendall(b"EHLO idle.example.co.jp\r\n")
            client.recv(1000)
        time.sleep(2)
        after = rss(pid)
    print(f"idle: {connections} connections, SMTP process {before:,.0f} → {after:,.0f} MB RSS (goal {IDLE_MB})")
    return after <= IDLE_MB


def main() -> int:
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=14_000)
    parser.add_argument("--idle", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"))
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing stays behind
    folder = Path(tempfile.mkdtemp(prefix="mailguard-limits-", dir=given.folder))
    try:
        reached = []
        for name, check, size in (("idle", idle, given.idle), ("held", held, given.messages)):
            (folder / name).mkdir()
            reached.append(check(folder / name, size))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
