"""The housekeeping of the service when the clock jumps: nothing expires by a clock that nobody saw go; mail goes on."""

from datetime import timedelta

import pytest
from stage import ACCEPTED

from mailguard.config import Config
from mailguard.lifecycle import HoldState
from mailguard.service.pace import JUMP, SETTLING_SECONDS, Pace
from mailguard.service.whole import Service


class Machine:
    """A service on the folder of a stage; `wait` lets time pass for both of its clocks."""

    def __init__(self, stage):
        self.clock, self.ticks = stage.clock, 0.0
        config = Config(data_dir=stage.folder, store={"url": stage.url})
        self.service = Service(config, stage.clock)
        self.service._pace = Pace(stage.clock, lambda: self.ticks)

    def wait(self, hours, every=300.0):
        for _ in range(int(hours * 3600 / every)):
            self.clock.forward(seconds=every)
            self.ticks += every
            self.service._tidy()


@pytest.fixture
def machine(stage):
    made = Machine(stage)
    yield made
    made.service.store.close()


@pytest.fixture
def pending(stage, staff):
    return stage.admit(staff[3]).hold_id


def test_a_hold_expires_by_time_that_passed(stage, machine, pending):
    machine.wait(24 * 9, every=3600.0)
    assert stage.row(pending).state is HoldState.EXPIRED


def test_a_jump_forward_that_is_set_right_expires_and_deletes_nothing(stage, staff, machine, pending):
    stage.decide(sent := stage.admit(staff[3], key=b"sent").hold_id, staff[1])
    stage.record(stage.store.releases.claim(lease_seconds=60), ACCEPTED)
    machine.wait(2)
    stage.clock.forward(days=30)
    machine.wait(0.9)
    assert stage.row(pending).state is HoldState.PENDING
    assert "bytes.purged" not in stage.actions()
    stage.clock.forward(days=-30)
    machine.wait(2)
    assert stage.row(pending).state is HoldState.PENDING
    assert stage.row(sent).state is HoldState.APPROVED
    assert "bytes.purged" not in stage.actions()


def test_a_clock_that_is_wrong_at_boot_expires_nothing_for_an_hour(stage, machine, pending):
    stage.clock.forward(days=30)
    machine.service._pace = Pace(stage.clock, lambda: machine.ticks)
    machine.wait(0.9)
    assert stage.row(pending).state is HoldState.PENDING
    machine.wait(0.2)
    assert stage.row(pending).state is HoldState.EXPIRED


@pytest.mark.parametrize("hours", [2, 0.5])  # after the hour that a start counts for, and within
def test_approved_mail_goes_on_after_the_clock_was_set_back(stage, staff, machine, pending, hours):
    machine.wait(hours)
    stage.decide(pending, staff[1])
    stage.clock.forward(hours=-6)
    assert stage.store.releases.claim(lease_seconds=60) is None
    machine.service._tidy()
    assert stage.store.releases.claim(lease_seconds=60) is not None


def test_trouble_of_the_store_puts_bringing_back_off(stage, staff, machine, pending, monkeypatch):
    stage.decide(pending, staff[1])
    stage.clock.forward(hours=-6)
    with monkeypatch.context() as broken:
        broken.setattr(machine.service.store.times, "bring_back", None)
        with pytest.raises(TypeError):
            machine.service._tidy()
    machine.service._tidy()
    assert stage.store.releases.claim(lease_seconds=60) is not None


@pytest.mark.parametrize(("step", "steady"), [(JUMP, True), (-JUMP, True), (2 * JUMP, False), (-2 * JUMP, False)])
def test_only_a_jump_is_one(stage, step, steady, caplog):
    now = [0.0]
    pace = Pace(stage.clock, lambda: now[0])
    assert not pace.steady()
    now[0] += SETTLING_SECONDS
    stage.clock.forward(seconds=SETTLING_SECONDS)
    assert pace.steady()
    stage.clock.now += step
    assert pace.steady() is steady
    assert ("jumped" in caplog.text) is not steady


def test_a_slow_drift_is_no_jump(stage):
    now = [0.0]
    pace = Pace(stage.clock, lambda: now[0])
    for _ in range(100):
        now[0] += 3600
        stage.clock.now += timedelta(seconds=3605)
        last = pace.steady()
    assert last
