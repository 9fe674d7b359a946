"""mailguard source: the sending systems and their operators."""

import argparse

from mailguard.cli.options import ACTOR, Verbs, nested, store_of, takes_config, verb
from mailguard.errors import NotFoundError
from mailguard.model import Source, SourceMode
from mailguard.store import Store


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "source", "Manage the sending systems.")
    add = verb(
        actions,
        "add",
        "Declare a sending system and its operators.",
        "mailguard source add mailer --title 会員メール配信 --operator tanaka --network 10.1.2.0/24",
    )
    add.add_argument("id")
    add.add_argument("--title", required=True, help="name as shown on the page")
    add.add_argument(
        "--operator", action="append", default=[], metavar="LOGIN", help="may be repeated; none of them may approve"
    )
    add.add_argument(
        "--mode",
        default="findings",
        choices=[str(mode) for mode in SourceMode],
        help="what is held: findings | every_mailing (each new mailing, clean ones too)"
        " | no_attachments (findings, and any attachment) | monitor (nothing: what would be is counted)",
    )
    add.add_argument("--organisation", default="")
    add.add_argument("--login", action="append", default=[], help="SMTP login; may be repeated")
    add.add_argument("--network", action="append", default=[], help="client network; may be repeated")
    add.add_argument("--from-domain", action="append", default=[], help="domain of the From header; may be repeated")
    add.set_defaults(run=_add)
    listing = verb(actions, "list", "List all sending systems.", "mailguard source list")
    listing.set_defaults(run=_list)
    for parser in (add, listing):
        takes_config(parser)


def _add(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        source = Source(
            id=arguments.id,
            title=arguments.title,
            operators=tuple(_person(store, login) for login in arguments.operator),
            mode=SourceMode(arguments.mode),
            organisation=arguments.organisation,
            logins=tuple(arguments.login),
            networks=tuple(arguments.network),
            from_domains=tuple(arguments.from_domain),
        )
        store.sources.add(source, actor=ACTOR)
    print(f"added {arguments.id}")
    return 0


def _person(store: Store, login: str) -> str:
    person = store.people.by_login(login)
    if person is None:
        raise NotFoundError(f"--operator {login}: no such person. Add one with `mailguard person add {login} …`.")
    return person.id


def _list(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        logins = {person.id: person.login for person in store.people.all()}
        for source in store.sources.all():
            operators = ",".join(logins.get(person, person) for person in source.operators)
            marks = ",".join((*source.logins, *source.networks, *source.from_domains))
            print(f"{source.id}\t{source.mode}\t{operators}\t{marks}\t{source.organisation}\t{source.title}")
    return 0
