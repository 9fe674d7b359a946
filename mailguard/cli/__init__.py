"""The `mailguard` command. Exit codes: 0 ok, 1 found or failed, 2 usage."""

import argparse
import sys
from collections.abc import Sequence

from mailguard import __version__
from mailguard.cli import (
    audit,
    change,
    config,
    contact,
    db,
    demo,
    hold,
    login,
    person,
    release,
    report,
    request,
    rules,
    scan,
    serve,
    source,
    stop,
)
from mailguard.errors import MailguardError

COMMANDS = (
    serve, demo, scan, hold, request, release, person, login, source, change, stop, contact, rules, audit, report, config, db,
)  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="mailguard",
        description="Holds bulk mail that carries Japanese personal data until a second person approves it.",
        epilog="Example: mailguard serve --config /etc/mailguard.toml",
    )
    top.add_argument("--version", action="version", version=f"mailguard {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.register(verbs)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are said in one sentence, never as a traceback."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except MailguardError as error:
        print(f"mailguard: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130
