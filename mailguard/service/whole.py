"""The service: SMTP, page, release, notices, housekeeping and metrics, started, watched and stopped in order.

In: a Config. Out: open ports until a signal. With smtp.workers = 1 mail comes in by this process; with more, by processes
of its own (fleet.py). Nothing accepted is lost at a stop: SMTP and release come to their end before store and relay close.
"""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from mailguard import __version__, metrics
from mailguard.config import Config
from mailguard.errors import MailguardError, StoreError
from mailguard.notify import NoticeWorker
from mailguard.relay import backoff
from mailguard.relay.next_hop import NextHop
from mailguard.release import ReleaseWorker
from mailguard.release.sparing import Sparing
from mailguard.service.clock import now
from mailguard.service.counting import Counter
from mailguard.service.fleet import Fleet
from mailguard.service.intake import Intake, hostname
from mailguard.service.notary import Notary
from mailguard.service.opening import Opener
from mailguard.service.pace import Pace
from mailguard.service.pages import Pages, create_app, create_metrics_app
from mailguard.service.requesting import Requester
from mailguard.service.rulebook import Rulebook
from mailguard.service.scanning import keep, policy
from mailguard.service.settled import Settled
from mailguard.service.staffing import Staffing
from mailguard.service.stop_files import StopFiles
from mailguard.service.systemd import Systemd
from mailguard.service.unlocking import Unlocker
from mailguard.store import Store, open_store
from mailguard.store.schema.emergency import Scope
from mailguard.suppression import Suppression

__all__ = ["Service", "now"]

_LOG = logging.getLogger("mailguard.service")
HOUSEKEEPING_SECONDS = 5


class Service:
    """`start`, then `run` until a signal or `stop.set()`, then `close`."""

    def __init__(self, config: Config, clock: Callable[[], datetime] = now) -> None:
        self._config, self._clock = config, clock
        self._rulebook = Rulebook(config)  # a broken file is said here, in words, not by a worker that died
        self._config = config = self._rulebook.config
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store: Store = open_store(
            config.database_url,
            config.data_dir,
            clock,
            holds=config.holds,
            retention=config.retention,
            notify=config.notify,
        )
        self._settled = Settled(self.store)
        self._rulebook.obey = self._settled.obey
        self._rulebook.renew()  # policy and retention as agreed on, whatever the files say
        self._config = config = self._rulebook.config
        self._policy = policy(config, self.store.digester)
        self._stop_files = StopFiles(config.stop_list.files, self.store)
        self._stop_files.read()
        self._front: Intake | Fleet
        if config.smtp.workers == 1:
            self._front = Intake(config, self.store, clock)
            next_hop = self._front.next_hop
        else:
            self._front = Fleet(config)
            next_hop = NextHop(config.relay, hostname(config))
        self._next_hop = next_hop
        self._suppression = Suppression(self.store, config.stop_list)
        self._release = ReleaseWorker(
            self.store.releases,
            next_hop,
            config.release,
            clock,
            hostname=hostname(config) if config.smtp.received else "",
            check=Sparing(self._suppression),
        )
        self._notices = NoticeWorker(self.store.notices, next_hop, config.notify, config.web.url, clock)
        self._counter = Counter(self.store, lambda: self._rulebook.config, lambda: self._policy)
        self._requester = Requester(self.store, lambda: self._rulebook.config, lambda: self._policy)
        self._unlocker = Unlocker(self.store, lambda: self._rulebook.config, lambda: self._policy)
        self._opener = Opener(self.store, lambda: self._rulebook.config)
        self._pages = Pages()
        self._pace = Pace(clock)
        self._notary = Notary(self.store.witness, clock)
        self._staffing = Staffing(self.store.people, clock)
        self._systemd = Systemd(os.environ)
        self._ready = False
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self.web_port = self.metrics_port = 0
        self.stop = asyncio.Event()

    async def start(self) -> None:
        """Open every port; raises ConfigError when an address is taken."""
        await self._front.start()
        page = create_app(
            self.store,
            config=self._config.web,
            clock=self._clock,
            release=self._config.release,
            policy=lambda: self._policy,
            reporting=self._config.report,
            opener=self._opener,
        )
        self.web_port = self._pages.open("web.listen", self._config.web.listen, page)
        health = create_metrics_app(self._readiness, self._gauges, self._metrics)
        self.metrics_port = self._pages.open("metrics.listen", self._config.metrics.listen, health)
        metrics.BUILD.info({"version": __version__})
        self._ready = True
        _LOG.info(
            "listening smtp=%s web=%s metrics=%s workers=%s",
            self.smtp_port,
            self.web_port,
            self.metrics_port,
            self._config.smtp.workers,
        )

    async def run(self) -> None:
        """Serve until `stop` is set; one part that fails ends the service, so that its supervisor restarts it."""
        self._loop = asyncio.get_running_loop()
        self._obey_signals()
        async with asyncio.TaskGroup() as tasks:
            self._pages.run(tasks)
            tasks.create_task(self._front.run(self.stop))
            tasks.create_task(self._release.run(self.stop))
            tasks.create_task(self._counter.run(self.stop))
            tasks.create_task(self._unlocker.run(self.stop))
            tasks.create_task(self._requester.run(self.stop))
            if self._config.notify.enabled:
                tasks.create_task(self._notices.run(self.stop))
            tasks.create_task(self._housekeeping())
            alive = tasks.create_task(self._systemd.live())
            reloading = tasks.create_task(self._reload_as_asked())
            self._systemd.ready(self._status())
            await self.stop.wait()
            self._ready = False
            self._systemd.stopping()
            await self._front.stop(self._config.smtp.drain_seconds)
            self._pages.stop()
            alive.cancel()
            reloading.cancel()

    async def close(self) -> None:
        """End the processes beside us, the connections to the next hop and the store, in this order."""
        self._ready = False
        try:
            await self._opener.close()
            await self._front.close()
            await self._next_hop.close()
        finally:
            self.store.close()
            self._rulebook.close()

    @property
    def smtp_port(self) -> int:
        """Port of the SMTP listener."""
        return self._front.port

    def _obey_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._signalled, name)
        loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _signalled(self, name: signal.Signals) -> None:
        if self.stop.is_set():
            _LOG.warning("second signal: stopping at once; clients keep what was not answered")
            os._exit(128 + name)  # a thread of the store could keep a softer exit waiting
        _LOG.info("stopping: messages under way get %s s", self._config.smtp.drain_seconds)
        self.stop.set()

    def _reload(self) -> None:
        self._systemd.reloading()
        self._front.reload()
        self._asked.set()

    async def _reload_as_asked(self) -> None:
        """Rules and policy are read and checked before anybody hears of them."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await asyncio.to_thread(self._stop_files.look, now=True)
            try:
                changed = await asyncio.to_thread(self._rulebook.renew)
            except (MailguardError, OSError) as error:
                metrics.RULES_RELOADS.labels("failed").inc()
                _LOG.error("reload: rules stay version=%s: %s", self._rulebook.version, error)
            else:
                self._policy = policy(self._rulebook.config, self.store.digester)
                self._suppression.obey(self._rulebook.config.stop_list)
                self._release.obey(self._rulebook.config.release)
                if changed:
                    self._front.renew(self._rulebook.config)
                _LOG.info("reload: rules %s version=%s", "changed" if changed else "as before", self._rulebook.version)
            self._systemd.ready(self._status())

    def _status(self) -> str:
        return f"SMTP on port {self.smtp_port}, {self._front.listening} process(es)"

    async def _housekeeping(self) -> None:
        """Expire and purge what is due by a clock that can be believed; trouble is logged and tried again, mail goes on."""
        while not self.stop.is_set():
            try:
                await asyncio.to_thread(self._tidy)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the mail path
                _LOG.error("housekeeping fact=%s", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), HOUSEKEEPING_SECONDS)

    def _tidy(self) -> None:
        self.store.outcomes.chain_due()
        self._notary.note()
        self._staffing.note(self._rulebook.config)
        self._stop_files.look()
        if self._settled.stale():
            self._loop.call_soon_threadsafe(self._asked.set)
        if self._pace.steady():
            self.store.holds.expire_due()
            self.store.reminders.tell_due()
            self.store.holds.purge_due()
            self.store.runs.forget()
            self.store.candidates.purge(keep(self._config))
            self.store.watched_mailings.purge(self._config.retention.watched_days)
            self.store.suppressions.purge(self._config.stop_list.keep_days)
            self.store.changes.expire_due()
            return
        lease, session = self._config.release.lease_seconds, self._config.web.session_hours
        self.store.times.bring_back(
            lease=timedelta(seconds=lease), wait=backoff.LONGEST, session=timedelta(hours=session)
        )

    def _gauges(self) -> None:
        self._front.measure()
        metrics.WORKERS.set(self._front.listening)
        gauges = self.store.holds.gauges()
        metrics.AUDIT_ROWS.set(self.store.audit.head().length)
        metrics.HELD_MESSAGES.set(gauges.held_messages)
        metrics.HOLDS_PENDING.set(gauges.holds_pending)
        metrics.OLDEST_PENDING.set(gauges.oldest_pending.timestamp() if gauges.oldest_pending else 0)
        halts = self.store.stops.latest().halts
        for scope in Scope:
            metrics.STOPS.labels(scope.value).set(sum(halt.scope is scope for halt in halts))
        for counted in self.store.false_positives.by_rule():
            metrics.FALSE_POSITIVES.labels(counted.rule).set(counted.holds)

    def _metrics(self) -> bytes:
        return metrics.text(self._front.folder)

    def _readiness(self) -> Mapping[str, bool]:
        parts = {"service": self._ready, "smtp": self._front.listening > 0, "store": True}
        try:
            self.store.ping()
        except StoreError:
            parts["store"] = False
        return parts
