"""mailguard rules: check the detection rules against their own examples, explain verdicts, count false positives.

Exit codes: 0 all is well or the file would pass, 1 a rule fails or the file would be held, 2 usage.
"""

import argparse
import sys
from pathlib import Path

from mailguard import service
from mailguard.cli import rules_test
from mailguard.cli.failures import located
from mailguard.cli.options import Verbs, config_of, nested, takes_config, verb
from mailguard.detect import kinds, ruleset
from mailguard.errors import ConfigError
from mailguard.policy import thresholds


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "rules", "Look after the detection rules.")
    check = verb(
        actions,
        "check",
        "Run every hit and miss of every rule, and read every policy; says file, line and why. 0: all hold, 1: one fails.",
        "mailguard rules check rules/",
    )
    check.add_argument("directory", nargs="?", type=Path, help="rule files; without it those in force")
    takes_config(check)
    check.set_defaults(run=_check)
    rules_test.register(actions)


def _check(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    directory = arguments.directory or service.rules_dir(config)
    try:
        rules = ruleset.load(directory)
    except ConfigError as error:
        raise ConfigError(str(located(directory, str(error)) or error)) from None
    policies = {*directory.glob("policy*.toml"), *([] if arguments.directory else [service.policy_file(config)])}
    for policy in sorted(policies):
        thresholds(policy)
    failures = kinds.check(rules)
    for failure in failures:
        print(located(directory, failure, rules) or failure, file=sys.stderr)
    if not failures:
        print(f"{directory}: all rules do what their examples say (ruleset {rules.version})")
    return 1 if failures else 0
