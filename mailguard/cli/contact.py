"""mailguard contact: contacts that an organisation publishes (公開連絡先); a different person agrees, each with a password.

Values are masks: nothing here prints a contact in clear.
"""

import argparse

from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.cli.who import authenticated
from mailguard.store.calendar import TOKYO
from mailguard.store.public_contacts import ContactState, PublicContact


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "contact", COMMANDS["contact"])
    listing = verb(actions, "list", "List what is allowed, and what waits for consent.", "mailguard contact list --all")
    listing.add_argument("--all", action="store_true", help="also what is over")
    listing.set_defaults(run=_list)
    offers = verb(
        actions,
        "offers",
        "List what of a hold can be proposed, by its number.",
        "mailguard contact offers H-7K2M9QX4TD",
    )
    offers.add_argument("hold")
    offers.set_defaults(run=_offers)
    propose = verb(
        actions,
        "propose",
        "Propose a contact of a hold; a different approver must agree.",
        "mailguard contact propose H-7K2M9QX4TD 2.0 --as tanaka --reason 会社のウェブサイトに掲載",
    )
    propose.add_argument("hold")
    propose.add_argument("ref", help="the number that `mailguard contact offers` says")
    propose.add_argument("--reason", required=True, metavar="TEXT", help="where it is published")
    propose.set_defaults(run=_propose)
    agree = verb(
        actions, "agree", "Agree to a contact, as the second person.", "mailguard contact agree C-7K2M9QX4TD --as sato"
    )
    agree.set_defaults(run=_agree)
    remove = verb(
        actions,
        "remove",
        "End a contact before its time, or take it back.",
        "mailguard contact remove C-7K2M9QX4TD --as sato",
    )
    remove.set_defaults(run=_remove)
    for parser in (agree, remove):
        parser.add_argument("id")
    for parser in (propose, agree, remove):
        parser.add_argument(
            "--as", dest="login", required=True, metavar="LOGIN", help="the password is asked for, or read from a pipe"
        )
    for parser in (listing, offers, propose, agree, remove):
        takes_config(parser)


def _list(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        for one in store.public_contacts.all():
            if arguments.all or one.state is not ContactState.OVER:
                print(_line(one))
    return 0


def _line(one: PublicContact) -> str:
    until = f"{one.until.astimezone(TOKYO):%Y-%m-%d %H:%M}" if one.until else "–"
    return f"{one.id}\t{one.state}\t{one.kind}\t{one.shown}\t{one.hold_id}\t{until}\t{one.asked_name}\t{one.agreed_name or '–'}\t{one.reason}"


def _offers(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        for one in store.public_contacts.offers(arguments.hold):
            print(f"{one.ref}\t{one.kind}\t{one.shown}")
    return 0


def _propose(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        person, revision = authenticated(store, arguments.login), store.holds.get(arguments.hold).row.revision
        entry = store.public_contacts.ask(
            arguments.hold, arguments.ref, person.id, revision=revision, reason=arguments.reason
        )
    print(f"{entry} waits for a different approver: mailguard contact agree {entry} --as LOGIN")
    return 0


def _agree(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        person = authenticated(store, arguments.login)
        until = store.public_contacts.agree(arguments.id, person.id)
    print(f"{arguments.id}: allowed until {until.astimezone(TOKYO):%Y-%m-%d %H:%M}")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        person = authenticated(store, arguments.login)
        store.public_contacts.end(arguments.id, person.id)
    print(f"{arguments.id}: over")
    return 0
