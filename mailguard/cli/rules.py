"""mailguard rules: check the detection rules against their own examples, explain verdicts, count false positives.

Exit codes: 0 all is well or the file would pass, 1 a rule fails or the file would be held, 2 usage.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from mailguard.cli import rules_test
from mailguard.cli.commands import COMMANDS
from mailguard.cli.failures import located
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, config_of, nested, takes_config, verb
from mailguard.detect import kinds, ruleset
from mailguard.errors import ConfigError
from mailguard.policy import thresholds
from mailguard.service import scanning

_LIMITS = re.compile(r"^\s*\[(?:attachment|body|headers|file_name)\]", re.MULTILINE)


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "rules", COMMANDS["rules"])
    check = verb(
        actions,
        "check",
        "Run every hit and miss of every rule, and read every policy; says file, line and why. 0: all hold, 1: one fails.",
        "mailguard rules check rules/",  # or a policy file
    )
    check.add_argument(
        "directory", nargs="?", type=Path, help="rule files, or one policy file; without it those in force"
    )
    takes_config(check)
    check.set_defaults(run=_check)
    rules_test.register(actions)
    stats = verb(
        actions, "stats", "Count, by rule, the holds that people called a false positive.", "mailguard rules stats"
    )
    stats.set_defaults(run=_stats)
    monitored = verb(
        actions,
        "monitored",
        "Count, by day and source, the messages that would have been held if that were not only monitored.",
        "mailguard rules monitored --days 7",
    )
    monitored.add_argument("--days", type=int, default=14, help="today and so many days before it, less one")
    monitored.set_defaults(run=_monitored)
    for parser in (stats, monitored):
        parser.add_argument("--json", action="store_true", help="one JSON object per line")
        takes_config(parser)


def _check(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    directory = arguments.directory or scanning.rules_dir(config)
    if directory.is_file():
        thresholds(directory)
        print(f"{directory}: a policy that can be used")
        return 0
    try:
        rules = ruleset.load(directory)
    except ConfigError as error:
        raise ConfigError(str(located(directory, str(error)) or error)) from None
    policies = {*_policies(directory), *([] if arguments.directory else [scanning.policy_file(config)])}
    failures = list(_broken(sorted(policies)))
    failures += [str(located(directory, failure, rules) or failure) for failure in kinds.check(rules)]
    for failure in failures:
        print(failure, file=sys.stderr)
    if not failures:
        print(f"{directory}: all rules do what their examples say (ruleset {rules.version})")
    return 1 if failures else 0


def _policies(directory: Path) -> Iterator[Path]:
    """Files called policies, and those that have the limits of one."""
    for path in directory.glob("*.toml"):
        if path.name.startswith("policy") or _LIMITS.search(path.read_text("utf-8", "replace")):
            yield path


def _broken(policies: Iterable[Path]) -> Iterator[str]:
    for policy in policies:
        try:
            thresholds(policy)
        except ConfigError as error:
            yield str(error)


def _stats(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        counts = store.false_positives.by_rule()
    for counted in counts:
        if arguments.json:
            print(json.dumps({"rule": counted.rule, "holds": counted.holds, "last": counted.last.isoformat()}))
        else:
            print(f"{counted.rule}\t誤検知 {counted.holds:,}件\t{counted.last:%Y-%m-%d %H:%M} UTC")
    return 0


def _monitored(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        days = store.watching.days(arguments.days)
    for day in days:
        if arguments.json:
            row = {"day": day.day, "source": day.source_id, "messages": day.messages, "reasons": day.reasons}
            print(json.dumps(row, ensure_ascii=False))
        else:
            reasons = ", ".join(f"{reason} {number:,}" for reason, number in day.reasons.items())
            print(f"{day.day}\t{day.source_id or '(undeclared)'}\t通数 {day.messages:,}通\t{reasons}")
    return 0
