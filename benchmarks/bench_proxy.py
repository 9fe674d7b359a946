"""Messages per second through mailguard and its peers, side by side: load client → X → Postfix's smtp-sink.

    python benchmarks/bench_proxy.py [--quick] [--peers postfix,mailguard-2] [--classes a,b,c,d,held] [--connections 1,10,50]

All that are installed run at the same time, idle but for the one that is measured; the runs go round, so that noise of
the machine hits all alike. Medians; read the ratios. A mail's text and file are never those of an earlier run. The
ceiling has nothing between client and sink; HAProxy, which hands on bytes unread, is the bound of all that store nothing.
"""

import argparse
import json
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from client import Load, Way, load
from mails import CLASSES, Mail, MailClass, build
from peers import PEERS, Peer, Site
from processes import memory, tree
from sink import sink, smtp_source

DRAIN_SECONDS = 300
WARM = 40


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table for each peer."""

    kind: MailClass
    connections: int


@dataclass(slots=True)
class Cell:
    """One peer in one case: rates accepted and drained (msg/s), seconds of one mail, memory in MB, or what went wrong."""

    count: int = 0
    rates: list[float] = field(default_factory=list)
    drained: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    peak: float = 0.0
    pss: float = 0.0
    logged_in: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What is printed, and written as JSON."""

    mail: str
    connections: int
    peer: str
    accepted: float
    drained: float
    to_postfix: float | None
    to_ceiling: float | None
    to_bound: float | None
    added_ms: float | None
    peak_rss_mb: float
    pss_mb: float
    runs: int
    messages: int
    logged_in: bool
    error: str


class Bench:
    """Every case for every peer, `runs` times round."""

    def __init__(self, peers: list[Peer], options: argparse.Namespace) -> None:
        self._peers, self._options = peers, options
        self._seeds = iter(range(options.seed * 100_000, (options.seed + 1) * 100_000))
        self.cells: dict[tuple[Case, str], Cell] = {}

    def run(self, case: Case) -> None:
        """Fill the cells of one case."""
        peers = [peer for peer in self._peers if peer.takes_held or not case.kind.held]
        warm = build(case.kind, WARM + case.connections, next(self._seeds))
        for peer in peers:
            cell = self.cells[case, peer.name] = Cell()
            self._guarded(cell, partial(self._warm, case, peer, cell, warm))
        for number in range(self._options.runs):
            ready = [peer for peer in peers if not self.cells[case, peer.name].error]
            most = max((self.cells[case, peer.name].count for peer in ready), default=0)
            mails = build(case.kind, most, next(self._seeds))
            random.Random(number).shuffle(ready)  # nobody is always the one after Postfix's queue
            for peer in ready:
                cell = self.cells[case, peer.name]
                self._guarded(cell, partial(self._once, case, peer, cell, mails[: cell.count]))

    def _warm(self, case: Case, peer: Peer, cell: Cell, mails: list[Mail]) -> None:
        """Fill caches and start processes; the rate tells how many mails make a run of the wanted length."""
        told, drained = self._load(case, peer, mails)
        rate = min(told.rate, len(mails) / drained)
        least = 2 * case.connections
        cell.count = int(min(self._options.messages, max(least, rate * self._options.seconds)))

    def _once(self, case: Case, peer: Peer, cell: Cell, mails: list[Mail]) -> None:
        told, drained = self._load(case, peer, mails)
        cell.rates.append(told.rate)
        cell.drained.append(len(mails) / drained)
        cell.seconds.append(statistics.median(told.times))
        cell.logged_in = told.logged_in
        used = memory(tree(peer.roots()))
        cell.peak, cell.pss = max(cell.peak, used.peak), max(cell.pss, used.pss)

    def _load(self, case: Case, peer: Peer, mails: list[Mail]) -> tuple[Load, float]:
        """The run, and the seconds until the sink had everything."""
        way = Way(case.connections, pipelining=self._options.pipelining, reconnect=case.kind.reconnect)
        told = load(peer.port, mails, way)
        ended = time.monotonic()
        if told.replies or len(told.times) != len(mails):
            raise RuntimeError(
                f"{len(told.replies)} of {len(mails)} mails refused: {next(iter(told.replies.values()), '')}"
            )
        while peer.waiting():
            if time.monotonic() - ended > DRAIN_SECONDS:
                raise RuntimeError("the queue did not drain")
            time.sleep(0.01)
        drained = told.seconds + time.monotonic() - ended
        peer.check(case.kind, len(mails))
        return told, drained

    @staticmethod
    def _guarded(cell: Cell, call: Callable[[], None]) -> None:
        try:
            call()
        except (RuntimeError, OSError) as error:
            cell.error = str(error)[:200]

    def lines(self, case: Case) -> Iterator[Line]:
        """The table of one case."""
        cells = {peer.name: self.cells[case, peer.name] for peer in self._peers if (case, peer.name) in self.cells}
        medians = {name: statistics.median(cell.rates) for name, cell in cells.items() if cell.rates}
        straight = cells.get("ceiling", Cell()).seconds if case.connections == 1 else []
        for name, cell in cells.items():
            rate = medians.get(name, 0.0)
            yield Line(
                mail=case.kind.key,
                connections=case.connections,
                peer=name,
                accepted=round(rate, 1),
                drained=round(statistics.median(cell.drained), 1) if cell.drained else 0.0,
                to_postfix=_ratio(rate, medians.get("postfix")),
                to_ceiling=_ratio(rate, medians.get("ceiling")),
                to_bound=_ratio(rate, medians.get("haproxy")),
                added_ms=round(1e3 * (statistics.median(cell.seconds) - statistics.median(straight)), 2)
                if straight and cell.seconds and name != "ceiling"
                else None,
                peak_rss_mb=round(cell.peak, 1),
                pss_mb=round(cell.pss, 1),
                runs=len(cell.rates),
                messages=cell.count,
                logged_in=cell.logged_in,
                error=cell.error,
            )


def _ratio(rate: float, base: float | None) -> float | None:
    return round(rate / base, 3) if base and rate else None


_HEAD = (
    f"{'':38}{'msg/s':>8}{'drained':>9}{'÷ Postfix':>11}{'÷ ceiling':>11}{'÷ bound':>9}{'added ms':>10}"
    f"{'peak RSS':>10}{'PSS MB':>8}"
)


def show(case: Case, lines: list[Line], titles: dict[str, str]) -> None:
    """One case for people."""
    print(f"\n{case.kind.title}, {case.connections} connection{'s' * (case.connections > 1)}\n{_HEAD}")
    for line in lines:
        if line.error:
            print(f"{titles[line.peer]:38}  failed: {line.error}")
            continue
        without_login = " (no login)" if case.kind.reconnect and not line.logged_in else ""
        print(
            f"{titles[line.peer]:38}{line.accepted:8,.0f}{line.drained:9,.0f}{_figure(line.to_postfix, 2):>11}"
            f"{_figure(line.to_ceiling, 3):>11}{_figure(line.to_bound, 3):>9}{_figure(line.added_ms, 2):>10}"
            f"{line.peak_rss_mb:10,.0f}{line.pss_mb:8,.0f}{without_login}"
        )
    sys.stdout.flush()


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def check_client(port: int, connections: int, messages: int, seed: int) -> None:
    """The load client against smtp-source, both straight to the sink, in turns: it must not be what is measured."""
    print(f"load client against smtp-source, straight to the sink, {connections} connections, lockstep, medians of 3:")
    for key in ("a", "b"):
        ours, theirs = [], []
        for run in range(3):
            mails = build(CLASSES[key], messages, seed + run)
            ours.append(load(port, mails, Way(connections)).rate)
            theirs.append(smtp_source(port, messages, sum(map(len, mails[0].wire)), connections))
        client, source = statistics.median(ours), statistics.median(theirs)
        print(f"  ({key}) {client:8,.0f} msg/s, smtp-source {source:8,.0f}: {client / source:.2f}")


@contextmanager
def running(kind: type[Peer], folder: Path, site: tuple[int, int]) -> Iterator[Peer | None]:
    """The peer, started; None, and a line about it, when it is missing or does not start."""
    peer = kind()
    missing = peer.missing()
    if missing:
        print(f"NOT MEASURED: {peer.title}: {missing}")
        yield None
        return
    home = folder / peer.name
    home.mkdir()
    try:
        try:
            peer.start(Site(home, *site))
        except (OSError, RuntimeError) as error:
            logs = "".join(path.read_text(errors="replace")[-500:] for path in home.glob("*.log"))
            print(f"NOT MEASURED: {peer.title} did not start: {error} {logs}")
            yield None
        else:
            yield peer
    finally:
        peer.stop()


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="one short run of a, b and held at 10 connections, at most 2 min"
    )
    parser.add_argument(
        "--peers", default="", help=f"of {','.join(peer.name for peer in PEERS)}; the ceiling is always there"
    )
    parser.add_argument("--classes", default="", help=f"of {','.join(CLASSES)}")
    parser.add_argument("--connections", default="", help="as in 1,10,50")
    parser.add_argument("--runs", type=int, default=0, help="times round; the median counts (3)")
    parser.add_argument("--seconds", type=float, default=0, help="wanted length of one run of one peer (3)")
    parser.add_argument("--messages", type=int, default=0, help="most messages of one run (4000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pipelining", action="store_true", help="MAIL, RCPT and DATA in one flight")
    parser.add_argument(
        "--folder", type=Path, default=Path("/var/tmp"), help="on a real disk: queues and databases are fsynced there"
    )
    parser.add_argument("--json", nargs="?", const="-", help="JSON lines too, into a file or to standard output")
    given = parser.parse_args()
    quick = given.quick
    given.classes = (given.classes or ("a,b,held" if quick else ",".join(CLASSES))).split(",")
    given.connections = [int(number) for number in (given.connections or ("10" if quick else "1,10,50")).split(",")]
    given.runs = given.runs or (1 if quick else 3)
    given.seconds = given.seconds or (1 if quick else 3)
    given.messages = given.messages or (1500 if quick else 4000)
    names = set(given.peers.split(",")) | {"ceiling"} if given.peers else {peer.name for peer in PEERS}
    if unknown := (names - {peer.name for peer in PEERS}) | (set(given.classes) - set(CLASSES)):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    given.peers = [peer for peer in PEERS if peer.name in names]
    return given


def main() -> int:
    """Print a table for each case; 1 when a peer failed in one."""
    given = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing stays behind
    folder = Path(tempfile.mkdtemp(prefix="mailguard-bench-", dir=given.folder))
    folder.chmod(0o755)
    failed = False
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        port = stack.enter_context(sink())
        site = (port, max(given.connections))
        started = [stack.enter_context(running(kind, folder, site)) for kind in given.peers]
        peers = [peer for peer in started if peer is not None]
        out = None
        if given.json:
            out = sys.stdout if given.json == "-" else stack.enter_context(Path(given.json).open("w"))
        check_client(port, 10, min(given.messages, 2000), given.seed)
        bench = Bench(peers, given)
        for key in given.classes:
            for connections in given.connections:
                case = Case(CLASSES[key], connections)
                bench.run(case)
                lines = list(bench.lines(case))
                show(case, lines, {peer.name: peer.title for peer in peers})
                failed = failed or any(line.error for line in lines)
                if out:
                    out.writelines(json.dumps(asdict(line)) + "\n" for line in lines)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
