"""mailguard config: check a configuration, or print the annotated example."""

import argparse
import asyncio
import os

from mailguard.cli.commands import COMMANDS
from mailguard.cli.options import Verbs, config_of, nested, takes_config, verb
from mailguard.config import Config, example
from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.service import checkup, scanning
from mailguard.service.clock import now


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "config", COMMANDS["config"])
    check = verb(
        actions,
        "check",
        "Check configuration, rules, certificate, addresses, database and sandbox.",
        "mailguard config check --config /etc/mailguard.toml",
    )
    takes_config(check)
    check.set_defaults(run=_check)
    printed = verb(
        actions, "example", "Print every setting with its default.", "mailguard config example > mailguard.toml"
    )
    printed.set_defaults(run=_example)


def _check(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    print("configuration: ok")
    failed = False
    for finding in checkup.findings(config, now):
        print(finding)
        failed = failed or finding.weight is checkup.Weight.FAILED
    try:
        posture = asyncio.run(_posture(config))
    except ConfigError as error:
        print(f"failed: sandbox: not started: {error}")
        return 1
    for name, fact in posture.items():
        print(f"{'' if fact else 'warning: '}sandbox: {name}: {fact or 'not available here'}")
    return 1 if failed else 0


async def _posture(config: Config) -> dict[str, bool | str]:
    scanner = scanning.scanner(config, Digester(os.urandom(32)))
    await scanner.start()
    try:
        return scanner.posture()
    finally:
        await scanner.stop()


def _example(arguments: argparse.Namespace) -> int:
    del arguments
    print(example(), end="")
    return 0
