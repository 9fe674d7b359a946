"""mailguard person: who can log in to the page."""

import argparse

from mailguard.cli.account import changes_password, chosen_password, disables, takes_password
from mailguard.cli.options import ACTOR, Verbs, nested, store_of, takes_config, verb
from mailguard.store import Store
from mailguard.store.people import People

ROLES = ("operator", "approver", "auditor", "administrator")


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
    disables(disable, _people, "login")
    password = verb(actions, "password", "Set a new password; sessions end at once.", "mailguard person password sato")
    changes_password(password, _people, "login")
    for parser in (add, listing, disable, password):
        takes_config(parser)


def _people(store: Store) -> People:
    return store.people


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
