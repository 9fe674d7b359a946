"""The Plus One list through the inspection engine, warm, one core: rows/s and MB/s, median of several runs.

    python benchmarks/bench_scan.py [--runs 7]

Seeded and made up; nothing is read from elsewhere. Unpacking, detection and the count of persons are all inside the time.
"""

import argparse
import os
import statistics
import time

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
    runs = parser.parse_args().runs
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


def _timed(engine: Engine, name: str, data: bytes) -> float:
    started = time.perf_counter()
    engine.file(name, data)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
