"""Many mails through `mailguard serve` while everything around it breaks; at the end every mail is accounted for.

    python benchmarks/soak.py [--messages 100000] [--seconds 0] [--seed 1]

Two SMTP processes, a next hop of our own, ten sending systems, two approvers. The relay is slow, refuses, closes, drops,
goes away; the database is locked; an SMTP process is killed; the service is restarted. Exit code 1 when a mail was lost,
arrived without an approval or twice without cause, or when a process went on growing.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from guard import Guard
from soaking.account import Books, counts, wrong
from soaking.approvers import Approvers
from soaking.clients import Clients
from soaking.faults import Faults
from soaking.memory import Watch
from soaking.next_hop import Mode, NextHop
from soaking.traffic import stream

SETTLE_SECONDS = 180
_SETTINGS: dict[str, dict[str, object]] = {
    "smtp": {"workers": 2, "drain_seconds": 10},
    "scanner": {"workers": 1},
    "release": {"retry_seconds": 0.5, "concurrency": 8},
    "log": {"level": "WARNING"},
}


class Soak:
    """One run."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self._given, self._started = given, time.monotonic()
        self.hop = NextHop(given.seed)
        self._folder = folder

    async def run(self) -> list[str]:
        """Everything that is wrong."""
        await self.hop.open()
        guard = Guard(self._folder, self.hop.port, _SETTINGS, declared=False)
        await asyncio.to_thread(guard.prepare)
        await asyncio.to_thread(guard.start)
        try:
            return await self._soak(guard)
        finally:
            await asyncio.to_thread(guard.stop)
            await self.hop.shut()

    async def _soak(self, guard: Guard) -> list[str]:
        given = self._given
        self._started = time.monotonic()
        clients = Clients(guard.smtp, stream(given.seed, given.messages))
        faults = Faults(
            (guard, self.hop),
            random.Random(given.seed),
            given.gap,
            progress=lambda: self._progress(clients),
            go_on=lambda: not (given.once and clients.stop()),
        )
        approvers = Approvers(guard, clients.holds, given.seed)
        watch = Watch(guard, lambda: self._progress(clients))
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(watch.run())
            breaking = tasks.create_task(faults.run())
            tasks.create_task(approvers.run())
            reporting = tasks.create_task(self._report(clients, faults))
            ending = asyncio.get_running_loop().call_later(given.seconds or 86_400, clients.stop)
            await clients.run(given.connections)
            ending.cancel()
            faults.stopping.set()
            await breaking
            approvers.stopping.set()
            watching.cancel()
            reporting.cancel()
        seconds = time.monotonic() - self._started
        self.hop.mode = Mode.WELL
        found = await self._settle(approvers)
        books = Books(
            clients.begun, clients.heard, clients.refused, approvers.approved, self.hop.taken,
            clients.unanswered + self.hop.lost_replies,
        )  # fmt: skip
        self._print(books, clients, faults, seconds)
        audit = await asyncio.to_thread(guard.cli, "audit", "verify")
        found += [] if audit.returncode == 0 else [f"the audit chain is broken: {audit.stderr.strip()}"]
        found += await asyncio.to_thread(self._holds, approvers, clients)
        return wrong(books) + found + self._growth(watch)

    def _progress(self, clients: Clients) -> float:
        by_time = (time.monotonic() - self._started) / self._given.seconds if self._given.seconds else 0
        return max(len(clients.begun) / self._given.messages, by_time)

    async def _settle(self, approvers: Approvers) -> list[str]:
        """Decide what still waits for it, and let everything approved be released."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            left = await asyncio.to_thread(approvers.round)
            open_ = [
                hold for hold in approvers.approved if not await asyncio.to_thread(self._released, approvers, hold)
            ]
            if not left and not open_:
                return []
            if time.monotonic() > deadline:
                return [f"{left} holds could not be decided, {len(open_)} were not released in {SETTLE_SECONDS} s"]
            await asyncio.sleep(1)

    @staticmethod
    def _released(approvers: Approvers, hold: str) -> bool:
        view = approvers.one(hold)
        return bool(view) and set(view["progress"]["messages"]) <= {"released"}

    @staticmethod
    def _holds(approvers: Approvers, clients: Clients) -> list[str]:
        """The page counts at least the mails whose clients heard of the hold, and more only for lost replies."""
        heard: dict[str, int] = {}
        for hold in filter(None, clients.heard.values()):
            heard[hold] = heard.get(hold, 0) + 1
        found, more = [], 0
        for hold, number in heard.items():
            kept = sum(approvers.one(hold)["progress"]["messages"].values())
            more += max(0, kept - number)
            if kept < number:
                found.append(f"{hold} keeps {kept} mails, and {number} clients heard of it")
        if more > clients.unanswered.total() + clients.put_off:
            found.append(f"holds keep {more} mails more than clients heard of")
        return found

    def _growth(self, watch: Watch) -> list[str]:
        trends = watch.trends()
        for trend in trends:
            print(
                f"memory: {trend.role} {trend.pid}: {trend.megabytes:,.0f} MB, second half {trend.grown:+.1f} MB, "
                f"{trend.slope:+.2f} MB a minute"
            )
        if not trends and not self._given.once:
            return ["no process lived through the second half: nothing is known about memory"]
        most = self._given.growth_mb
        return [
            f"{trend.role} grew by {trend.grown:.0f} MB (at most {most:g})" for trend in trends if trend.grown > most
        ]

    def _print(self, books: Books, clients: Clients, faults: Faults, seconds: float) -> None:
        print(f"{len(books.heard):,} mails in {seconds:,.0f} s, {len(books.heard) / seconds:,.0f} msg/s with faults")
        for name, number in counts(books).items():
            print(f"  {name}: {number:,}")
        print(f"  put off: {clients.put_off:,}, sent up to the dot without a reply: {clients.unanswered.total():,}")
        kinds = (f"{name} {number}× {faults.seconds[name]:.0f} s" for name, number in sorted(faults.seen.items()))
        print(f"faults: {', '.join(kinds)}; of the restarts {faults.seconds['stop']:.1f} s until the service had ended")

    async def _report(self, clients: Clients, faults: Faults) -> None:
        while True:
            await asyncio.sleep(self._given.report_seconds)
            print(f"… {len(clients.heard):,} heard 250, {faults.seen.total()} faults", flush=True)


def main() -> int:
    """Run, and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=0, help="begin no more mails after so long; 0 is no limit")
    parser.add_argument("--once", action="store_true", help="begin no more mails after each kind of fault came once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--gap", type=float, default=8, help="seconds between two faults")
    parser.add_argument("--growth-mb", type=float, default=40, help="most that a process may grow in the last quarter")
    parser.add_argument("--report-seconds", type=float, default=30)
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"))
    parser.add_argument("--keep", action="store_true", help="leave data and log behind")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing stays behind
    folder = Path(tempfile.mkdtemp(prefix="mailguard-soak-", dir=given.folder))
    try:
        faults = asyncio.run(Soak(folder, given).run())
        log = (folder / "mailguard.log").read_text(errors="replace")
        faults += [f"the log has {log.count('Traceback')} tracebacks"] if "Traceback" in log else []
    finally:
        if given.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for fault in faults[:50]:
        print(f"WRONG: {fault}")
    print(f"soak: {len(faults)} faults" if faults else "soak: every mail is accounted for")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
