"""mailguard demo: both incidents on this machine, with made-up people."""

import argparse
import asyncio

from mailguard import log
from mailguard.cli.commands import COMMANDS
from mailguard.cli.options import Verbs, verb
from mailguard.demo.show import show


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = verb(verbs, "demo", COMMANDS["demo"], "mailguard demo")
    parser.add_argument("--full", action="store_true", help="2,000 recipients a run, as in the incident, instead of 40")
    parser.add_argument("--once", action="store_true", help="end after the mails were sent")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C."""
    log.setup("WARNING")
    return asyncio.run(show(full=arguments.full, stay=not arguments.once))
