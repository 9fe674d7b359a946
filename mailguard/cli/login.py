"""mailguard login: the SMTP logins of the tools that send."""

import argparse

from mailguard.cli.chosen_password import chosen_password, takes_password
from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.store.audit import CLI


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "login", COMMANDS["login"])
    add = verb(actions, "add", "Add a login.", "mailguard login add mailer")
    add.add_argument("name")
    takes_password(add)
    add.set_defaults(run=_add)
    listing = verb(actions, "list", "List all logins.", "mailguard login list")
    listing.set_defaults(run=_list)
    disable = verb(actions, "disable", "Disable a login; it ends within seconds.", "mailguard login disable mailer")
    disable.add_argument("name")
    disable.set_defaults(run=_disable)
    password = verb(
        actions,
        "password",
        "Set a new password; the old one ends within seconds, a disabled login is enabled.",
        "mailguard login password mailer",
    )
    password.add_argument("name")
    takes_password(password)
    password.set_defaults(run=_password)
    for parser in (add, listing, disable, password):
        takes_config(parser)


def _add(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        store.logins.add(arguments.name, chosen_password(arguments), actor=CLI)
    print(f"added {arguments.name}")
    return 0


def _disable(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        store.logins.disable(arguments.name, actor=CLI)
    print(f"disabled {arguments.name}")
    return 0


def _password(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        store.logins.set_password(arguments.name, chosen_password(arguments), actor=CLI)
    print(f"changed the password of {arguments.name}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        for login in store.logins.all():
            print(f"{login.name}\t{'enabled' if login.enabled else 'disabled'}")
    return 0
