"""mailguard db: bring the database to the schema of this version, give it a new key."""

import argparse

from mailguard.cli.commands import COMMANDS
from mailguard.cli.opened import store_of
from mailguard.cli.options import Verbs, config_of, nested, takes_config, verb
from mailguard.cli.who import authenticated
from mailguard.errors import RefusedError
from mailguard.service.clock import now
from mailguard.store import rotate_key
from mailguard.store.audit import CLI


def register(verbs: Verbs) -> None:
    """Add the command."""
    actions = nested(verbs, "db", COMMANDS["db"])
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
    parser = verb(
        actions,
        "purge",
        "Delete held bytes that are older than [retention] says; the record stays.",
        "mailguard db purge --dry-run",
    )
    parser.add_argument("--dry-run", action="store_true", help="only show, by state, what is due and what is kept")
    parser.add_argument(
        "--confirm",
        metavar="LOGIN",
        help="the approver who confirms it; the password is asked for, or read from a pipe",
    )
    takes_config(parser)
    parser.set_defaults(run=_purge)


def _upgrade(arguments: argparse.Namespace) -> int:
    with store_of(arguments):
        print("db: schema is up to date")
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    config = config_of(arguments)
    done = rotate_key(config.database_url, config.data_dir, now, holds=config.holds, actor=CLI)
    print(f"db: {done.sealed:,} values are sealed under the new key. Backups still need the old key file.")
    if done.damaged:
        print(f"db: {done.damaged:,} values opened under no key; they stay as they were.")
    return 0


def _purge(arguments: argparse.Namespace) -> int:
    with store_of(arguments) as store:
        for part in store.holds.purge_plan():
            print(
                f"{part.state}\tdue {part.due:,}\tkept {part.kept:,}\tkept for {part.age}\toldest {part.oldest:%F %R} UTC"
            )
        if arguments.dry_run:
            return 0
        if arguments.confirm:
            done = store.holds.purge_confirmed(authenticated(store, arguments.confirm).id)
        elif store.holds.purge_confirms():
            raise RefusedError("unconfirmed", "retention.confirm: an approver must confirm. Add --confirm LOGIN.")
        else:
            done = store.holds.purge_due()
        store.compact()
    print(f"db: the bytes of {done:,} messages are deleted")
    return 0
