"""What the detectors reach, measured on data given by --data DIR (see its README): names in text, tables, addresses, prose.

Prints one table; nothing is written. The packaged network was trained on the sentences of DIR: their figure says nothing about others,
`train_names.py --folds 5` judges each sentence by a network that has not seen it; --sentences reads others.
One core, as in the service: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_detection.py --data DIR
"""

import argparse
import csv
import io
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from mailguard.detect import kinds, ruleset
from mailguard.detect.folding import fold, fold_cell
from mailguard.model import Kind

VOTES = (Kind.NAME, Kind.NAME_KANA, Kind.PHONE, Kind.EMAIL, Kind.POSTAL_CODE, Kind.ADDRESS, Kind.BIRTH_DATE, Kind.SEX)


def score(gold: Sequence[tuple[int, int]], found: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Found spans that share a character with a gold one, and gold ones that share one with a found."""
    right = sum(any(a < y and x < b for x, y in gold) for a, b in found)
    met = sum(any(a < y and x < b for a, b in found) for x, y in gold)
    return right, met


def names(detectors: kinds.Detectors, path: Path, called: str) -> str:
    """Overlap P/R/F of sentences, and the speed."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    right = met = found = gold = size = 0
    begin = time.perf_counter()
    for line in lines:
        folded = fold(line["text"])
        spans = [folded.original(span.start, span.end) for span in detectors.name.find(folded.text)]
        one, other = score(line["names"], spans)
        right, met, found, gold = right + one, met + other, found + len(spans), gold + len(line["names"])
        size += len(line["text"].encode())
    seconds = time.perf_counter() - begin
    precision, recall = right / max(1, found), met / max(1, gold)
    both = 2 * precision * recall / max(1e-9, precision + recall)
    return f"names in text ({called}): overlap P {precision:.3f} R {recall:.3f} F {both:.3f}, {size / seconds / 1e6:.2f} MB/s"


def rows(path: Path) -> list[list[str]]:
    """A CSV file in UTF-8 or cp932."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8").replace("\ufeff", "")
    except UnicodeDecodeError:
        text = data.decode("cp932", "replace")
    return list(csv.reader(io.StringIO(text)))


def table(detectors: kinds.Detectors, rules: ruleset.Ruleset, path: Path) -> Iterable[str]:
    """Per column: what the header says and the share of distinct cells of each kind."""
    yield f"{path.parent.name}/{path.name}"
    head, *body = rows(path)
    for index, title in enumerate(head):
        cells = list(dict.fromkeys(fold_cell(row[index]) for row in body if len(row) > index and row[index].strip()))
        if not cells:
            continue
        shares = {}
        begin = time.perf_counter()
        for kind in VOTES:
            cell = detectors.of(kind).cell
            shares[kind] = sum(cell(value) >= 0.5 for value in cells) / len(cells)
        each = (time.perf_counter() - begin) / len(cells) * 1e6
        told = " ".join(f"{kind} {share:.3f}" for kind, share in shares.items() if share > 0.01)
        header = rules.header_kind(title)
        yield f"  {title}: header {header and (header.kind, header.role, header.organisation, header.strong)}; {len(cells)} distinct, {each:.1f} us each; {told}"


def addresses(detectors: kinds.Detectors, path: Path) -> str:
    """Shares of lines recognised as a cell and in text."""
    lines = [fold(line).text.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    address = detectors.of(Kind.ADDRESS)
    cells = sum(address.cell(line) >= 0.5 for line in lines) / len(lines)
    found = sum(any(address.find(line)) for line in lines) / len(lines)
    return f"addresses: cell {cells:.4f}, find {found:.4f} of {len(lines)}"


def prose(detectors: kinds.Detectors, folder: Path) -> Iterable[str]:
    """Spans of each kind in novels, where phones, addresses and e-mails should be none, and MB/s of each."""
    texts = [path.read_bytes().decode("cp932", "replace") for path in sorted(folder.glob("*ruby*.txt"))]
    size = sum(len(text.encode()) for text in texts)
    begin = time.perf_counter()
    folded = [fold(text).text for text in texts]
    yield f"prose: fold {size / (time.perf_counter() - begin) / 1e6:.1f} MB/s"
    for detector in detectors.all:
        begin = time.perf_counter()
        count = sum(1 for text in folded for _ in detector.find(text))
        yield f"  {detector.kind}: {count} spans, {size / (time.perf_counter() - begin) / 1e6:.1f} MB/s"


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--sentences", type=Path, help="other sentences to find names in: JSON lines with text and names"
    )
    arguments = parser.parse_args()
    data: Path = arguments.data
    begin = time.perf_counter()
    rules = ruleset.load(ruleset.shipped_dir())
    detectors = kinds.build(rules)
    print(f"loaded in {time.perf_counter() - begin:.2f} s, ruleset {rules.version}")
    sentences = arguments.sentences or data / "names-in-text" / "sentences.jsonl"
    print(names(detectors, sentences, "other" if arguments.sentences else "trained on, see train_names.py --folds"))
    print(addresses(detectors, data / "addresses" / "notations.txt"))
    for path in sorted(data.glob("tables-*/*.csv")):
        for line in table(detectors, rules, path):
            print(line)
    for line in prose(detectors, data / "prose"):
        print(line)


if __name__ == "__main__":
    main()
