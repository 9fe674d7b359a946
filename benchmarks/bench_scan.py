"""The Plus One list through the inspection engine, warm, one core: rows/s and MB/s of CPU time, median of several runs.

    python benchmarks/bench_scan.py [--runs 7] [--long 1000000 [--wide]] [--clean 30]

Seeded and made up; nothing is read from elsewhere. Unpacking, detection and the count of persons are all inside the time.
--long: a CSV of so many rows besides, its first answer and its exact one, each in a process of its own for its memory. A million
rows are 127 MB; --wide: 152 MB, with prefecture, building and the whole date in each. --clean: clean tables of so many MB besides, in CPU seconds. Last: new lists of 75 KB, each read once.
"""

import argparse
import gc
import io
import itertools
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from mailguard.demo import incidents
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.unpack.budget import Limits


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--long", type=int, default=0, metavar="ROWS")
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--clean", type=int, default=0, metavar="MB")
    parser.add_argument("--beginning", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        _long(options.long, beginning=options.beginning, wide=options.wide)
        return
    _short(options.runs)
    _new_lists()
    if options.clean:
        _clean(options.clean * 1_000_000)
    for more in (["--beginning"], []) if options.long else ():
        wide = ["--wide"] if options.wide else []
        command = [sys.executable, __file__, "--alone", "--long", str(options.long), *wide, *more]
        subprocess.run(command, check=True)


def _engine() -> Engine:
    """As a scanner has it: what is loaded is no more looked through for what can be freed, and the rest is rarely."""
    digester = Digester(os.urandom(32))
    engine = Engine(Detector.build(shipped_dir(), digester), digester, Limits())
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000)
    return engine


def _short(runs: int) -> None:
    started = time.perf_counter()
    engine = _engine()
    print(f"rules and dictionaries loaded in {time.perf_counter() - started:.2f} s")
    registrations, persons = incidents.registrations(), incidents.one_person_a_row()
    cases = {
        "registrations.csv": (incidents.csv_bytes(registrations), len(registrations) - 1),
        "one_person_a_row.csv": (incidents.csv_bytes(persons), len(persons) - 1),
        "members.csv": (incidents.csv_bytes(incidents.members()), incidents.MEMBERS),
    }
    cases["list.zip"] = (incidents.zip_bytes("名簿.csv", cases["registrations.csv"][0]), len(registrations) - 1)
    print(f"{'file':24}{'rows':>8}{'KB':>8}{'CPU ms':>9}{'rows/s':>12}{'MB/s':>8}  persons, households")
    for name, (data, rows) in cases.items():
        seconds = statistics.median(_timed(engine, name, data) for _ in range(runs))
        found = engine.file(name, data)
        print(
            f"{name:24}{rows:8,}{len(data) / 1e3:8,.0f}{seconds * 1e3:9.1f}{rows / seconds:12,.0f}"
            f"{len(data) / 1e6 / seconds:8.2f}  {found.persons:,}, {found.households:,}"
        )


def _new_lists() -> None:
    """Lists of which each has other numbers, contacts and addresses: nothing is known of them."""
    engine = _engine()
    lines = _lines(40 * 700)
    head = next(lines)
    seconds = []
    for _ in range(40):
        data = head + b"".join(itertools.islice(lines, 700))
        data = data[: data.rindex(b"\n", 0, _NEW) + 1]
        seconds.append(_timed(engine, "list.csv", data))
    seconds = seconds[5:]  # warm
    median, best = statistics.median(seconds), min(seconds)
    print(f"new lists of 75 KB: {1 / median:.0f}/s of CPU time (median), {1 / best:.0f}/s (best)")


def _clean(size: int) -> None:
    engine = _engine()
    for name, row in _CLEAN.items():
        figures = random.Random(1)
        lines: list[str] = []
        written = 0
        while written < size:
            lines.append(row(figures) + "\r\n")
            written += len(lines[-1].encode())
        data = "".join(lines).encode()
        seconds = _timed(engine, f"{name}.csv", data)
        found = len(engine.file(f"{name}.csv", data[:20_000]).findings)
        print(
            f"clean {name}: {len(data) / 1e6:.0f} MB in {seconds:.1f} s CPU, {size / 1e6 / seconds:.1f} MB/s, {found} findings"
        )


def _reading(figures: random.Random) -> str:
    day, hour, minute = figures.randrange(1, 29), figures.randrange(24), figures.randrange(60)
    return f"2025/04/{day:02d} {hour:02d}:{minute:02d}:00,S-{figures.randrange(40):03d},{figures.gauss(20, 5):.3f},{figures.random():.5f}"


def _request(figures: random.Random) -> str:
    return (
        f"2025-04-{figures.randrange(1, 29):02d} 10:{figures.randrange(60):02d},web{figures.randrange(9)},"
        f"10.0.{figures.randrange(256)}.{figures.randrange(256)},/api/v1/items/{figures.randrange(10**6)},"
        f"request {figures.getrandbits(64):016x} finished in {figures.randrange(999)} ms"
    )


def _product(figures: random.Random) -> str:
    words = "".join(figures.sample(_WORDS, 4)), "。".join("".join(figures.sample(_WORDS, 4)) for _ in range(3))
    code, price = figures.randrange(10**8), figures.randrange(100, 99_999)
    return f"P{code:08d},{words[0]},{words[1]}。,{price},49{figures.randrange(10**11):011d},https://shop.example.jp/item/{code}"


_WORDS = [
    "耐久性",
    "ステンレス",
    "木製",
    "北欧",
    "収納",
    "ラック",
    "三段",
    "折りたたみ",
    "テーブル",
    "白",
    "国産",
    "防水",
    "軽量",
    "LED照明",
    "保温",
    "マグカップ",
    "500ml",
    "幅60cm",
]
_CLEAN = {"readings": _reading, "requests": _request, "products": _product}
_NEW = 75_000  # bytes
_PREFECTURE_OR_BUILDING = re.compile(r"^(?:東京都|北海道|(?:京都|大阪)府|.{2,3}県)|(?<=[0-9])[^0-9-].*(?=-[0-9]+$)")


def _long(rows: int, *, beginning: bool, wide: bool) -> None:
    """One file of many rows, none of them like another in contacts and address."""
    engine = _engine()
    buffer = io.BytesIO()
    buffer.writelines(_lines(rows, wide=wide))
    data = buffer.getvalue()
    started = time.perf_counter(), time.process_time()
    found = engine.file("list.csv", data, beginning=beginning)
    wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:,} rows, {len(data) / 1e6:.0f} MB, {'first answer' if beginning else 'exact'}: {wall:.1f} s ({cpu:.1f} s CPU), "
        f"peak {peak:.0f} MB, {found.persons:,} persons, exact {found.persons_exact}, {found.households:,} households"
    )


def _lines(rows: int, *, wide: bool = True) -> Iterator[bytes]:
    """The list over and over, without furigana: member numbers, contacts and house numbers are new each time."""
    head, *people = incidents.one_person_a_row()
    yield _line(head)
    for number in range(rows):
        again, row = divmod(number, len(people))
        cells = list(people[row])
        cells[0], cells[2] = f"M{number:07d}", ""
        cells[7] = cells[7].replace("@", f".{again}@")
        digits = cells[8].replace("-", "")
        width = len(digits) - 3
        cells[8] = f"{digits[:3]}-{(int(digits[3:]) + again * 7919) % 10**width:0{width}d}"
        cells[10] += f"-{again}"
        if not wide:
            cells[7] = cells[7].partition("@")[0] + "@example.jp"
            cells[9] = cells[9].replace("-", "")
            cells[10] = _PREFECTURE_OR_BUILDING.sub("", cells[10])
            cells[12] = cells[12][:4]
        yield _line(cells)


def _line(cells: Sequence[str]) -> bytes:
    return (",".join(cells) + "\r\n").encode("cp932")


def _timed(engine: Engine, name: str, data: bytes, clock: Callable[[], float] = time.process_time) -> float:
    started = clock()
    engine.file(name, data)
    return clock() - started


if __name__ == "__main__":
    main()
