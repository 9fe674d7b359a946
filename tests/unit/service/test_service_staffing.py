"""Too few enabled approvers are said in log and metrics, when it changes and once an hour, not every few seconds."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from mailguard import metrics
from mailguard.config import Config, Holds
from mailguard.service.staffing import Staffing
from mailguard.store import open_store

ROUTES = '[[route]]\nname = "多数"\nwhen = {}\n[route.then]\nfrom = [{ organisation = "委託元", count = 1 }]\n'


class Clock:
    now = datetime(2027, 4, 28, 1, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def on(self, **step):
        self.now += timedelta(**step)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    data = tmp_path / "data"
    with open_store(f"sqlite:///{data / 'mailguard.db'}", data, clock, holds=Holds()) as opened:
        yield opened


def add(store, login, organisation=""):
    store.people.add(
        login=login, name=login, email="", role="approver", password=None, organisation=organisation, actor="t"
    )


def value(gauge):
    (sample,) = next(iter(gauge.collect())).samples
    return sample.value


def warned(caplog):
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    caplog.clear()
    return lines


def test_it_is_said_when_it_changes_and_once_an_hour(store, clock, caplog):
    caplog.set_level(logging.INFO, "mailguard.service")
    add(store, "sato")
    staffing = Staffing(store.people, clock)
    for _ in range(3):
        staffing.note(Config())
        clock.on(minutes=2)
    [line] = warned(caplog)
    assert "too few enabled approvers: 1 of the 2" in line
    assert "sato" not in line
    assert value(metrics.APPROVERS) == 1
    clock.on(hours=1)
    staffing.note(Config())
    assert len(warned(caplog)) == 1
    add(store, "suzuki")
    staffing.note(Config())
    assert value(metrics.APPROVERS) == 1, "once a minute is enough"
    clock.on(minutes=1)
    staffing.note(Config())
    assert value(metrics.APPROVERS) == 2
    assert "enough enabled approvers again" in caplog.text
    store.people.disable("suzuki", "t")
    clock.on(minutes=1)
    staffing.note(Config())
    assert len(warned(caplog)) == 1


def test_a_route_that_nobody_can_complete_is_named(store, clock, caplog, tmp_path):
    (tmp_path / "routes.toml").write_text(ROUTES, "utf-8")
    config = Config(holds=Holds(routes=str(tmp_path / "routes.toml")))
    add(store, "sato")
    add(store, "suzuki")
    staffing = Staffing(store.people, clock)
    staffing.note(config)
    [line] = warned(caplog)
    assert 'route "多数" needs 1 of organisation' in line
    assert value(metrics.ROUTES_SHORT) == 1
    add(store, "kato", "委託元")
    clock.on(minutes=1)
    staffing.note(config)
    assert warned(caplog) == []
    assert value(metrics.ROUTES_SHORT) == 0
