"""SMTP logins get passwords and are disabled; people of the page get their first one in the same way."""

import argparse
import secrets
import sys
from collections.abc import Callable
from typing import Protocol

from mailguard.cli.options import store_of
from mailguard.store import Store
from mailguard.store.audit import CLI


class Accounts(Protocol):
    """`store.logins`."""

    def disable(self, name: str, /, actor: str) -> None:
        """Nobody gets in under this name."""

    def set_password(self, name: str, password: str, /, actor: str) -> None:
        """A new password."""


Choose = Callable[[Store], Accounts]


def disables(parser: argparse.ArgumentParser, accounts: Choose, called: str) -> None:
    """The verb `disable`; `called` stands for the name in the help."""

    def run(arguments: argparse.Namespace) -> int:
        with store_of(arguments) as store:
            accounts(store).disable(arguments.account, actor=CLI)
        print(f"disabled {arguments.account}")
        return 0

    parser.add_argument("account", metavar=called)
    parser.set_defaults(run=run)


def changes_password(parser: argparse.ArgumentParser, accounts: Choose, called: str) -> None:
    """The verb `password`."""

    def run(arguments: argparse.Namespace) -> int:
        with store_of(arguments) as store:
            accounts(store).set_password(arguments.account, chosen_password(arguments), actor=CLI)
        print(f"changed the password of {arguments.account}")
        return 0

    parser.add_argument("account", metavar=called)
    takes_password(parser)
    parser.set_defaults(run=run)


def takes_password(parser: argparse.ArgumentParser) -> None:
    """`--password-stdin`."""
    parser.add_argument(
        "--password-stdin", action="store_true", help="read it from standard input; else one is made and printed"
    )


def chosen_password(arguments: argparse.Namespace) -> str:
    """The password that was given, or one that is made and printed."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    made = secrets.token_urlsafe(15)
    print(f"password: {made}")
    return made
