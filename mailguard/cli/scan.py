"""mailguard scan: what would be held, for mails and files, without a service.

A file that reads as a mail is judged as one, its To and Cc standing in for the envelope; any other file as an attachment.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from mailguard import service
from mailguard.cli.options import Verbs, config_of, takes_config, verb
from mailguard.config import Config
from mailguard.detect import ruleset
from mailguard.digest import Digester
from mailguard.errors import MailguardError
from mailguard.inspect import Inspector
from mailguard.model import Action, Envelope, Finding, Inspection, Problem
from mailguard.pieces import cut
from mailguard.policy import judge

WAIT_SECONDS = 600.0  # for a scanner; nobody else waits behind a command
BATCH = 200  # texts of `--spans` handed over at a time
_HEADER = re.compile(rb"[!-9;-~]+:[^\r\n]*\r?\n")
_MAIL = re.compile(
    rb"^(?:from|to|subject|date|received|return-path|message-id|mime-version)[ \t]*:", re.IGNORECASE | re.MULTILINE
)


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = verb(
        verbs, "scan", "Tell what would be held in mails and files.", "mailguard scan --json mail.eml list.zip"
    )
    takes_config(parser)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="mails (.eml) and any other files")
    parser.add_argument("--json", action="store_true", help="one JSON object per line per file")
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
    ruleset.load(service.rules_dir(config))
    return asyncio.run(
        _spans(config, sys.stdin) if arguments.spans else _files(config, arguments.files, arguments.json)
    )


async def _files(config: Config, files: Iterable[Path], as_json: bool) -> int:  # noqa: FBT001 - the switch of the command line
    digester = Digester(os.urandom(32))
    policy = service.policy(config, digester)
    scanner = service.scanner(config, digester)
    await scanner.start()
    code = 0
    try:
        inspector = Inspector(scanner, digester)
        for file in files:
            data = _read(file)
            if data is None:
                code = 1
                continue
            started = time.perf_counter()
            if _is_mail(file, data):
                inspection = await inspector.mail(cut(data, digester), WAIT_SECONDS)
            else:
                inspection = await inspector.file(file.name, data, WAIT_SECONDS)
            verdict = judge(Envelope("", ()), inspection, policy)
            elapsed = (time.perf_counter() - started) * 1000
            code |= verdict.action is Action.HOLD
            report = _report(file, inspection, verdict.action, verdict.reasons, verdict.findings, elapsed)
            print(json.dumps(report, ensure_ascii=False) if as_json else _summary(report), flush=True)
    finally:
        await scanner.stop()
    return code


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError as error:
        print(f"mailguard: {file}: cannot be read ({error.strerror}). Name a readable file.", file=sys.stderr)
        return None


def _is_mail(file: Path, data: bytes) -> bool:
    """By name, or because it begins with a header block that has a field of a mail."""
    if file.suffix.lower() == ".eml":
        return True
    head = re.split(rb"\r?\n\r?\n", data[:65536], maxsplit=1)[0]
    return _HEADER.match(data) is not None and len(_MAIL.findall(head)) >= 2


def _report(
    file: Path,
    inspection: Inspection,
    action: Action,
    reasons: tuple[str, ...],
    extra: tuple[Finding, ...],
    elapsed: float,
) -> dict[str, Any]:
    return {
        "file": str(file),
        "verdict": str(action),
        "reasons": list(reasons),
        "persons": inspection.persons,
        "persons_exact": inspection.persons_exact,
        "households": inspection.households,
        "findings": [_finding(finding) for finding in (*inspection.findings, *extra)],
        "problems": [_problem(problem) for problem in inspection.problems],
        "ruleset": inspection.ruleset,
        "elapsed_ms": round(elapsed, 1),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": str(finding.kind),
        "rule": finding.rule,
        "path": list(finding.path),
        "where": finding.where,
        "count": finding.count,
        "distinct": finding.distinct,
        "samples": list(finding.samples),
        "confidence": finding.confidence,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"path": list(problem.path), "kind": str(problem.kind), "detail": problem.detail}


def _summary(report: dict[str, Any]) -> str:
    held = report["verdict"] == "hold"
    most = "" if report["persons_exact"] else "最大"
    numbers = f"本人数 {most}{report['persons']:,}人  世帯数 {report['households']:,}"
    lines = [
        f"{report['file']}: {'保留' if held else '通過'} ({report['verdict']})  {numbers}  {', '.join(report['reasons'])}"
    ]
    for finding in report["findings"]:
        place = " › ".join(finding["path"])
        lines.append(
            f"  {place} {finding['where']}: {finding['kind']} {finding['count']:,}件 {'、'.join(finding['samples'])}"
        )
    lines += [
        f"  {' › '.join(problem['path'])}: {problem['kind']} {problem['detail']}" for problem in report["problems"]
    ]
    return "\n".join(lines)


async def _spans(config: Config, lines: TextIO) -> int:
    digester = Digester(os.urandom(32))
    scanner = service.scanner(config, digester)
    await scanner.start()
    try:
        inspector = Inspector(scanner, digester)
        texts = _texts(lines)
        while batch := list(islice(texts, BATCH)):
            for spans in await inspector.spans(batch, WAIT_SECONDS):
                print(json.dumps({"spans": spans}, ensure_ascii=False))
    finally:
        await scanner.stop()
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
