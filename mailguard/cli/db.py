"""mailguard db: bring the database to the schema of this version, give it a new key."""

import argparse

from mailguard import service
from mailguard.cli.options import ACTOR, Verbs, config_of, nested, store_of, takes_config, verb
from mailguard.store import rotate_key


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "db", "Look after the database.")
    parser = verb(actions, "upgrade", "Bring the database to the schema of this version.", "mailguard db upgrade")
    takes_config(parser)
    parser.set_defaults(run=_upgrade)
    parser = verb(
        actions,
        "rotate-key",
        "Seal everything that is held under a new key. Stop the service first.",
        "mailguard db rotate-key --config /etc/mailguard.toml",
    )
    takes_config(parser)
    parser.set_defaults(run=_rotate)


def _upgrade(arguments: argparse.Namespace) -> int:
    with store_of(arguments):
        print("db: schema is up to date")
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    done = rotate_key(config.database_url, config.data_dir, service.now, holds=config.holds, actor=ACTOR)
    print(f"db: {done.sealed:,} values are sealed under the new key. Backups still need the old key file.")
    if done.damaged:
        print(f"db: {done.damaged:,} values opened under no key; they stay as they were.")
    return 0
