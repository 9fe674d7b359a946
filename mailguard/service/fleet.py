"""The SMTP processes of smtp.workers: started on one port, watched, started again, stopped.

In: a configuration. Out: a port that N processes share (SO_REUSEPORT: the kernel deals out connections). One that
ends takes its connections with it, whose clients try again; the others go on.
"""

import asyncio
import contextlib
import logging
import shutil
from pathlib import Path

from mailguard import metrics
from mailguard.config import Config
from mailguard.errors import MailguardError
from mailguard.service import handover, loops, ports, rulebook
from mailguard.service.intake import hostname
from mailguard.service.private_folder import private_folder
from mailguard.service.worker import KILL_SECONDS, Worker

_LOG = logging.getLogger("mailguard.service")
BACKOFF = (0.1, 1.0, 5.0, 30.0)  # the last one again and again
STEADY_SECONDS = 60.0  # who lived so long begins the back-off anew
_PREFIX = "mailguard-metrics-"


class Fleet:
    """`start`, `run` until a stop, `stop`, `close`. `folder` is where its processes count."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._keepers: dict[int, asyncio.Task[None]] = {}
        self._workers: dict[int, Worker] = {}
        self._held = contextlib.ExitStack()
        self._stopping = asyncio.Event()
        self._order = config
        self.port = 0
        self.folder: Path | None = None

    async def start(self) -> None:
        """Start all of them and wait until all listen; raises ConfigError when an address is taken."""
        smtp = self._config.smtp
        keeper = self._held.enter_context(ports.held("smtp.listen", smtp.listen))
        self.port = int(keeper.getsockname()[1])
        tls = ""
        if smtp.tls_listen:
            tls_keeper = self._held.enter_context(ports.held("smtp.tls_listen", smtp.tls_listen))
            tls = ports.named(smtp.tls_listen, tls_keeper)
        name = await asyncio.to_thread(hostname, self._config)
        self._order = handover.share(self._config, ports.named(smtp.listen, keeper), tls, name)
        self.folder = private_folder(_PREFIX)
        self._held.callback(shutil.rmtree, self.folder, ignore_errors=True)
        numbers = range(1, smtp.workers + 1)
        results = await asyncio.gather(*map(self._launch, numbers), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def run(self, stop: asyncio.Event) -> None:
        """Start again whoever ends, until `stop` is set; the last ones are watched to their end by `stop`."""
        async with asyncio.TaskGroup() as tasks:
            self._keepers = {number: tasks.create_task(self._keep(number)) for number in list(self._workers)}
            await stop.wait()
            self._stopping.set()

    async def stop(self, drain_seconds: float) -> None:
        """Each drains for so long; who is not gone then is killed."""
        self._stopping.set()
        for number, keeper in self._keepers.items():
            if (worker := self._workers.get(number)) is not None:
                worker.stop(drain_seconds)
            else:
                keeper.cancel()  # about to be started again: no more
        if self._keepers:
            _, late = await asyncio.wait(self._keepers.values(), timeout=drain_seconds + KILL_SECONDS)
            for task in late:
                task.cancel()
        await asyncio.gather(*self._keepers.values(), return_exceptions=True)

    async def close(self) -> None:
        """Whatever happened: no process of ours stays, and the port is free."""
        self._stopping.set()
        for worker in list(self._workers.values()):
            await worker.kill()
        self._held.close()

    def reload(self) -> None:
        """Every process reads its certificate again."""
        for worker in self._workers.values():
            worker.reload()

    def renew(self, config: Config) -> None:
        """Every process, and each that is started again, inspects by the copy of the rules that `config` names."""
        folder = rulebook.folder_of(config)
        self._order = rulebook.under(self._order, folder)
        for worker in self._workers.values():
            worker.renew(folder)

    def measure(self) -> None:
        """Nothing of our own: each process tells its gauges itself."""

    @property
    def listening(self) -> int:
        """Processes that listen."""
        return sum(worker.listening for worker in self._workers.values())

    async def _launch(self, number: int) -> Worker:
        assert self.folder is not None
        environ = {**handover.environment(), **metrics.environment(self.folder, str(number))}
        config = self._order
        worker = await Worker.start(number, handover.pack(config, number, loops.running()), environ)
        self._workers[number] = worker
        if config is not self._order:  # the rules were replaced meanwhile
            worker.renew(rulebook.folder_of(self._order))
        _LOG.info("smtp process=%s pid=%s listens", number, worker.pid)
        return worker

    async def _keep(self, number: int) -> None:
        """Watch one process, whatever becomes of it."""
        clock, tries = asyncio.get_running_loop().time, 0
        while not self._stopping.is_set():
            began = clock()
            try:
                worker = self._workers.get(number) or await self._launch(number)
                await worker.wait()
            except (MailguardError, OSError) as error:
                _LOG.error("smtp process=%s not started: %s", number, error)
            self._workers.pop(number, None)
            if self.folder is not None:
                metrics.gone(self.folder, str(number))
            if self._stopping.is_set():
                return
            tries = 0 if clock() - began > STEADY_SECONDS else tries
            wait = BACKOFF[min(tries, len(BACKOFF) - 1)]
            tries += 1
            metrics.RESTARTS.inc()
            _LOG.error("smtp process=%s ended; started again in %s s", number, wait)
            await asyncio.sleep(wait)
