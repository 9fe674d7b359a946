"""The files of the stop list: read when they are new or have changed, once nobody writes to them any more.

In: paths. Out: the store's copy, as keyed digests; a change that asks for consent where a file lost more than a few entries, or
is not named any more. A file that cannot be read, or holds an error, changes nothing: the entries
before stay in force, and the log says why.
"""

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from mailguard import metrics, stoplist
from mailguard.errors import ConfigError, ConflictError, StoreError
from mailguard.store import Store

_LOG = logging.getLogger("mailguard.service")
_Stamp = tuple[int, int, int]


class StopFiles:
    """`read` at the start, then `look` every few seconds."""

    def __init__(self, paths: Sequence[Path], store: Store) -> None:
        self._paths, self._store = paths, store
        self._done: dict[Path, _Stamp | None] = {}
        self._seen: dict[Path, _Stamp | None] = {}

    def read(self) -> None:
        """All of them, now; files that are not configured any more are forgotten. Raises ConfigError, StoreError."""
        for path in self._paths:
            stamp = _stamp(path)
            self._take(path)
            self._done[path] = self._seen[path] = stamp
        self._store.stop_list.keep_files([str(path) for path in self._paths])
        self._ask()
        self._measure()

    def look(self, *, now: bool = False) -> None:
        """Read what has changed and is the same as at the last look; `now`: do not wait for that. Never raises."""
        for path in self._paths:
            stamp = _stamp(path)
            settled, self._seen[path] = stamp == self._seen.get(path), stamp
            if stamp == self._done.get(path) or not (settled or now):
                continue
            try:
                self._take(path)
                self._ask()
            except ConfigError as error:
                _LOG.error("stop list: the entries before stay: %s", error)
                metrics.STOP_LIST_READS.labels("failed").inc()
            except StoreError as error:
                _LOG.error("stop list: tried again soon: %s", error)
                continue
            self._done[path] = stamp
        self._measure()

    def _take(self, path: Path) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"stop_list.files: {path} cannot be read ({error.strerror}). Check path and mode."
            ) from None
        lists, name = self._store.stop_list, str(path)
        key = lists.content_key(data)
        if lists.has_file(name, key):
            return
        blocks = stoplist.read(name, data, self._store.digester)
        self._warn(name, blocks)
        kept = lists.take_file(name, key, blocks)
        metrics.STOP_LIST_READS.labels("ok").inc()
        _LOG.info("stop list: read %s entries=%s", name, sum(map(len, blocks)))
        if kept:
            _LOG.warning("stop list: %s has lost %s entries; they stay until an approver consents", name, kept)

    def _ask(self) -> None:
        """For what files have lost; what waits already, or was refused, is not asked for again."""
        for order in self._store.stop_list.to_lose():
            with contextlib.suppress(ConflictError):
                if change := self._store.changes.submit("config", order):
                    _LOG.warning("stop list: %s waits for consent", change.id)

    def _warn(self, name: str, blocks: Sequence[stoplist.Block]) -> None:
        known = {source.id for source in self._store.sources.all()}
        for source in sorted({*()}.union(*(block.scope.sources | block.scope.not_sources for block in blocks)) - known):
            _LOG.warning("stop list: %s names the source %s, which is not declared", name, source)

    def _measure(self) -> None:
        try:
            metrics.STOP_LIST_ENTRIES.set(len(self._store.stop_list.latest()))
        except StoreError:
            return  # the readiness of the service says so already


def _stamp(path: Path) -> _Stamp | None:
    """What changes when a file does; None: it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
