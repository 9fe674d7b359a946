"""mailguard rules: check the detection rules against their own examples."""

import argparse
import sys
from pathlib import Path

from mailguard import service
from mailguard.cli.options import Verbs, config_of, nested, takes_config, verb
from mailguard.detect import kinds, ruleset
from mailguard.policy import thresholds


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "rules", "Look after the detection rules.")
    parser = verb(actions, "check", "Run every hit and miss of every rule.", "mailguard rules check rules/")
    parser.add_argument("directory", nargs="?", type=Path, help="rule files; without it those in force")
    takes_config(parser)
    parser.set_defaults(run=_check)


def _check(arguments: argparse.Namespace) -> int:
    directory = arguments.directory or service.rules_dir(config_of(arguments))
    thresholds(directory / "policy.toml")
    rules = ruleset.load(directory)
    failures = kinds.check(rules)
    for failure in failures:
        print(failure, file=sys.stderr)
    if not failures:
        print(f"{directory}: all rules do what their examples say (ruleset {rules.version})")
    return 1 if failures else 0
