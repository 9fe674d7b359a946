"""What becomes of every file of the corpora given by --data DIR: text, or a named Problem; one scanning process for all.

A file counts once, under the gravest thing said of it. `blank`: all in it was read, as the scan says itself, and nothing is
written there. `passed`: besides that only what the scan says it let pass unread (icons, signatures). `silent`: neither text nor
a Problem nor one of these, though it is not empty. rss: the largest worker, MB. bodies: those of mime4j's `*_decoded*` files that are found in what its mail is split into.
--charsets: instead, the share of made-up texts of each encoding that are read exactly, without a declaration.
Example: python benchmarks/bench_unpack.py --data DIR --list silent,crashed
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processes import memory, role, tree

from mailguard.digest import Digester
from mailguard.model import Part, PartInfo
from mailguard.unpack import charset
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import unpack

sys.path.append(str(Path(__file__).parents[1] / "tests" / "unit" / "unpack"))
import charset_samples

COLUMNS = {
    "crashed": {"crashed"},
    "limit": {"timed_out", "too_deep", "too_big", "too_many", "ratio"},
    "encrypted": {"encrypted"},
    "damaged": {"damaged", "ambiguous"},
    "unknown": {"unknown_format", "not_read"},
}
"""Kinds of Problems by column, the gravest first."""
SHOWN = ("text", "empty", "blank", "passed", *reversed(COLUMNS), "silent")


def corpora(data: Path) -> Iterator[tuple[str, list[Path]]]:
    """Folders of DIR/unpack, each with its files."""
    for folder in sorted((data / "unpack").iterdir()):
        files = sorted(file for file in (folder / "files").rglob("*") if file.is_file())
        if files:
            yield folder.name, files


def column(report: dict[str, Any]) -> str:
    """Where a file counts."""
    kinds = {problem["kind"] for problem in report["problems"]}
    for name, those in COLUMNS.items():
        if kinds & those:
            return name
    if (
        any((part["characters"] or part["rows"]) and not part["blank"] for part in report["parts"])
        or report["findings"]
    ):
        return "text"
    paths = [part["path"] for part in report["parts"]]
    innermost = [part for part in report["parts"] if not any(path[:-1] == part["path"] for path in paths)]
    filled = [part for part in innermost if part["size"]]
    if not filled:
        return "empty"
    if all(part["blank"] for part in filled):
        return "blank"
    return "passed" if all(part["blank"] or part["passed"] for part in filled) else "silent"


def scan(files: list[Path]) -> tuple[list[dict[str, Any]], float, float]:
    """Reports, seconds, and the largest worker in MB."""
    most = 0.0
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        command = [sys.executable, "-m", "mailguard", "scan", "--json", *map(str, files)]
        with subprocess.Popen(command, stdout=out) as process:
            done = threading.Event()

            def watch() -> None:
                nonlocal most
                while not done.wait(0.05):
                    scanners = [pid for pid in tree([process.pid]) if role(pid) == "scanner"]
                    most = max([most, *(memory([pid]).peak for pid in scanners)])

            watcher = threading.Thread(target=watch)
            watcher.start()
            process.wait()
            done.set()
            watcher.join()
        out.seek(0)
        return [json.loads(line) for line in out], time.monotonic() - began, most


def bodies(files: list[Path]) -> tuple[int, int, list[str]]:
    """Known bodies that are found, how many there are, and the files of those that are not."""
    digester, found, missed = Digester(b"k" * 32), 0, []
    for mail in (file for file in files if file.suffix == ".msg"):
        truths = [file for end in ("txt", "bin") for file in mail.parent.glob(f"{mail.stem}_decoded_*.{end}")]
        said = _said(mail.read_bytes(), digester) if truths else b""
        for truth in truths:
            there = _squeezed(truth.read_bytes()) in said
            found += there
            missed += [] if there else [truth.name]
    return found, found + len(missed), missed


def _said(mail: bytes, digester: Digester) -> bytes:
    """The bytes of all parts, and all text as UTF-8."""
    parts: list[bytes] = []
    for item in unpack(
        Part(("mail.eml",), mail, "message/rfc822"),
        Budget(Limits(), len(mail)),
        lambda data: _noted(parts, data, digester),
    ):
        text = "" if isinstance(item, PartInfo) else getattr(item.item, "text", "")
        parts.append(text.encode("utf-8", "replace"))
    return b"\0".join(map(_squeezed, parts))


def _noted(parts: list[bytes], data: bytes, digester: Digester) -> bytes:
    parts.append(bytes(data))
    return digester.of("leaf", data)


def _squeezed(data: bytes) -> bytes:
    return b" ".join(data.split())


def charsets(seed: int = 5, rounds: int = 50) -> None:
    """A line per encoding, and one for all."""
    exact, asked = Counter[str](), Counter[str]()
    for sample in charset_samples.matrix(seed, rounds):
        for name in (sample.encoding, "all"):
            exact[name] += charset.decode(sample.data) == sample.text
            asked[name] += 1
    for name in [*charset_samples.ENCODINGS, "all"]:
        print(f"{name:16} {exact[name]:6} of {asked[name]:6} exact  {exact[name] / asked[name]:8.2%}")


def main() -> None:
    """Print a line per corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--data", type=Path)
    chosen.add_argument("--charsets", action="store_true")
    parser.add_argument("--corpus", default="", help="only these, with commas between them")
    parser.add_argument("--list", default="", help="columns whose files are named, with commas between them")
    arguments = parser.parse_args()
    if arguments.charsets:
        charsets()
        return
    only, listed = set(filter(None, arguments.corpus.split(","))), set(filter(None, arguments.list.split(",")))
    print(f"{'corpus':20} {'files':>5} " + " ".join(f"{name:>9}" for name in SHOWN) + "  seconds   rss")
    named: list[str] = []
    for corpus, files in corpora(arguments.data):
        if only and corpus not in only:
            continue
        reports, seconds, most = scan(files)
        counts = Counter(column(report) for report in reports)
        numbers = " ".join(f"{counts[name]:9}" for name in SHOWN)
        missing = "" if len(reports) == len(files) else f"  {len(files) - len(reports)} not reported"
        print(f"{corpus:20} {len(files):5} {numbers} {seconds:8.1f} {most:5.0f}{missing}", flush=True)
        for report in reports:
            if (where := column(report)) in listed:
                said = {f"{problem['kind']} {problem['detail']}".strip() for problem in report["problems"]}
                named.append(f"{where}: {report['file']} {'; '.join(sorted(said))}")
        if corpus == "mime4j":
            found, total, missed = bodies(files)
            named += [f"body not found: {name}" for name in missed]
            print(f"{'':20} bodies: {found} of {total}")
    print("\n".join(named))


if __name__ == "__main__":
    main()
