"""How many cells of made-up customer files are recognised, by kind, and whether every column is read as what it is.

cells: non-empty cells that count in a finding of their column; alone: cells that are known without header and neighbours.
Example: python benchmarks/bench_cells.py --seed 7 --misses
"""

import argparse
from collections import Counter, defaultdict

from customer_files import CustomerFile, files, titles

from mailguard.detect import kinds, ruleset
from mailguard.detect.folding import fold_cell
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

KINDS = (Kind.NAME, Kind.NAME_KANA, Kind.PHONE, Kind.EMAIL, Kind.ADDRESS, Kind.POSTAL_CODE)
SURE = 0.5


def columns(detector: Detector, file: CustomerFile) -> dict[str, tuple[Kind, int]]:
    """Kind and count of every finding by what it calls its column."""
    evidence = detector.table(Table((f"{file.name}.csv",), file.rows), b"key")
    return {finding.where.removeprefix("列 "): (finding.kind, finding.count) for finding in evidence.findings}


def main() -> None:
    """Print wrong columns, then shares by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--misses", action="store_true", help="print cells that are not known alone")
    arguments = parser.parse_args()
    rules = ruleset.load(ruleset.shipped_dir())
    detector, detectors = Detector(rules, Digester(b"k" * 32)), kinds.build(rules)
    counted: Counter[Kind] = Counter()
    all_cells: Counter[Kind] = Counter()
    alone: Counter[Kind] = Counter()
    missed: dict[Kind, list[str]] = defaultdict(list)
    wrong = total = 0
    for file in files(arguments.seed):
        found = columns(detector, file)
        for index, (title, kind) in enumerate(zip(titles(file), file.truth, strict=True)):
            said, count = found.get(title, (None, 0))
            total += 1
            if said is not kind:
                wrong += 1
                print(f"{file.name}: column {title!r} is {kind}, read as {said}")
            if kind in KINDS:
                cells = [fold_cell(row[index]) for row in file.rows[file.first :] if row[index].strip()]
                all_cells[kind] += len(cells)
                counted[kind] += count if said is kind else 0
                unknown = [cell for cell in cells if detectors.of(kind).cell(cell) < SURE]
                alone[kind] += len(cells) - len(unknown)
                missed[kind] += unknown
    print(f"columns: {total - wrong} of {total} right")
    print("kind         cells  recognised  alone")
    for kind in KINDS:
        size = all_cells[kind]
        print(f"{kind:12} {size:5}  {counted[kind] / size:10.4f}  {alone[kind] / size:.4f}")
        if arguments.misses:
            print("   ", " | ".join(list(dict.fromkeys(missed[kind]))[:60]))


if __name__ == "__main__":
    main()
