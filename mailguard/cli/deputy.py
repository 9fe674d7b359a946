"""mailguard person deputy: who decides for an approver who is away."""

import argparse

from mailguard.cli.change import submit
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.errors import NotFoundError
from mailguard.store import Store
from mailguard.store.audit import CLI
from mailguard.store.orders import AddDeputy, EndDeputy


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "deputy", "Say who decides for an approver who is away.")
    add = verb(
        actions,
        "add",
        "Let somebody decide for an approver, from one day to another.",
        "mailguard person deputy add suzuki --deputy sato --from 2027-05-01 --to 2027-05-07",
    )
    add.add_argument("login", help="the approver who is away")
    add.add_argument("--deputy", required=True, metavar="LOGIN", help="who decides meanwhile")
    add.add_argument("--from", dest="first", required=True, metavar="DAY", help="in Japan, as 2027-05-01")
    add.add_argument("--to", dest="last", required=True, metavar="DAY", help="the last day")
    add.set_defaults(run=_add)
    listing = verb(actions, "list", "List the deputies of today and later.", "mailguard person deputy list")
    listing.set_defaults(run=_list)
    end = verb(actions, "end", "Call a deputy off.", "mailguard person deputy end D-7K2M9QX4TD")
    end.add_argument("id")
    end.set_defaults(run=_end)
    for parser in (add, listing, end):
        takes_config(parser)


def person_id(store: Store, login: str) -> str:
    """The id of a person. Raises NotFoundError."""
    person = store.people.by_login(login)
    if person is None:
        raise NotFoundError("No such person. `mailguard person list` shows everybody.")
    return person.id


def _add(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        absent, deputy = (person_id(store, login) for login in (arguments.login, arguments.deputy))
        order = AddDeputy(absent, deputy, arguments.first, arguments.last)
        return submit(store, CLI, order, f"added {arguments.deputy} as the deputy of {arguments.login}")


def _list(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        logins = {person.id: person.login for person in store.people.all()}
        for one in store.deputies.current():
            print(f"{one.id}\t{logins[one.absent_id]}\t{logins[one.deputy_id]}\t{one.first_day}\t{one.last_day}")
    return 0


def _end(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        return submit(store, CLI, EndDeputy(arguments.id), f"ended {arguments.id}")
