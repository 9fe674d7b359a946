"""mailguard stop: stop all mail, a source or a mailing at once; two people, by their passwords, let it go on."""

import argparse
import sys

from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.cli.who import authenticated
from mailguard.reachlist import FORMATS
from mailguard.store.audit import CLI
from mailguard.store.reach import About
from mailguard.store.stops import Stop


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "stop", COMMANDS["stop"])
    every = verb(actions, "all", "Hold all new mail and send nothing more.", 'mailguard stop all --reason "wrong list"')
    source = verb(actions, "source", "The same for one source.", 'mailguard stop source mailer --reason "wrong list"')
    source.add_argument("id", help="as `mailguard source list` says it")
    campaign = verb(
        actions,
        "campaign",
        "The same for one mailing: what its tool calls so, and what has its subject.",
        'mailguard stop campaign H-7K2M9QX4TD --reason "wrong list"',
    )
    campaign.add_argument("id", help="a hold of the mailing, or the campaign as `mailguard hold campaigns` says it")
    for parser, run in ((every, _all), (source, _source), (campaign, _campaign)):
        parser.add_argument("--reason", required=True, help="shown on the page and kept")
        parser.set_defaults(run=run)
    listing = verb(actions, "list", "Say what is stopped, and since when.", "mailguard stop list")
    listing.set_defaults(run=_list)
    end = verb(
        actions,
        "end",
        "Ask to go on; somebody else agrees. Both are approvers and give their passwords.",
        'mailguard stop end S-7K2M9QX4TD --login sato --reason "the list is right now"',
    )
    end.add_argument("id")
    end.add_argument("--login", required=True, help="an approver; the password is asked for, or read from a pipe")
    what = end.add_mutually_exclusive_group(required=True)
    what.add_argument("--reason", help="ask, with this reason")
    what.add_argument("--agree", action="store_true", help="agree to what somebody else asked")
    end.set_defaults(run=_end)
    export = verb(
        actions,
        "export",
        "Write who was reached and who was not: a line for each recipient, and counts.",
        "mailguard stop export --campaign H-7K2M9QX4TD --format csv > reached.csv",
    )
    about = export.add_mutually_exclusive_group(required=True)
    about.add_argument("--hold", action="append", default=[], metavar="ID", help="may be given several times")
    about.add_argument("--source", default="", metavar="ID")
    about.add_argument("--campaign", default="", metavar="ID", help="a campaign, or all holds of the mailing of a hold")
    export.add_argument("--clear", action="store_true", help="addresses in clear, until they are purged; recorded")
    export.add_argument("--reason", default="", help="why addresses are needed in clear; kept sealed")
    export.add_argument("--format", choices=list(FORMATS), default="csv")
    export.set_defaults(run=_export)
    for parser in (every, source, campaign, listing, end, export):
        takes_config(parser)


def _all(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        print(_line(store.stops.stop_all(CLI, arguments.reason)))
    return 0


def _source(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        print(_line(store.stops.stop_source(CLI, arguments.id, arguments.reason)))
    return 0


def _campaign(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        print(_line(store.stops.stop_campaign(CLI, arguments.id, arguments.reason)))
    return 0


def _list(arguments: argparse.Namespace) -> int:
    """Exit code 0 whether something is stopped or not: asking is no failure."""
    with store_of(arguments) as store:
        active = store.stops.active()
    for stop in active:
        print(_line(stop))
    if not active:
        print("nothing is stopped")
    return 0


def _end(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        person = authenticated(store, arguments.login)
        if arguments.agree:
            store.stops.agree_end(person.id, arguments.id)
            print("ended")
        else:
            store.stops.ask_end(person.id, arguments.id, arguments.reason)
            print("asked: a different approver must agree")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    about = About(tuple(arguments.hold), arguments.source, arguments.campaign)
    with store_of(arguments) as store:
        reach = store.reach.take(about, CLI, clear=arguments.clear, reason=arguments.reason)
    print(reach.written(arguments.format), end="")
    if arguments.clear and reach.masked:
        print(f"stop: {reach.masked:,} addresses are purged; only their masks are left.", file=sys.stderr)
    return 0


def _line(stop: Stop) -> str:
    what = stop.scope.value if not stop.source_id else f"{stop.scope.value} {stop.hold_id or stop.source_id}"
    asked = f"; {stop.asked_name} asks to end it" if stop.asked_at else ""
    return f"{stop.id}\t{what}\tsince {stop.at:%Y-%m-%d %H:%M} UTC by {stop.name}: {stop.reason}{asked}"
