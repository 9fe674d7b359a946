"""mailguard serve: the whole service in the foreground."""

import argparse
import asyncio

from mailguard import log
from mailguard.cli.options import Verbs, config_of, takes_config, verb
from mailguard.service import Service


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = verb(verbs, "serve", "Run proxy, page and metrics.", "mailguard serve --config /etc/mailguard.toml")
    takes_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    config = config_of(arguments)
    log.setup(config.log.level)
    return asyncio.run(_serve(Service(config)))


async def _serve(service: Service) -> int:
    try:
        await service.start()
        await service.run()
    finally:
        await service.close()
    return 0
