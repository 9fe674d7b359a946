"""The store that a command works with."""

import argparse

from mailguard.cli.options import config_of
from mailguard.service.clock import now
from mailguard.store import Store, open_store


def store_of(arguments: argparse.Namespace) -> Store:
    """The store of that configuration, opened and upgraded."""
    config = config_of(arguments)
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return open_store(
        config.database_url,
        config.data_dir,
        now,
        holds=config.holds,
        retention=config.retention,
        notify=config.notify,
    )
