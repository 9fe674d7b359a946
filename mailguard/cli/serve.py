"""mailguard serve: the whole service in the foreground.

Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot start, 128 + the signal after a second one.
"""

import argparse
import logging
import resource

from mailguard import log
from mailguard.cli.commands import COMMANDS
from mailguard.cli.options import Verbs, config_of, takes_config, verb
from mailguard.config import Config
from mailguard.service import loops
from mailguard.service.whole import Service

_LOG = logging.getLogger("mailguard.service")


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = verb(verbs, "serve", COMMANDS["serve"], "mailguard serve --config /etc/mailguard.toml")
    takes_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    config = config_of(arguments)
    log.setup(config.log.level)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # two a connection; processes beside us inherit it
    loop = loops.available()
    _LOG.info("event loop: %s, open files: %s", loop, most)
    return loops.run(_serve(config), loop)


async def _serve(config: Config) -> int:
    service = Service(config)
    try:
        await service.start()
        await service.run()
    finally:
        await service.close()
    return 0
