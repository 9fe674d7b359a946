"""The `mailguard` command. Exit codes: 0 ok, 1 found or failed, 2 usage."""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from mailguard import __version__
from mailguard.cli.commands import COMMANDS
from mailguard.errors import MailguardError


def parser(command: str = "") -> argparse.ArgumentParser:
    """The whole command line: of `command` all, of the others their sentences, so that nothing of theirs is loaded."""
    top = argparse.ArgumentParser(
        prog="mailguard",
        description="Holds bulk mail that carries Japanese personal data until a second person approves it.",
        epilog="Example: mailguard serve --config /etc/mailguard.toml",
    )
    top.add_argument("--version", action="version", version=f"mailguard {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for name, sentence in COMMANDS.items():
        if name == command:
            _module(name).register(verbs)
        else:
            verbs.add_parser(name, help=sentence)
    return top


def _module(name: str) -> Any:
    gc.disable()  # what is imported stays: looking for garbage in it takes a tenth of the time
    try:
        return importlib.import_module(f"{__name__}.{name}")
    finally:
        gc.enable()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are said in one sentence, never as a traceback."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its threads wait for each other on busy cores
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(next((word for word in words if word in COMMANDS), "")).parse_args(words)
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
