"""The end of the record in file, metrics and log, and what is said when it is gone."""

import logging
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from mailguard import config, metrics
from mailguard.service.notary import Notary
from mailguard.store import open_store


class Clock:
    def __init__(self):
        self.now = datetime(2027, 4, 28, 1, 0, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    folder = tmp_path / "data"
    with open_store(f"sqlite:///{folder / 'mailguard.db'}", folder, clock, holds=config.Holds()) as opened:
        yield opened


def published():
    (sample,) = next(iter(metrics.AUDIT_HEAD.collect())).samples
    return f"{sample.labels['rows']}:{sample.labels['hash']}"


def test_the_head_is_noted_every_ten_minutes_and_said_once_a_day(store, clock, caplog):
    caplog.set_level(logging.INFO, "mailguard.audit")
    notary = Notary(store.witness, clock)
    store.record.may_have_been_sent("m1", 1)
    notary.note()
    first = store.audit.head()
    assert (store.witness.remembered(), published()) == (first, str(first))
    store.record.may_have_been_sent("m2", 1)
    clock.now += timedelta(minutes=9)
    notary.note()
    assert store.witness.remembered() == first
    clock.now += timedelta(minutes=1)
    notary.note()
    assert store.witness.remembered() == store.audit.head() != first
    assert [record.message for record in caplog.records] == [f"audit head={first}"]
    clock.now += timedelta(days=1)
    notary.note()
    assert caplog.records[-1].message == f"audit head={store.audit.head()}"


def test_an_end_that_is_gone_is_an_error_each_time_and_stays_remembered(store, clock, caplog, tmp_path):
    notary = Notary(store.witness, clock)
    store.record.may_have_been_sent("m1", 1)
    notary.note()
    known = store.witness.remembered()
    raw = sqlite3.connect(tmp_path / "data" / "mailguard.db", isolation_level=None)
    raw.execute("DROP TRIGGER audit_no_delete")
    raw.execute("DELETE FROM audit")
    raw.close()
    for _ in range(2):
        clock.now += timedelta(minutes=10)
        notary.note()
    assert [record.levelname for record in caplog.records if record.levelname != "INFO"] == ["ERROR", "ERROR"]
    assert store.witness.remembered() == known
    assert metrics.AUDIT_SET_BACK.collect()[0].samples[0].value == 1


def test_a_clock_that_was_set_back_does_not_stop_it(store, clock):
    notary = Notary(store.witness, clock)
    store.record.may_have_been_sent("m1", 1)
    notary.note()
    store.record.may_have_been_sent("m2", 1)
    clock.now -= timedelta(days=2)
    notary.note()
    assert store.witness.remembered() == store.audit.head()
