"""mailguard person: who can log in to the page."""

import argparse
import secrets
import sys

from mailguard.cli.options import Verbs, nested, store_of, takes_config, verb

ROLES = ("operator", "approver", "auditor", "administrator")
ACTOR = "cli"


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "person", "Manage the people of the page.")
    add = verb(
        actions,
        "add",
        "Add a person.",
        "mailguard person add sato --name 佐藤花子 --email sato@example.co.jp --role approver",
    )
    add.add_argument("login")
    add.add_argument("--name", required=True, help="name as shown on the page")
    add.add_argument("--email", default="", help="where notices go")
    add.add_argument("--role", required=True, choices=ROLES)
    add.add_argument("--organisation", default="")
    add.add_argument("--language", default="ja", choices=("ja", "en"))
    takes_password(add)
    add.set_defaults(run=_add)
    listing = verb(actions, "list", "List all people.", "mailguard person list")
    listing.set_defaults(run=_list)
    disable = verb(actions, "disable", "Disable a person; sessions end at once.", "mailguard person disable sato")
    disable.add_argument("login")
    disable.set_defaults(run=_disable)
    password = verb(actions, "password", "Set a new password; sessions end at once.", "mailguard person password sato")
    password.add_argument("login")
    takes_password(password)
    password.set_defaults(run=_password)
    for parser in (add, listing, disable, password):
        takes_config(parser)


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


def _add(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        store.people.add(
            login=arguments.login,
            name=arguments.name,
            email=arguments.email,
            role=arguments.role,
            password=chosen_password(arguments),
            organisation=arguments.organisation,
            language=arguments.language,
            actor=ACTOR,
        )
    print(f"added {arguments.login}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        for person in store.people.all():
            state = "enabled" if person.enabled else "disabled"
            print(f"{person.login}\t{person.role}\t{state}\t{person.organisation}\t{person.name}\t{person.email}")
    return 0


def _disable(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        store.people.disable(arguments.login, actor=ACTOR)
    print(f"disabled {arguments.login}")
    return 0


def _password(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        store.people.set_password(arguments.login, chosen_password(arguments), actor=ACTOR)
    print(f"changed the password of {arguments.login}")
    return 0
