"""mailguard source: the sending systems and their operators."""

import argparse
from dataclasses import replace
from typing import Any

from mailguard.cli.change import submit
from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.errors import NotFoundError
from mailguard.model import Source, SourceMode
from mailguard.store import Store
from mailguard.store.audit import CLI
from mailguard.store.orders import AddSource, ChangeSource, RemoveSource


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "source", COMMANDS["source"])
    add = verb(
        actions,
        "add",
        "Declare a sending system and its operators.",
        "mailguard source add mailer --title 会員メール配信 --operator tanaka --network 10.1.2.0/24",
    )
    add.add_argument("id")
    _takes_signs(add, given=True)
    add.set_defaults(run=_add)
    listing = verb(actions, "list", "List all sending systems.", "mailguard source list")
    listing.set_defaults(run=_list)
    change = verb(
        actions, "change", "Change what is said of a sending system.", "mailguard source change mailer --mode monitor"
    )
    _takes_signs(change, given=False)
    change.set_defaults(run=_change)
    remove = verb(
        actions, "remove", "Let a sending system recognise no mail any more.", "mailguard source remove mailer"
    )
    remove.set_defaults(run=_remove)
    for parser in (change, remove):
        parser.add_argument("id")
    for parser in (add, listing, change, remove):
        takes_config(parser)


def _takes_signs(parser: argparse.ArgumentParser, *, given: bool) -> None:
    """What a source is; given: the title and all of it, not only what changes."""
    several: dict[str, Any] = {"action": "append", "default": [] if given else None}
    more = "" if given else '; replaces those it has, "" is none'
    parser.add_argument("--title", required=given, help="name as shown on the page")
    parser.add_argument(
        "--operator", metavar="LOGIN", help=f"may be repeated; none of them may approve{more}", **several
    )
    parser.add_argument(
        "--mode",
        default="findings" if given else None,
        choices=[str(mode) for mode in SourceMode],
        help="what is held: findings | every_mailing (each new mailing, clean ones too)"
        " | no_attachments (findings, and any attachment) | monitor (nothing: what would be is counted)",
    )
    parser.add_argument(
        "--organisation", default="" if given else None, help='whose mail it sends; "" is the own company'
    )
    parser.add_argument("--login", help=f"SMTP login; may be repeated{more}", **several)
    parser.add_argument("--network", help=f"client network; may be repeated{more}", **several)
    parser.add_argument("--from-domain", help=f"domain of the From header; may be repeated{more}", **several)


def _add(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        source = Source(
            id=arguments.id,
            title=arguments.title,
            operators=tuple(_person(store, login) for login in arguments.operator),
            mode=SourceMode(arguments.mode),
            organisation=arguments.organisation.strip(),
            logins=tuple(arguments.login),
            networks=tuple(arguments.network),
            from_domains=tuple(arguments.from_domain),
        )
        return submit(store, CLI, AddSource.of(source), f"added {arguments.id}")


def _change(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        source = next((one for one in store.sources.all() if one.id == arguments.id), None)
        if source is None:
            raise NotFoundError("No such source. `mailguard source list` shows all of them.")
        operators = arguments.operator and [_person(store, login) for login in arguments.operator if login]
        wished: dict[str, Any] = {
            "title": arguments.title,
            "operators": operators if operators is None else tuple(operators),
            "mode": arguments.mode and SourceMode(arguments.mode),
            "organisation": arguments.organisation and arguments.organisation.strip(),
            "logins": _some(arguments.login),
            "networks": _some(arguments.network),
            "from_domains": _some(arguments.from_domain),
        }
        fresh = replace(source, **{name: value for name, value in wished.items() if value is not None})
        return submit(store, CLI, ChangeSource.of(fresh), f"changed {arguments.id}")


def _remove(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        return submit(store, CLI, RemoveSource(arguments.id), f"removed {arguments.id}")


def _some(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(value for value in values if value)


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
