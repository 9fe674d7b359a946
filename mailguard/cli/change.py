"""mailguard change: what was asked for and waits for a second person's consent."""

import argparse

from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.cli.who import authenticated
from mailguard.store import Store
from mailguard.store.changes import WAITING, Change
from mailguard.store.orders import Order


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "change", COMMANDS["change"])
    listing = verb(actions, "list", "List what waits for consent.", "mailguard change list --all")
    listing.add_argument("--all", action="store_true", help="also what was decided")
    listing.set_defaults(run=_list)
    agree = verb(
        actions, "agree", "Consent to a change; it takes effect.", "mailguard change agree C-7K2M9QX4TD --as sato"
    )
    refuse = verb(actions, "refuse", "Refuse a change.", "mailguard change refuse C-7K2M9QX4TD --as sato")
    for parser, run in ((agree, _agree), (refuse, _refuse)):
        parser.add_argument("id")
        parser.add_argument(
            "--as",
            dest="login",
            metavar="LOGIN",
            required=True,
            help="the approver who decides; the password is asked for, or read from a pipe",
        )
        parser.set_defaults(run=run)
    for parser in (listing, agree, refuse):
        takes_config(parser)


def submit(store: Store, actor: str, order: Order, done: str) -> int:
    """Ask for a change and say what became of it; the exit code."""
    change = store.changes.submit(actor, order)
    if change is None:
        print(done)
    else:
        print(f"{change.id} waits for the consent of an approver: mailguard change agree {change.id} --as LOGIN")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        names = {person.id: person.name for person in store.people.all()}
        for change in store.changes.all():
            if arguments.all or change.state == WAITING:
                print(_line(change, names.get(change.asked_by, change.asked_by)))
                for fact in change.facts:
                    print(f"  {fact.name}: {fact.before or '–'} → {fact.after or '–'}")
    return 0


def _line(change: Change, asker: str) -> str:
    return f"{change.id}\t{change.state}\t{change.kind}\t{asker}\t{change.asked_at:%Y-%m-%d %H:%M} UTC"


def _agree(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        person = authenticated(store, arguments.login)
        store.changes.agree(arguments.id, person.id)
    print(f"{arguments.id}: agreed, and in effect")
    return 0


def _refuse(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        person = authenticated(store, arguments.login)
        store.changes.refuse(arguments.id, person.id)
    print(f"{arguments.id}: refused")
    return 0
