"""mailguard rules test: a verdict step by step. Exit codes: 0 it would pass, 1 it would be held or cannot be read, 2 usage.

Values are masked here as everywhere.
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from mailguard.cli.examining import examiner, read
from mailguard.cli.options import Verbs, config_of, takes_config, verb
from mailguard.config import Config
from mailguard.detect import ruleset
from mailguard.model import Action, Envelope, Inspection, SourceMode
from mailguard.policy import Explanation, explain
from mailguard.service import scanning
from mailguard.telling import finding_json, problem_json, problem_line

WHY = {
    "counts": "counts",
    "unsure": "not counted: less sure than the policy asks for ({needed:.2f})",
    "ignored": "not counted: the policy ignores this kind here",
    "own": "not counted: your organisation's own ([own] in the configuration)",
    "public": "not counted: a published contact on the allow list",
    "recipient": "not counted: the one recipient's own",
    "monitored": "not counted: only monitored ([monitor] in the policy)",
}


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = verb(
        verbs,
        "test",
        "Explain a verdict step by step. 0: it would pass, 1: it would be held.",
        "mailguard rules test --to taro@example.com --policy policy-relaxed.toml invoice.eml",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a mail (.eml) or any other file")
    parser.add_argument("--to", action="append", default=[], metavar="ADDRESS", help="a recipient; may be repeated")
    parser.add_argument("--policy", metavar="FILE", help="a policy file in place of the one in force")
    parser.add_argument(
        "--mode", default="findings", choices=[str(mode) for mode in SourceMode], help="mode of the sending system"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    takes_config(parser)
    parser.set_defaults(run=_test)


def _test(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    if arguments.policy:
        config = config.model_copy(
            update={"policy": config.policy.model_copy(update={"file": _policy(config, arguments.policy)})}
        )
    ruleset.load(scanning.rules_dir(config))
    data = read(arguments.file)
    if data is None:
        return 1
    inspection, told = asyncio.run(_explained(config, arguments.file, data, _sending(arguments)))
    report = _report(arguments.file, scanning.policy_file(config), inspection, told)
    print(json.dumps(report, ensure_ascii=False) if arguments.json else _text(report))
    return 1 if told.verdict.action is Action.HOLD else 0


def _policy(config: Config, named: str) -> str:
    """A file here before one of the rule files."""
    here = Path(named)
    return str(here.resolve()) if here.exists() else str(scanning.rules_dir(config) / named)


def _sending(arguments: argparse.Namespace) -> tuple[Envelope, SourceMode]:
    return Envelope("", tuple(arguments.to)), SourceMode(arguments.mode)


async def _explained(
    config: Config, file: Path, data: bytes, sending: tuple[Envelope, SourceMode]
) -> tuple[Inspection, Explanation]:
    envelope, mode = sending
    async with examiner(config) as examine:
        inspection = await examine.inspection(file, data)
        return inspection, explain(envelope, inspection, examine.policy, mode)


def _report(file: Path, policy: Path, inspection: Inspection, told: Explanation) -> dict[str, Any]:
    return {
        "file": str(file),
        "policy": str(policy),
        "ruleset": inspection.ruleset,
        "parts": [
            {"path": list(part.path), "media_type": part.media_type, "size": part.size, "depth": part.depth}
            for part in inspection.parts
        ],
        "problems": [problem_json(problem) for problem in inspection.problems],
        "findings": [
            {
                **finding_json(weighed.finding),
                "standing": str(weighed.standing),
                "why": WHY[weighed.standing].format(needed=weighed.needed),
            }
            for weighed in told.findings
        ],
        "mismatches": [finding_json(finding) for finding in told.verdict.findings],
        "persons": inspection.persons,
        "persons_exact": inspection.persons_exact,
        "households": inspection.households,
        "one_recipient": told.recipient,
        "strangers": told.strangers,
        "limits": [
            {"limit": c.what, "measured": c.measured, "holds_from": c.limit, "holds": c.holds, "reason": c.code}
            for c in told.comparisons
        ],
        "legal": told.legal.plain(),
        "verdict": str(told.verdict.action),
        "reasons": list(told.verdict.reasons),
        "watched": list(told.verdict.watched),
    }


def _text(report: dict[str, Any]) -> str:
    most = "" if report["persons_exact"] else "at most "
    one = "one outside recipient, whose own data pass" if report["one_recipient"] else "no single outside recipient"
    steps = {
        "parts opened": [f"{_path(part)}  {part['media_type']}  {part['size']:,} bytes" for part in report["parts"]],
        "not inspected": [problem_line(problem) for problem in report["problems"]],
        "findings": [_finding(finding) for finding in (*report["findings"], *report["mismatches"])],
        "persons": [
            f"{most}{report['persons']:,} persons, {report['households']:,} households",
            one,
            _strangers(report["strangers"]),
        ],
        f"limits of {report['policy']}": [_limit(limit) for limit in report["limits"]],
        "a leak would have to be reported (Personal Information Protection Commission, 個人情報保護委員会)": [
            _ground(check) for check in (*report["legal"]["grounds"], report["legal"]["my_number"])
        ],
    }
    lines = [report["file"]]
    for number, (title, said) in enumerate(steps.items(), 1):
        lines += [f"{number}. {title}:", *(f"   {line}" for line in said or ["none"])]
    lines.append(f"verdict: {report['verdict']}  {', '.join(report['reasons'])}".rstrip())
    if report["watched"]:
        lines.append(f"only monitored, would be held otherwise: {', '.join(report['watched'])}")
    return "\n".join(lines)


def _strangers(count: int | None) -> str:
    if count is None:
        return "too many to compare each with the recipient and your own: all of them count"
    return f"persons listed who are neither the recipient nor your own: {count:,}"


def _path(item: dict[str, Any]) -> str:
    return " › ".join(item["path"])


def _finding(finding: dict[str, Any]) -> str:
    values = f"{finding['count']:,} ({finding['distinct']:,} different) {'、'.join(finding['samples'])}"
    why = finding.get("why", "somebody other than the recipient")
    return (
        f"{_path(finding)} {finding['where']}: {finding['kind']} by {finding['rule']}: {values},"
        f" confidence {finding['confidence']:.2f} → {why}"
    )


def _limit(limit: dict[str, Any]) -> str:
    compared = f"{limit['measured']:,} of {limit['holds_from']:,}"
    return f"{limit['limit']}: {compared} → {'holds (' + limit['reason'] + ')' if limit['holds'] else 'does not hold'}"


def _ground(check: dict[str, Any]) -> str:
    if check["ground"] == "wrongful_purpose":
        return "wrongful_purpose: never decided by the machine, people must judge"
    said = {True: "yes", False: "no", None: "not known"}[check["met"]]
    most = "" if check["exact"] else "possible maximum "
    beside = f", more than {check['more_than']:,} count" if check["more_than"] else ""
    return f"{check['ground']}: {said} ({most}{check['count']:,}{beside})"
