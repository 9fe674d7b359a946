"""One of several SMTP processes: `python -m mailguard.service.smtp_process`, started by the service only (worker.py).

In: an order on standard input, then "reload", "rules FOLDER" and "stop SECONDS". Out: lines on standard output, logs on standard error.
Ends with the service, whatever ends that. Opens no page and no metrics port: it counts into a folder.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from mailguard import log
from mailguard.config import Config
from mailguard.errors import MailguardError
from mailguard.sandbox import lockdown
from mailguard.service import handover, loops, rulebook
from mailguard.service.clock import now
from mailguard.service.intake import Intake
from mailguard.store import open_store

BEAT_SECONDS = 1.0


def main() -> int:
    """Exit codes: 0 stopped, 1 could not start."""
    parent = os.getppid()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # a terminal tells the whole group; the service tells us what to do
    lockdown.die_with_parent(parent)
    with os.fdopen(os.dup(1), "wb", buffering=0) as say, os.fdopen(os.dup(0), "rb", buffering=0) as orders:
        os.dup2(2, 1)  # what a library prints is no word to the service
        line = orders.readline()
        if not line:
            return 1
        config, number, loop = handover.unpack(line)
        log.setup(config.log.level, process=f"smtp-{number}")
        return loops.run(_SmtpProcess(config, orders, say).run(), loop)


class _SmtpProcess:
    def __init__(self, config: Config, orders: BinaryIO, say: BinaryIO) -> None:
        self._config, self._orders, self._say = config, orders, say

    async def run(self) -> int:
        try:
            config = self._config
            with open_store(
                config.database_url, config.data_dir, now, holds=config.holds, notify=config.notify
            ) as store:
                await self._serve(Intake(config, store, now))
        except MailguardError as error:
            self._tell(f"error {' '.join(str(error).split())}")
            return 1
        return 0

    async def _serve(self, intake: Intake) -> None:
        try:
            await intake.start(reuse_port=True)
            self._tell("ready")
            async with asyncio.TaskGroup() as tasks:
                beat = tasks.create_task(self._beat(intake))
                renewing = tasks.create_task(intake.run(asyncio.Event()))
                await intake.stop(await self._until_stop(intake))
                beat.cancel()
                renewing.cancel()
        finally:
            await intake.close()

    async def _until_stop(self, intake: Intake) -> float:
        """Obey; the seconds to drain."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), self._orders)
        while line := await reader.readline():
            verb, _, value = os.fsdecode(line).rstrip("\n").partition(" ")
            if verb == "reload":
                intake.reload()
            elif verb == "rules":
                intake.renew(rulebook.under(self._config, Path(value)))
            elif verb == "stop":
                pipe.close()
                return float(value)
        os._exit(1)  # the service is gone: nobody is left to watch us

    async def _beat(self, intake: Intake) -> None:
        while True:
            intake.measure()
            self._tell("alive")
            await asyncio.sleep(BEAT_SECONDS)

    def _tell(self, line: str) -> None:
        self._say.write(line.encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
