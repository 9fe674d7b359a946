"""What is answered without asking the database: only on SQLite, and never after somebody changed it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mailguard.errors import RefusedError, StoreError
from mailguard.lifecycle import Choice, HoldState
from mailguard.store import open_store


@pytest.fixture
def other(stage):
    """A second store on the same database stands for another process."""
    with open_store(stage.url, stage.folder, stage.clock, holds=stage.settings) as store:
        yield store


@pytest.fixture
def local(stage):
    if not stage.url.startswith("sqlite"):
        pytest.skip("a server is asked each time")


def test_a_server_is_asked_each_time(stage, staff):
    if stage.url.startswith("sqlite"):
        pytest.skip("a file has a mark")
    stage.admit(staff[3])
    stage.store.sources.register()
    assert stage.store.sources.register.fresh() is None
    assert not stage.store.holds.hopeless(stage.later())


def test_a_register_is_fresh_until_any_process_changes_a_source(local, stage, staff, other):
    assert other.sources.register.fresh() is None
    register = other.sources.register()
    assert other.sources.register.fresh() is register
    stage.admit(staff[3])
    assert other.sources.register.fresh() is register
    stage.source(staff[0], name="new", networks=("192.0.2.0/24",))
    assert other.sources.register.fresh() is None
    assert other.sources.register().match(login=None, client="192.0.2.9", from_domains=()).id == "new"
    assert other.sources.register.fresh() is not register


def test_a_register_is_not_fresh_for_longer_than_its_time(local, stage, staff):
    stage.store.sources.register()
    stage.store.sources.register.seconds = -1.0
    assert stage.store.sources.register.fresh() is None


def test_a_closed_store_has_nothing_fresh(local, stage, staff, other):
    other.sources.register()
    assert other.sources.register.fresh() is not None
    other.close()
    assert other.sources.register.fresh() is None
    assert not other.holds.hopeless(stage.later())
    with pytest.raises(StoreError):
        other.record.may_have_been_sent("m", 1)


def test_what_waits_is_known_to_wait_until_anybody_decides(local, stage, staff, other):
    ski, later = staff[3], stage.later()
    assert not stage.store.holds.hopeless(later)
    hold_id = stage.admit(ski).hold_id
    assert stage.store.holds.hopeless(later)
    assert not stage.store.holds.hopeless(stage.later(key=b"other"))
    assert not other.holds.hopeless(later)  # it has not looked yet
    person = staff[1].id
    other.holds.decide(hold_id, revision=1, choice=Choice.APPROVE, person_id=person, reason="looked", cap=9)
    assert not stage.store.holds.hopeless(later)
    assert stage.reserve() is not None
    assert stage.admit(ski).outcome == "waiting"
    assert not stage.store.holds.hopeless(later)


def test_a_decision_that_is_refused_makes_everybody_look_again(local, stage, staff):
    hold_id = stage.admit(staff[3]).hold_id
    with pytest.raises(RefusedError):
        stage.decide(hold_id, staff[0])
    assert not stage.store.holds.hopeless(stage.later())
    stage.admit(staff[3])
    assert stage.store.holds.hopeless(stage.later())


def test_a_decision_while_messages_come_is_never_overlooked(local, stage, staff, other):
    ski, later = staff[3], stage.later()
    for number in range(12):
        key = b"content %d" % number
        hold_id = stage.admit(ski, key=key).hold_id
        later = stage.later(key=key)
        with ThreadPoolExecutor(2) as pool:
            pool.submit(lambda key=key: [stage.admit(ski, key=key) for _ in range(3)])
            wish = {"revision": 1, "choice": Choice.APPROVE, "person_id": staff[1].id, "reason": "looked", "cap": 99}
            state = pool.submit(lambda: other.holds.decide(hold_id, **wish)).result()  # noqa: B023 - ends in this round
            assert state is HoldState.APPROVED
            assert not stage.store.holds.hopeless(later)
        assert not stage.store.holds.hopeless(later)
