"""The switch that stops all releases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from stage import ACCEPTED

from mailguard.errors import ConflictError, RefusedError
from mailguard.lifecycle import MessageState
from mailguard.store.audit import CLI
from mailguard.store.views import Clearance


@pytest.fixture
def approved(stage, staff):
    hold_id = stage.admit(staff[3]).hold_id
    stage.decide(hold_id, staff[1])
    return hold_id


def claim(stage):
    return stage.store.releases.claim(lease_seconds=60)


def test_nothing_is_handed_out_while_paused(stage, staff, approved):
    switch = stage.store.switch
    assert switch.state() is None
    switch.pause(staff[1].id, " relay is moved ")
    stage.reopen()
    state = stage.store.switch.state()
    assert (state.reason, state.name, state.by, state.at) == (
        "relay is moved",
        "sato Yamada",
        staff[1].id,
        stage.clock(),
    )
    assert claim(stage) is None
    stage.store.switch.resume(staff[2].id)
    assert stage.store.switch.state() is None
    assert claim(stage) is not None
    assert stage.actions("")[:2] == ["release.resumed", "release.paused"]
    [past] = stage.store.switch.recent()
    assert (past.ended_at, past.ended_name) == (stage.clock(), "suzuki Yamada")
    assert stage.store.audit.verify() is None


def test_a_pause_between_claim_and_dot_counts(stage, approved):
    claimed = claim(stage)
    clearance = stage.store.releases.clearance
    assert clearance([claimed.token]) == {claimed.token: Clearance.GO}
    stage.store.switch.pause(CLI, "x")
    assert clearance([claimed.token, "forged"]) == {claimed.token: Clearance.PAUSED, "forged": Clearance.LOST}
    assert stage.still_mine(claimed.token)
    # What had sent its dot is still recorded.
    assert stage.record(claimed, ACCEPTED) is MessageState.RELEASED


def test_the_reason_and_the_role_are_needed(stage, staff):
    switch = stage.store.switch
    auditor = stage.person("kansa", "auditor")
    for person in (staff[0], auditor):
        with pytest.raises(RefusedError) as caught:
            switch.pause(person.id, "x")
        assert caught.value.code == "not_switch"
    with pytest.raises(RefusedError) as caught:
        switch.pause(staff[1].id, "  ")
    assert caught.value.code == "reason_missing"
    switch.pause(stage.person("root", "administrator").id, "x")
    with pytest.raises(RefusedError):
        switch.resume(staff[0].id)
    assert switch.state() is not None


def test_pausing_twice_is_said(stage):
    switch = stage.store.switch
    with pytest.raises(ConflictError):
        switch.resume(CLI)

    def pause(_):
        try:
            switch.pause(CLI, "x")
        except ConflictError:
            return 0
        return 1

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(pause, range(3))) == 1
    assert len(switch.recent()) == 1


def test_a_claim_knows_the_pauses_since_its_first_attempt(stage, approved):
    switch, start = stage.store.switch, stage.clock()
    switch.pause(CLI, "before")
    stage.clock.forward(hours=1)
    switch.resume(CLI)
    first = claim(stage)
    assert first.pauses == ()
    stage.clock.forward(minutes=1)
    switch.pause(CLI, "after")
    stage.clock.forward(hours=5)
    switch.resume(CLI)
    second = claim(stage)
    assert [(end - begin).total_seconds() for begin, end in second.pauses] == [5 * 3600]
    assert second.received_at == start


def test_the_reason_lies_sealed(stage):
    stage.store.switch.pause(CLI, "山田さんの依頼")
    if stage.url.startswith("sqlite"):
        with stage.raw() as raw:
            assert "山田".encode() not in raw.execute("SELECT reason FROM pauses").fetchone()[0]
        raw.close()
