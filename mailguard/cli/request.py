"""mailguard request: file a mailing before it is sent, and see what became of it. A second person approves it on the page."""

import argparse
from datetime import datetime
from pathlib import Path

from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.cli.who import authenticated
from mailguard.errors import RefusedError
from mailguard.store.calendar import TOKYO
from mailguard.store.requests import Filing, Requested


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "request", COMMANDS["request"])
    listing = verb(actions, "list", "List requests, the newest first.", "mailguard request list")
    listing.set_defaults(run=_list)
    filing = verb(
        actions,
        "file",
        "File a mailing with the message as it will be sent. The password is asked for, or read from a pipe.",
        "mailguard request file mail.eml --as tanaka --source ski --recipients 2000"
        " --begins 2026-12-01T09:00 --ends 2026-12-01T18:00 --purpose TEXT",
    )
    filing.add_argument("message", type=Path, help="the message, .eml")
    filing.add_argument("--as", dest="login", required=True, metavar="LOGIN")
    filing.add_argument("--source", required=True, metavar="ID")
    filing.add_argument("--recipients", required=True, type=int, help="all recipients of the mailing")
    filing.add_argument("--begins", required=True, type=_moment, help="in Japan's time, as in 2026-12-01T09:00")
    filing.add_argument("--ends", required=True, type=_moment, help="the same")
    filing.add_argument("--purpose", required=True, metavar="TEXT")
    filing.set_defaults(run=_file)
    for parser in (listing, filing):
        takes_config(parser)


def _file(arguments: argparse.Namespace) -> int:
    try:
        sample = arguments.message.read_bytes()
    except OSError as error:
        fact = f"{arguments.message}: cannot be read ({error.strerror}). Check path and mode."
        raise RefusedError("request_sample_missing", fact) from None
    with store_of(arguments) as store:
        person = authenticated(store, arguments.login)
        filing = Filing(
            arguments.source, arguments.purpose, arguments.recipients, arguments.begins, arguments.ends, sample
        )
        print(f"request {store.requests.file(person.id, filing)}: filed, and inspected by the running service")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        for one in store.requests.all():
            print(_line(one))
    return 0


def _line(one: Requested) -> str:
    begins, ends = (f"{at.astimezone(TOKYO):%Y-%m-%d %H:%M}" for at in (one.begins_at, one.ends_at))
    state = f"failed ({one.failed})" if one.failed else one.state or "inspecting"
    return f"{one.id}\t{state}\t{one.source_title}\t宛先数 {one.recipients:,}件\t{begins} – {ends}\t{one.hold_id}"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text} is no time. Write it as in "2026-12-01T09:00".') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=TOKYO)
