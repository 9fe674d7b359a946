"""mailguard audit: verify the chain of audit records."""

import argparse
import sys

from mailguard.cli.options import Verbs, nested, store_of, takes_config, verb


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "audit", "Look after the audit records.")
    parser = verb(actions, "verify", "Recompute the chain from the first record to the last.", "mailguard audit verify")
    takes_config(parser)
    parser.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        broken = store.audit.verify()
    if broken is not None:
        print(f"audit: record {broken} does not fit the one before it: it was changed or removed.", file=sys.stderr)
        return 1
    print("audit: every record fits the one before it")
    return 0
