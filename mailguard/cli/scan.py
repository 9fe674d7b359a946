"""mailguard scan: what would be held, for mails and files, without a service.

A file that reads as a mail is judged as one, its To and Cc standing in for the envelope; any other file as an attachment.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from mailguard.cli.commands import COMMANDS
from mailguard.cli.examining import WAIT_SECONDS, Examiner, examiner, read
from mailguard.cli.options import Verbs, config_of, takes_config, verb
from mailguard.config import Config
from mailguard.detect import ruleset
from mailguard.errors import MailguardError
from mailguard.model import Action, Envelope, Inspection, ProblemKind, Verdict
from mailguard.policy import judge, legal
from mailguard.service import scanning
from mailguard.telling import finding_json, part_json, problem_json, problem_line

_UNFINISHED = {ProblemKind.TIMED_OUT, ProblemKind.CRASHED}
BATCH = 200  # texts of `--spans` handed over at a time


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = verb(verbs, "scan", COMMANDS["scan"], "mailguard scan --json mail.eml list.zip")
    takes_config(parser)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="mails (.eml) and any other files")
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object per line per file; a long table has one more, with counting true, as soon as its beginning holds",
    )
    parser.add_argument(
        "--spans",
        action="store_true",
        help='read JSON lines {"text": …} on standard input, write {"spans": [[kind, start, end]]}',
    )
    parser.set_defaults(run=lambda arguments: run(parser, arguments))


def run(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    """0: everything would pass. 1: something would be held, or could not be read."""
    if arguments.spans == bool(arguments.files):
        parser.error("name FILEs, or --spans and texts on standard input")
    config = config_of(arguments)
    ruleset.load(scanning.rules_dir(config))
    return asyncio.run(
        _spans(config, sys.stdin) if arguments.spans else _files(config, arguments.files, arguments.json)
    )


async def _files(config: Config, files: Iterable[Path], as_json: bool) -> int:  # noqa: FBT001 - the switch of the command line
    code = 0
    async with examiner(config) as examine:
        for file in files:
            data = read(file)
            if data is None:
                code = 1
                continue
            held = False
            async for report in _reports(examine, file, data):
                print(json.dumps(report, ensure_ascii=False) if as_json else _summary(report), flush=True)
                held = held or report["verdict"] == str(Action.HOLD)
            code |= held
    return code


async def _reports(examine: Examiner, file: Path, data: bytes) -> AsyncIterator[dict[str, Any]]:
    """The verdict; on a long table one as soon as its beginning holds, then one with the exact count."""
    started = time.perf_counter()
    inspection = await examine.inspection(file, data, beginning=True)
    verdict = judge(Envelope("", ()), inspection, examine.policy)
    if inspection.uncounted and verdict.action is Action.HOLD:
        yield _report(examine, file, inspection, verdict, started) | {"counting": True}
    if inspection.uncounted:
        told, inspection = verdict.action is Action.HOLD, await examine.whole(file, data)
        if told and any(problem.kind in _UNFINISHED for problem in inspection.problems):
            return  # what was told stands: the most there may be
        verdict = judge(Envelope("", ()), inspection, examine.policy)
    yield _report(examine, file, inspection, verdict, started)


def _report(examine: Examiner, file: Path, inspection: Inspection, verdict: Verdict, started: float) -> dict[str, Any]:
    return {
        "file": str(file),
        "verdict": str(verdict.action),
        "reasons": list(verdict.reasons),
        "watched": list(verdict.watched),
        "persons": inspection.persons,
        "persons_exact": inspection.persons_exact,
        "households": inspection.households,
        "legal": legal(inspection, examine.policy.limits.report).plain(),
        "findings": [finding_json(finding) for finding in (*inspection.findings, *verdict.findings)],
        "problems": [problem_json(problem) for problem in inspection.problems],
        "parts": [part_json(part) for part in inspection.parts],
        "ruleset": inspection.ruleset,
        "elapsed_ms": round((time.perf_counter() - started) * 1000, 1),
    }


def _summary(report: dict[str, Any]) -> str:
    held = report["verdict"] == "hold"
    most = "" if report["persons_exact"] else "最大"
    numbers = f"本人数 {most}{report['persons']:,}人  世帯数 {report['households']:,}"
    if report.get("counting"):
        numbers = f"本人数 {most}{report['persons']:,}人(集計中)"
    if report["watched"]:
        numbers += f"  監視のみ: 通常は保留 ({', '.join(report['watched'])})"
    lines = [
        f"{report['file']}: {'保留' if held else '通過'} ({report['verdict']})  {numbers}  {', '.join(report['reasons'])}"
    ]
    for finding in report["findings"]:
        place = " › ".join(finding["path"])
        lines.append(
            f"  {place} {finding['where']}: {finding['kind']} {finding['count']:,}件 {'、'.join(finding['samples'])}"
        )
    lines += [f"  {problem_line(problem)}" for problem in report["problems"]]
    if report["legal"]["reportable"]:
        met = [check["ground"] for check in (*report["legal"]["grounds"], report["legal"]["my_number"]) if check["met"]]
        lines.append(f"  漏えいした場合は個人情報保護委員会への報告対象 ({', '.join(met)})")
    return "\n".join(lines)


async def _spans(config: Config, lines: TextIO) -> int:
    async with examiner(config) as examine:
        texts = _texts(lines)
        while batch := list(islice(texts, BATCH)):
            for spans in await examine.inspector.spans(batch, WAIT_SECONDS):
                print(json.dumps({"spans": spans}, ensure_ascii=False))
    return 0


def _texts(lines: TextIO) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _text(number, line)


def _text(number: int, line: str) -> str:
    try:
        text = json.loads(line)["text"]
    except (ValueError, KeyError, TypeError):
        text = None
    if not isinstance(text, str):
        raise MailguardError(
            f'standard input: line {number} is not a JSON object with a "text". Write {{"text": "…"}}.'
        )
    return text
