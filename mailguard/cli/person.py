"""mailguard person: who can log in to the page."""

import argparse

from mailguard.cli import deputy
from mailguard.cli.change import submit
from mailguard.cli.chosen_password import chosen_password, takes_password
from mailguard.cli.commands import COMMANDS
from mailguard.cli.deputy import person_id
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.cli.who import secret
from mailguard.store.audit import CLI
from mailguard.store.context import fresh_id
from mailguard.store.orders import AddPerson, DisablePerson, EnablePerson, GivePassword, SetOrganisation, SetRole
from mailguard.store.passwords import hashed
from mailguard.store.people import ROLES


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "person", COMMANDS["person"])
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
    enable = verb(actions, "enable", "Let a disabled person in again.", "mailguard person enable sato")
    role = verb(
        actions, "role", "Give a person another role; sessions end at once.", "mailguard person role sato auditor"
    )
    belongs = verb(
        actions,
        "organisation",
        'Say to which organisation a person belongs; "" is the own company.',
        "mailguard person organisation sato A商会",
    )
    for parser, run in ((disable, _disable), (enable, _enable), (role, _role), (belongs, _organisation)):
        parser.add_argument("login")
        parser.set_defaults(run=run)
    role.add_argument("role", choices=ROLES)
    belongs.add_argument("organisation")
    deputy.register(actions)
    password = verb(
        actions,
        "password",
        "Give somebody a password for one use, with an approver's consent, or change your own.",
        "mailguard person password sato --own",
    )
    password.add_argument("login")
    password.add_argument(
        "--own", action="store_true", help="change your own: the one of now is asked for, then the new one"
    )
    takes_password(password)
    password.set_defaults(run=_password)
    for parser in (add, listing, disable, enable, role, belongs, password):
        takes_config(parser)


def _add(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        order = AddPerson(
            id=fresh_id("P"),
            login=arguments.login.strip(),
            name=arguments.name,
            email=arguments.email.strip(),
            role=arguments.role,
            organisation=arguments.organisation.strip(),
            language=arguments.language,
            secret=hashed(chosen_password(arguments)),
        )
        return submit(store, CLI, order, f"added {arguments.login}")


def _password(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        person = person_id(store, arguments.login)
        if arguments.own:
            store.people.choose_password(person, secret("Password now: "), secret("New password: "), "")
            print(f"changed the password of {arguments.login}")
            return 0
        order = GivePassword(person, hashed(chosen_password(arguments)))
        done = f"{arguments.login} logs in with this password once, and chooses another one"
        return submit(store, CLI, order, done)


def _disable(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        order = DisablePerson(person_id(store, arguments.login))
        return submit(store, CLI, order, f"disabled {arguments.login}")


def _enable(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        order = EnablePerson(person_id(store, arguments.login))
        return submit(store, CLI, order, f"enabled {arguments.login}")


def _role(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        order = SetRole(person_id(store, arguments.login), arguments.role)
        return submit(store, CLI, order, f"changed the role of {arguments.login}")


def _organisation(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        order = SetOrganisation(person_id(store, arguments.login), arguments.organisation.strip())
        return submit(store, CLI, order, f"changed the organisation of {arguments.login}")


def _list(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        for person in store.people.all():
            state = "enabled" if person.enabled else "disabled"
            print(f"{person.login}\t{person.role}\t{state}\t{person.organisation}\t{person.name}\t{person.email}")
    return 0
