"""The whole service from one Config: the only place with concrete classes, the clock and signals.

One process: SMTP, page, release, notices and metrics on one event loop, and the scanner workers in a sandbox beside it.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette

from mailguard import metrics
from mailguard.config import Config, split_endpoint
from mailguard.detect import ruleset
from mailguard.digest import Digester
from mailguard.errors import ConfigError, StoreError
from mailguard.inspect import Inspector, Settings
from mailguard.notify import NoticeWorker
from mailguard.pipeline import Pipeline
from mailguard.policy import Policy, thresholds
from mailguard.relay.next_hop import NextHop
from mailguard.release import ReleaseWorker
from mailguard.sandbox import Scanner
from mailguard.smtp import SmtpServer
from mailguard.store import Store, open_store
from mailguard.web import create_app, create_metrics_app

_LOG = logging.getLogger("mailguard.service")
HOUSEKEEPING_SECONDS = 5
DRAIN_SECONDS = 30


def now() -> datetime:
    """The clock of the service: aware UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock that everything is given


def rules_dir(config: Config) -> Path:
    """The rule files in force."""
    return config.rules_dir or ruleset.shipped_dir()


def scanner(config: Config, digester: Digester) -> Scanner:
    """Sandboxed workers for this configuration, not yet started."""
    settings = Settings(digester.key, str(rules_dir(config)))
    return Scanner(
        "mailguard.inspect.client:worker",
        msgspec.msgpack.encode(settings),
        workers=config.scanner.workers,
        task_seconds=config.scanner.task_seconds,
        memory_mb=config.scanner.memory_mb,
        recycle_tasks=config.scanner.recycle_tasks,
    )


def policy(config: Config, digester: Digester) -> Policy:
    """The policy of this configuration; raises ConfigError."""
    return Policy.build(thresholds(rules_dir(config) / "policy.toml"), config.own, digester)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the service stops everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Service:
    """`start`, then `run` until a signal or `stop.set()`, then `close`."""

    def __init__(self, config: Config, clock: Callable[[], datetime] = now) -> None:
        self._config, self._clock = config, clock
        ruleset.load(rules_dir(config))  # a broken rule file is said here, in words, not by a worker that died
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store: Store = open_store(config.database_url, config.data_dir, clock, holds=config.holds)
        hostname = config.smtp.hostname or socket.getfqdn()
        self._scanner = scanner(config, self.store.digester)
        self._next_hop = NextHop(config.relay, hostname)
        rules = policy(config, self.store.digester)
        pipeline = Pipeline(
            store=self.store,
            inspector=Inspector(self._scanner, self.store.digester),
            policy=lambda: rules,
            hostname=hostname if config.smtp.received else None,
            wait_seconds=_waiting(config),
            reply_seconds=config.smtp.reply_seconds,
        )
        self._smtp = SmtpServer(config.smtp, pipeline, self._next_hop, clock)
        self._release = ReleaseWorker(
            self.store.releases,
            self._next_hop,
            config.release,
            clock,
            hostname=hostname if config.smtp.received else "",
        )
        self._notices = NoticeWorker(self.store.notices, self._next_hop, config.notify, config.web.url, clock)
        self._web: list[tuple[_Server, socket.socket]] = []
        self._ready = False
        self.stop = asyncio.Event()

    async def start(self) -> None:
        """Open every port; raises ConfigError when an address is taken."""
        await self._scanner.start()
        _LOG.info("sandbox %s", self._scanner.posture())
        try:
            await self._smtp.start()
        except OSError as error:
            raise _taken("smtp.listen", self._config.smtp.listen, error) from None
        page = create_app(self.store, config=self._config.web, clock=self._clock)
        self._listen("web.listen", self._config.web.listen, page)
        self._listen("metrics.listen", self._config.metrics.listen, create_metrics_app(self._readiness, self._gauges))
        self._ready = True
        _LOG.info("listening smtp=%s web=%s metrics=%s", self.smtp_port, self.web_port, self.metrics_port)

    async def run(self) -> None:
        """Serve until `stop` is set; one part that fails ends the service, so that its supervisor restarts it."""
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, self.stop.set)
        async with asyncio.TaskGroup() as tasks:
            for server, listener in self._web:
                tasks.create_task(server.serve([listener]))
            tasks.create_task(self._release.run(self.stop))
            if self._config.notify.enabled:
                tasks.create_task(self._notices.run(self.stop))
            tasks.create_task(self._housekeeping())
            await self.stop.wait()
            self._ready = False
            await self._smtp.stop(DRAIN_SECONDS)
            for server, _ in self._web:
                server.should_exit = True

    async def close(self) -> None:
        """End the scanner workers and the store."""
        self._ready = False
        await self._scanner.stop()
        self.store.close()

    @property
    def smtp_port(self) -> int:
        """Port of the SMTP listener."""
        return self._smtp.port

    @property
    def web_port(self) -> int:
        """Port of the page."""
        return int(self._web[0][1].getsockname()[1])

    @property
    def metrics_port(self) -> int:
        """Port of the metrics."""
        return int(self._web[1][1].getsockname()[1])

    def _listen(self, key: str, endpoint: str, app: FastAPI | Starlette) -> None:
        host, port = split_endpoint(endpoint)
        try:
            listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as error:
            raise _taken(key, endpoint, error) from None
        settings = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=5)
        self._web.append((_Server(settings), listener))

    async def _housekeeping(self) -> None:
        """Expire and purge what is due, and refresh the gauges; trouble is logged and tried again, mail goes on."""
        while not self.stop.is_set():
            try:
                await asyncio.to_thread(self._tidy)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the mail path
                _LOG.error("housekeeping fact=%s", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), HOUSEKEEPING_SECONDS)

    def _tidy(self) -> None:
        self.store.holds.expire_due()
        self.store.holds.purge_due()
        self._gauges()

    def _gauges(self) -> None:
        gauges = self.store.holds.gauges()
        metrics.HELD_MESSAGES.set(gauges.held_messages)
        metrics.HOLDS_PENDING.set(gauges.holds_pending)
        metrics.OLDEST_PENDING.set(gauges.oldest_pending.timestamp() if gauges.oldest_pending else 0)
        metrics.APPROVERS.set(gauges.approvers)

    def _readiness(self) -> Mapping[str, bool]:
        try:
            self.store.ping()
        except StoreError:
            return {"service": self._ready, "store": False}
        return {"service": self._ready, "store": True}


def _waiting(config: Config) -> float:
    """The longest wait for a scanner, in seconds: what two attempts leave of the deadline, shared with relay and store."""
    return max(1.0, (config.smtp.reply_seconds - 2 * config.scanner.task_seconds) / 3)


def _taken(key: str, endpoint: str, error: OSError) -> ConfigError:
    return ConfigError(
        f"{key}: cannot listen on {endpoint} ({error.strerror}). Stop what uses it or choose another port."
    )
