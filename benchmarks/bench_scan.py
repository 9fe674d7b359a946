"""The Plus One list through the inspection engine, warm, one core: rows/s and MB/s, median of several runs.

    python benchmarks/bench_scan.py [--runs 7] [--long 1000000]

Seeded and made up; nothing is read from elsewhere. Unpacking, detection and the count of persons are all inside the time.
--long: a CSV of so many rows besides, its first answer and its exact one, each in a process of its own for its memory.
"""

import argparse
import io
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from mailguard.demo import incidents
from mailguard.detect import Detector
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.inspect import Engine
from mailguard.unpack import Limits


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--long", type=int, default=0, metavar="ROWS")
    parser.add_argument("--beginning", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        _long(options.long, beginning=options.beginning)
        return
    _short(options.runs)
    for more in (["--beginning"], []) if options.long else ():
        command = [sys.executable, __file__, "--alone", "--long", str(options.long), *more]
        subprocess.run(command, check=True)


def _short(runs: int) -> None:
    digester = Digester(os.urandom(32))
    started = time.perf_counter()
    engine = Engine(Detector.build(shipped_dir(), digester), digester, Limits())
    print(f"rules and dictionaries loaded in {time.perf_counter() - started:.2f} s")
    registrations, persons = incidents.registrations(), incidents.one_person_a_row()
    cases = {
        "registrations.csv": (incidents.csv_bytes(registrations), len(registrations) - 1),
        "one_person_a_row.csv": (incidents.csv_bytes(persons), len(persons) - 1),
        "members.csv": (incidents.csv_bytes(incidents.members()), incidents.MEMBERS),
    }
    cases["list.zip"] = (incidents.zip_bytes("名簿.csv", cases["registrations.csv"][0]), len(registrations) - 1)
    print(f"{'file':24}{'rows':>8}{'KB':>8}{'ms':>9}{'rows/s':>12}{'MB/s':>8}  persons, households")
    for name, (data, rows) in cases.items():
        seconds = statistics.median(_timed(engine, name, data) for _ in range(runs))
        found = engine.file(name, data)
        print(
            f"{name:24}{rows:8,}{len(data) / 1e3:8,.0f}{seconds * 1e3:9.1f}{rows / seconds:12,.0f}"
            f"{len(data) / 1e6 / seconds:8.2f}  {found.persons:,}, {found.households:,}"
        )


def _long(rows: int, *, beginning: bool) -> None:
    """One file of many rows, none of them like another in contacts and address."""
    digester = Digester(os.urandom(32))
    engine = Engine(Detector.build(shipped_dir(), digester), digester, Limits())
    buffer = io.BytesIO()
    buffer.writelines(_lines(rows))
    data = buffer.getvalue()
    started = time.perf_counter(), time.process_time()
    found = engine.file("list.csv", data, beginning=beginning)
    wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:,} rows, {len(data) / 1e6:.0f} MB, {'first answer' if beginning else 'exact'}: {wall:.1f} s ({cpu:.1f} s CPU), "
        f"peak {peak:.0f} MB, {found.persons:,} persons, exact {found.persons_exact}, {found.households:,} households"
    )


def _lines(rows: int) -> Iterator[bytes]:
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
        yield _line(cells)


def _line(cells: Sequence[str]) -> bytes:
    return (",".join(cells) + "\r\n").encode("cp932")


def _timed(engine: Engine, name: str, data: bytes) -> float:
    started = time.perf_counter()
    engine.file(name, data)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
