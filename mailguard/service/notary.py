"""The end of the record, published where who changes the database cannot change it: a file, the metrics, the log.

In: the record. Out: every ten minutes the file in the data directory and the metric, once a day in Japan (and at the
start) a log line. An end that is gone is an error in the log, each time.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

from mailguard import metrics
from mailguard.store.proof import Head
from mailguard.store.witness import Witness

_LOG = logging.getLogger("mailguard.audit")
_EVERY = timedelta(minutes=10)
_JAPAN = timezone(timedelta(hours=9))


class Notary:
    """`note` is called every few seconds."""

    def __init__(self, witness: Witness, clock: Callable[[], datetime]) -> None:
        self._witness, self._clock = witness, clock
        self._noted: datetime | None = None
        self._said: date | None = None

    def note(self) -> None:
        """Do what is due."""
        now = self._clock()
        if self._noted is not None and timedelta() <= now - self._noted < _EVERY:
            return
        head, broken = self._witness.note()
        self._noted = now
        metrics.AUDIT_SET_BACK.set(1 if broken else 0)
        if broken:
            _LOG.error(
                "audit: the record lacks row %s as it was; run `mailguard audit verify`. now=%s", broken.seq, head
            )
            return
        self._publish(head, now.astimezone(_JAPAN).date())

    def _publish(self, head: Head, today: date) -> None:
        metrics.AUDIT_HEAD.info({"rows": str(head.length), "hash": head.hash})
        if today != self._said:
            _LOG.info("audit head=%s", head)
            self._said = today
