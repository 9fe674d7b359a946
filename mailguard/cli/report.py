"""mailguard report: drafts of a report of a leak, or the proof that nothing left."""

import argparse
from datetime import date

from mailguard import leak
from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, config_of, nested, takes_config, verb
from mailguard.policy import thresholds
from mailguard.service import scanning
from mailguard.service.clock import now
from mailguard.store.audit import CLI


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "report", COMMANDS["report"])
    draft = verb(
        actions,
        "draft",
        "Write drafts of the report and of the letter to the persons concerned; or the proof that a hold never left.",
        "mailguard report draft --hold H-7K2M9QX4TD --known 2026-11-20 --format html > report.html",
    )
    draft.add_argument("--hold", action="append", default=[], metavar="ID", help="may be given several times")
    draft.add_argument("--campaign", action="append", default=[], metavar="ID", help="every hold of a mailing")
    draft.add_argument(
        "--monitored",
        action="append",
        default=[],
        metavar="ID",
        help="a mailing that only monitoring let pass; `mailguard report monitored` lists them",
    )
    draft.add_argument(
        "--known", type=_day, metavar="DATE", help="the day on which somebody knew (2026-11-20); else today"
    )
    draft.add_argument(
        "--to", default="", metavar="RECEIVER", help="id in report.receivers; without it all who are to be told"
    )
    draft.add_argument("--wrongful", action="store_true", help="a wrongful purpose is feared: ground 3, 60 days")
    draft.add_argument(
        "--encrypted",
        action="store_true",
        help="what left is under high-grade encryption, and its key did not go along",
    )
    draft.add_argument("--format", choices=list(leak.FORMATS), default="md")
    takes_config(draft)
    draft.set_defaults(run=_draft)
    monitored = verb(
        actions,
        "monitored",
        "List mailings that only monitoring let pass: what would have been held, by day.",
        "mailguard report monitored --days 30",
    )
    monitored.add_argument("--days", type=int, default=14, help="today and so many days before it, less one")
    takes_config(monitored)
    monitored.set_defaults(run=_monitored)


def _monitored(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        found = store.watched_mailings.days(arguments.days)
    for one in found:
        most = "" if one.summary.exact else "最大"
        print(
            f"{one.id}\t{one.day}\t{one.source_id or '(undeclared)'}\t本人数 {most}{one.summary.persons:,}人"
            f"\t宛先数 {one.recipients:,}件\t通数 {one.messages:,}通\t{','.join(one.summary.reasons)}\t{one.summary.subject}"
        )
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day such as 2026-11-20") from None


def _draft(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    limits = thresholds(scanning.policy_file(config)).report
    wish = leak.Wish(
        arguments.hold,
        arguments.known,
        arguments.to,
        arguments.wrongful,
        arguments.encrypted,
        arguments.monitored,
        arguments.campaign,
    )
    with store_of(arguments) as store:
        case = leak.gathered(store, wish, config.report, limits, CLI, now())
    print(leak.written(leak.documents(case, arguments.to), arguments.format), end="")
    return 0
