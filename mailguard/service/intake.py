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
from mailguard.inspect import Inspector
from mailguard.pipeline import Pipeline
from mailguard.relay.next_hop import NextHop
from mailguard.service import ports
from mailguard.service.scanning import policy, scanner
from mailguard.smtp import SmtpServer
from mailguard.store import Store

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
        self._scanner = scanner(config, store.digester)
        rules = policy(config, store.digester)
        pipeline = Pipeline(
            store=store,
            inspector=Inspector(self._scanner, store.digester),
            policy=lambda: rules,
            hostname=name if config.smtp.received else None,
            wait_seconds=_waiting(config),
            reply_seconds=config.smtp.reply_seconds,
        )
        self._smtp = SmtpServer(config.smtp, pipeline, self.next_hop, clock, store.logins)

    async def start(self, *, reuse_port: bool = False) -> None:
        """Start the scanners, then listen; raises ConfigError when an address is taken."""
        await self._scanner.start()
        _LOG.info("sandbox %s", self._scanner.posture())
        with ports.said("smtp.listen", self._config.smtp.listen):
            await self._smtp.start(reuse_port=reuse_port)

    async def run(self, stop: asyncio.Event) -> None:
        """Nothing to do: the server runs by itself."""
        await stop.wait()

    async def stop(self, drain_seconds: float) -> None:
        """Take no more connections and bring what is under way to its end."""
        await self._smtp.stop(drain_seconds)

    async def close(self) -> None:
        """Say goodbye to the next hop and end the scanners."""
        await self.next_hop.close()
        await self._scanner.stop()

    def reload(self) -> None:
        """Read the certificate again; the old one stays when the new one cannot be used."""
        _LOG.info("reload: certificate")
        self._smtp.reload()

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
