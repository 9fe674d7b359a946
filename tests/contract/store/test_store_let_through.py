"""One approved mailing goes out in spite of a stop, when two people say so; nothing else does."""

import pytest

from mailguard.errors import ConflictError, RefusedError
from mailguard.store.audit import CLI
from mailguard.store.views import Clearance


@pytest.fixture
def apology(stage, staff):
    """An approved hold beside another one, both stopped."""
    wrong = stage.admit(staff[3]).hold_id
    stage.store.stops.stop_source(CLI, "ski", "wrong list")
    hold_id = stage.admit(staff[3], key=b"apology", subject_key=b"apology", evidence=(b"sorry",)).hold_id
    for one in (wrong, hold_id):
        stage.decide(one, staff[1])
    return hold_id


def claim(stage):
    return stage.store.releases.claim(lease_seconds=60)


def let(stage, hold_id, one, two):
    stage.store.let_through.ask(hold_id, one.id, "apology")
    stage.store.let_through.agree(hold_id, two.id)


def test_only_that_goes(stage, staff, apology):
    assert claim(stage) is None
    let(stage, apology, staff[1], staff[2])
    claimed = claim(stage)
    assert claimed.hold_id == apology
    assert stage.store.releases.clearance([claimed.token]) == {claimed.token: Clearance.GO}
    assert claim(stage) is None
    # Later messages of it pass under its approval; those of the other do not.
    sorry = {"key": b"apology", "subject_key": b"apology", "evidence": (b"sorry",)}
    assert stage.reserve(**sorry).hold_id == apology
    assert stage.reserve() is None
    [there] = stage.store.let_through.of(apology)
    assert (there.asked_name, there.agreed_name, there.reason) == ("sato Yamada", "suzuki Yamada", "apology")
    assert stage.actions(apology)[:2] == ["stop.exception", "stop.exception_asked"]
    assert stage.heard("stop_let_through") == ["sato", "suzuki", "tanaka"]
    assert stage.store.audit.verify() is None


def test_one_person_alone_lets_nothing_through(stage, staff, apology):
    let_through = stage.store.let_through
    with pytest.raises(ConflictError, match="Ask first"):
        let_through.agree(apology, staff[1].id)
    let_through.ask(apology, staff[1].id, "x")
    for again in (lambda: let_through.ask(apology, staff[1].id, "x"), lambda: let_through.agree(apology, staff[1].id)):
        with pytest.raises(RefusedError) as caught:
            again()
        assert caught.value.code == "exception_asked"
    with pytest.raises(RefusedError) as caught:
        let_through.agree(apology, staff[0].id)
    assert caught.value.code == "not_approver"
    stage.store.people.disable("sato", "test")
    with pytest.raises(ConflictError, match="Ask first"):
        let_through.agree(apology, staff[2].id)
    assert claim(stage) is None
    let(stage, apology, staff[2], stage.person("third"))
    assert claim(stage) is not None


def test_what_is_not_approved_or_not_stopped_is_refused(stage, staff, apology):
    with pytest.raises(RefusedError) as caught:
        stage.store.let_through.ask(apology, staff[1].id, " ")
    assert caught.value.code == "exception_reason_missing"
    pending = stage.admit(staff[3], key=b"other", subject_key=b"other").hold_id
    with pytest.raises(RefusedError) as caught:
        stage.store.let_through.ask(pending, staff[1].id, "x")
    assert caught.value.code == "exception_not_approved"
    free = stage.admit(stage.source(staff[0], name="bus"), key=b"bus").hold_id
    stage.decide(free, staff[1])
    with pytest.raises(ConflictError, match="no stop"):
        stage.store.let_through.ask(free, staff[1].id, "x")


def test_a_later_stop_holds_it_back_again(stage, staff, apology):
    let(stage, apology, staff[1], staff[2])
    claimed = claim(stage)
    stage.store.stops.stop_all(CLI, "the apology has the wrong list, too")
    assert stage.store.releases.clearance([claimed.token]) == {claimed.token: Clearance.PAUSED}
    assert stage.reserve(key=b"apology", subject_key=b"apology", evidence=(b"sorry",)) is None
    stage.clock.forward(minutes=5)
    assert claim(stage) is None
    let(stage, apology, staff[1], staff[2])
    assert claim(stage).hold_id == apology
