"""mailguard db: bring the database to the schema of this version."""

import argparse

from mailguard.cli.options import Verbs, nested, store_of, takes_config, verb


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "db", "Look after the database.")
    parser = verb(actions, "upgrade", "Bring the database to the schema of this version.", "mailguard db upgrade")
    takes_config(parser)
    parser.set_defaults(run=_upgrade)


def _upgrade(arguments: argparse.Namespace) -> int:
    with store_of(arguments):
        print("db: schema is up to date")
    return 0
