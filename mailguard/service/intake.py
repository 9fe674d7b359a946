"""The mail path of one process: scanners, next hop, pipeline and SMTP server, put together.

In: a configuration, an open store. Out: a listening SMTP server. The process may be the service itself or one of several.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mailguard import metrics
from mailguard.config import Config
from mailguard.errors import MailguardError
from mailguard.pipeline import Pipeline
from mailguard.relay.next_hop import NextHop
from mailguard.service import ports, tools
from mailguard.service.bench import Bench
from mailguard.service.scanning import keep
from mailguard.smtp import SmtpServer
from mailguard.store import Store
from mailguard.suppression import Suppression

_LOG = logging.getLogger("mailguard.service")


def hostname(config: Config) -> str:
    """The name in the greeting, in Received and towards the next hop."""
    return config.smtp.hostname or socket.getfqdn()


class Intake:
    """`start`, then `stop`, then `close`. `next_hop` may be used by others until `close`; `folder`: it counts in memory."""

    folder: Path | None = None

    def __init__(self, config: Config, store: Store, clock: Callable[[], datetime]) -> None:
        self._config = config
        name = hostname(config)
        self.next_hop = NextHop(config.relay, name)
        self._digester = store.digester
        self._password_key = store.password_key
        self._bench = Bench(config, store.digester, store.password_key)
        self._renewals: asyncio.Queue[Config] = asyncio.Queue()
        self._suppression = suppression = Suppression(store, config.stop_list)
        self._pipeline = Pipeline(
            store=store,
            inspector=self._bench,
            policy=lambda: self._bench.policy,
            hostname=name if config.smtp.received else None,
            wait_seconds=_waiting(config),
            reply_seconds=config.smtp.reply_seconds,
            keep=keep(config),
            suppression=suppression,
        )
        self._smtp = SmtpServer(config.smtp, self._pipeline, self.next_hop, clock, store.logins, suppression)

    async def start(self, *, reuse_port: bool = False) -> None:
        """Start the scanners, then listen; raises ConfigError when an address is taken."""
        await self._bench.start()
        _LOG.info("sandbox %s", self._bench.scanner.posture())
        _LOG.info("tools %s", tools.said())
        _LOG.info("rules version=%s", self._bench.version)
        self._warn()
        with ports.said("smtp.listen", self._config.smtp.listen):
            await self._smtp.start(reuse_port=reuse_port)

    async def run(self, stop: asyncio.Event) -> None:
        """The server runs by itself; rules are replaced when somebody asked for it."""
        async with asyncio.TaskGroup() as tasks:
            renewing = tasks.create_task(self._renew_as_asked())
            await stop.wait()
            renewing.cancel()

    async def stop(self, drain_seconds: float) -> None:
        """Take no more connections and bring what is under way to its end."""
        await self._smtp.stop(drain_seconds)
        await self._pipeline.close()

    async def close(self) -> None:
        """Say goodbye to the next hop and end the scanners."""
        await self.next_hop.close()
        await self._bench.scanner.stop()

    def reload(self) -> None:
        """Read the certificate again; the old one stays when the new one cannot be used."""
        _LOG.info("reload: certificate")
        self._smtp.reload()

    def renew(self, config: Config) -> None:
        """Inspect by other rules from the next message on; those before stay when these cannot be used."""
        self._suppression.obey(config.stop_list)
        self._renewals.put_nowait(config)

    async def _renew_as_asked(self) -> None:
        while True:
            await self._renew(await self._renewals.get())

    async def _renew(self, config: Config) -> None:
        fresh: Bench | None = None
        try:
            fresh = await asyncio.to_thread(Bench, config, self._digester, self._password_key)
            await fresh.start()
        except (MailguardError, OSError) as error:
            metrics.RULES_RELOADS.labels("failed").inc()
            _LOG.error("reload: rules stay version=%s: %s", self._bench.version, error)
            return
        old, self._bench = self._bench, fresh
        self._pipeline.inspector = fresh
        if old.version != fresh.version:
            metrics.RULES_LOADED.labels(old.version).set(0)
        metrics.RULES_RELOADS.labels("ok").inc()
        _LOG.info("reload: rules version=%s instead of %s", fresh.version, old.version)
        self._warn()
        await old.retire(self._config.smtp.reply_seconds)

    def _warn(self) -> None:
        if self._bench.policy.monitor:
            _LOG.warning("MONITORING IS ON: nothing is held, what would have been is only counted")

    def measure(self) -> None:
        """Refresh the gauges of this process."""
        metrics.CONNECTIONS.set(self._smtp.connections)
        metrics.INFLIGHT_BYTES.set(self._smtp.inflight_bytes)

    @property
    def port(self) -> int:
        """Port of the SMTP listener."""
        return self._smtp.port

    @property
    def listening(self) -> int:
        """SMTP processes that listen."""
        return 1


def _waiting(config: Config) -> float:
    """The longest wait for a scanner, in seconds: what two attempts leave of the deadline, shared with relay and store."""
    return max(1.0, (config.smtp.reply_seconds - 2 * config.scanner.task_seconds) / 3)
