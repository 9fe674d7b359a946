"""mailguard audit: verify the chain of audit records, write the record of a hold or a campaign."""

import argparse
import sys

from mailguard.cli import strays
from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, nested, takes_config, verb
from mailguard.dossier import FORMATS, written
from mailguard.store.audit import CLI
from mailguard.store.proof import Break, Fault, Head

WHAT = {
    Fault.CHANGED: "was changed",
    Fault.REMOVED: "was removed",
    Fault.INSERTED: "was put in, or written anew, by somebody without the key",
    Fault.TRUNCATED: "is missing: the end of the record was cut off",
    Fault.SET_BACK: "is not what it was when the end of the record was noted: the database was set back",
    Fault.OUTCOME: "does not fit the recipients of message {message}: what became of them was changed",
}


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "audit", COMMANDS["audit"])
    parser = verb(
        actions,
        "verify",
        "Recompute the chain from the first record to the last; say the first that is wrong, and how.",
        "mailguard audit verify --head 1204:9f2c…",
    )
    parser.add_argument(
        "--head",
        type=_head,
        action="append",
        default=[],
        metavar="ROWS:HASH",
        help="an end of the record that was noted elsewhere: from the daily log line or the metric mailguard_audit_head",
    )
    takes_config(parser)
    parser.set_defaults(run=_verify)
    parser = verb(
        actions,
        "export",
        "Write the record of holds, or of a mailing: who asked, who approved, when, what was found, what became of it.",
        "mailguard audit export --campaign C-7K2M9QX4TD --format html > record.html",
    )
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--hold", action="append", default=[], metavar="ID", help="may be given several times")
    about.add_argument("--campaign", default="", metavar="ID", help="as `mailguard hold campaigns` says it")
    parser.add_argument("--format", choices=list(FORMATS), default="csv")
    takes_config(parser)
    parser.set_defaults(run=_export)


def _head(text: str) -> Head:
    head = Head.parse(text)
    if head is None:
        raise argparse.ArgumentTypeError("must be ROWS:HASH, as the log says it")
    return head


def _verify(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        broken = store.witness.check(*arguments.head)
        head = store.audit.head()
    if broken is not None:
        for said in strays.sentences(broken.strays) or [sentence(broken)]:
            print(f"audit: {said}", file=sys.stderr)
        return 1
    print(f"audit: every record fits the one before it; head {head}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        if arguments.campaign:
            lines = store.campaign_dossiers.take(arguments.campaign, CLI)
        else:
            lines = store.dossiers.take(arguments.hold, CLI)
    print(written(lines, arguments.format), end="")
    return 0


def sentence(broken: Break) -> str:
    """Where, and how."""
    if broken.fault is Fault.OUTCOME and not broken.seq:
        return f"no record covers what became of message {broken.message}: it was put in or changed."
    if broken.fault is Fault.OUTCOME and not broken.message:
        return f"record {broken.seq} does not fit the messages it covers: some were changed, removed or put in."
    where = f"record {broken.seq}" if broken.last <= broken.seq else f"one of the records {broken.seq} to {broken.last}"
    return f"{where} {WHAT[broken.fault].format(message=broken.message)}."
