"""Emergency stops: what stands still, who may stop, and that two people let it go on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import exc, text
from stage import ACCEPTED, Stage

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import MessageState
from mailguard.model import Source
from mailguard.store.audit import CLI
from mailguard.store.register import CLAIM
from mailguard.store.views import Clearance


@pytest.fixture
def approved(stage, staff):
    hold_id = stage.admit(staff[3]).hold_id
    stage.decide(hold_id, staff[1])
    return hold_id


def claim(stage):
    return stage.store.releases.claim(lease_seconds=60)


def begin(stage, scope, hold_id="", actor=CLI):
    stops = stage.store.stops
    if scope == "all":
        return stops.stop_all(actor, "wrong list")
    if scope == "source":
        return stops.stop_source(actor, "ski", "wrong list")
    return stops.stop_campaign(actor, hold_id, "wrong list")


def end(stage, stop, one, two):
    stage.store.stops.ask_end(one.id, stop.id, "all is well")
    return stage.store.stops.agree_end(two.id, stop.id)


@pytest.mark.parametrize("scope", ["all", "source", "campaign"])
def test_what_is_covered_is_not_handed_out_until_two_people_end_it(stage, staff, approved, scope):
    stop = begin(stage, scope, approved, staff[1].id)
    stage.reopen()
    assert claim(stage) is None
    [there] = stage.store.stops.active()
    assert (there.reason, there.name, there.at) == ("wrong list", "sato Yamada", stage.clock())
    assert stage.store.stops.over(approved) == [there]
    ended = end(stage, stop, staff[1], staff[2])
    assert (ended.asked_name, ended.asked, ended.ended_name) == ("sato Yamada", "all is well", "suzuki Yamada")
    assert stage.store.stops.active() == []
    assert claim(stage) is not None
    assert stage.actions(stop.id) == ["stop.ended", "stop.end_asked", "stop.begun"]
    assert stage.store.audit.verify() is None


def test_what_is_not_covered_goes_on(stage, staff, approved):
    bus = stage.source(staff[0], name="bus", logins=("bus",))
    other = stage.admit(bus, key=b"other").hold_id
    summer = stage.admit(staff[3], key=b"summer", subject_key=b"summer").hold_id
    stage.store.stops.stop_campaign(CLI, approved, "x")
    for hold_id in (other, summer):
        stage.decide(hold_id, staff[1])
    assert {claim(stage).hold_id, claim(stage).hold_id} == {other, summer}
    assert claim(stage) is None
    still = stage.store.stops.latest()
    assert [still.holds_back(*key) for key in (("ski", b"subject"), ("ski", b"summer"), ("bus", b"subject"))] == [
        True,
        False,
        False,
    ]


def test_a_stop_between_claim_and_dot_counts(stage, approved):
    claimed = claim(stage)
    clearance = stage.store.releases.clearance
    stage.store.stops.stop_source(CLI, "ski", "x")
    assert clearance([claimed.token, "forged"]) == {claimed.token: Clearance.PAUSED, "forged": Clearance.LOST}
    assert stage.record(claimed, ACCEPTED) is MessageState.RELEASED


@pytest.mark.parametrize("scope", ["all", "source", "campaign"])
def test_nothing_passes_under_an_approval_meanwhile(stage, staff, approved, scope):
    assert stage.reserve() is not None
    begin(stage, scope, approved)
    assert stage.reserve() is None
    later = stage.admit(staff[3])  # it is kept with its hold
    assert (later.hold_id, later.outcome) == (approved, "waiting")
    assert claim(stage) is None


def test_mail_that_only_claims_to_come_from_a_source_is_stopped_with_it(stage, staff):
    claim_of_two = Source(f"{CLAIM}bus+ski", "x", (staff[0].id,), declared=False)
    hold_id = stage.admit(claim_of_two).hold_id
    for person in staff[1:3]:
        stage.decide(hold_id, person)
    assert claim(stage) is not None
    stage.clock.forward(minutes=2)
    stage.store.stops.stop_source(CLI, "ski", "x")
    assert claim(stage) is None
    still = stage.store.stops.latest()
    assert still.holds_back(claim_of_two.id, b"")
    assert not still.holds_back(f"{CLAIM}bus+skier", b"")


def test_who_may_stop_and_with_what(stage, staff):
    auditor, root = stage.person("kansa", "auditor"), stage.person("root", "administrator")
    gone = stage.person("gone")
    stage.store.people.disable("gone", "test")
    for person in (staff[0], auditor, root, gone):
        with pytest.raises(RefusedError) as caught:
            stage.store.stops.stop_all(person.id, "x")
        assert caught.value.code == "not_stopper"
    with pytest.raises(RefusedError) as caught:
        stage.store.stops.stop_all(staff[1].id, " ")
    assert caught.value.code == "stop_reason_missing"
    with pytest.raises(NotFoundError):
        stage.store.stops.stop_source(CLI, "nobody", "x")
    with pytest.raises(NotFoundError):
        stage.store.stops.stop_campaign(CLI, "H-NOBODY", "x")
    assert not stage.store.stops.latest()


def test_one_person_alone_never_ends_a_stop(stage, staff):
    stops = stage.store.stops
    stop = stops.stop_source(CLI, "ski", "x")
    with pytest.raises(ConflictError, match="nobody"):
        stops.agree_end(staff[1].id, stop.id)
    with pytest.raises(RefusedError) as caught:
        stops.ask_end(staff[1].id, stop.id, " ")
    assert caught.value.code == "stop_reason_missing"
    stops.ask_end(staff[1].id, stop.id, "x")
    for again in (lambda: stops.ask_end(staff[1].id, stop.id, "x"), lambda: stops.agree_end(staff[1].id, stop.id)):
        with pytest.raises(RefusedError) as caught:
            again()
        assert caught.value.code == "stop_asked"
    with pytest.raises(ConflictError, match="asked"):
        stops.ask_end(staff[2].id, stop.id, "x")
    for nobody in (CLI, staff[0].id):
        with pytest.raises(RefusedError) as caught:
            stops.agree_end(nobody, stop.id)
        assert caught.value.code == "not_stopper"
    stage.store.people.disable("sato", "test")
    with pytest.raises(ConflictError, match="nobody"):
        stops.agree_end(staff[2].id, stop.id)
    assert stops.active()
    third = stage.person("third")
    end(stage, stop, staff[2], third)
    with pytest.raises(ConflictError, match="was ended by"):
        stops.agree_end(third.id, stop.id)
    with pytest.raises(NotFoundError):
        stops.ask_end(third.id, "S-NOBODY", "x")


def test_an_operator_of_the_source_does_not_let_its_mail_go_on(stage, staff):
    both = stage.person("both")
    stage.source(both, name="bus")
    stops = stage.store.stops
    stop = stops.stop_source(both.id, "bus", "x")
    with pytest.raises(RefusedError) as caught:
        stops.ask_end(both.id, stop.id, "x")
    assert caught.value.code == "stop_own_source"
    every = stops.stop_all(both.id, "x")
    assert stops.ask_end(both.id, every.id, "x").asked_by == both.id


def test_the_database_itself_wants_two_people(stage, staff):
    stop = stage.store.stops.stop_all(CLI, "x")
    with pytest.raises(exc.IntegrityError), stage.store._database._kind.engine.begin() as raw:
        raw.execute(text("UPDATE stops SET ended = true, asked_by = 'p', ended_by = 'p', ended_at = stopped_at"))
    assert stage.store.stops.active()[0].id == stop.id


def test_stopping_the_same_twice_is_said(stage):
    def begin_all(_):
        try:
            stage.store.stops.stop_all(CLI, "x")
        except ConflictError:
            return 0
        return 1

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(begin_all, range(3))) == 1
    assert len(stage.store.stops.recent()) == 1


def test_it_takes_effect_in_every_process_within_its_time(stage, staff):
    other = Stage(stage.url, stage.folder, stage.clock)
    try:
        assert other.store.stops.latest.fresh() is None
        assert not other.store.stops.latest()
        assert other.store.stops.latest.fresh() is not None  # an empty one is an answer
        stage.store.stops.stop_all(CLI, "x")
        if stage.url.startswith("sqlite"):
            assert other.store.stops.latest.fresh() is None
        other.store.stops.latest.seconds = -1.0
        assert other.store.stops.latest.fresh() is None
        assert other.store.stops.latest().holds_back("ski", b"")
    finally:
        other.store.close()


def test_everybody_concerned_is_told(stage, staff):
    stage.source(stage.person("bus", "operator"), name="bus")
    stop = stage.store.stops.stop_source(staff[1].id, "ski", "x")
    end(stage, stop, staff[1], staff[2])
    for event in ("stop_begun", "stop_end_asked", "stop_ended"):
        assert stage.heard(event) == ["sato", "suzuki", "tanaka"]
    first = stage.store.notices.pending(1000)[0]
    assert (first.path, first.source_title, first.recipients) == ("/stops", f"{stop.id} スキー案内", 0)
    stage.store.notices.sent(first.id)
    assert first.id not in {notice.id for notice in stage.store.notices.pending(1000)}
    stage.store.stops.stop_all(CLI, "x")
    assert stage.heard("stop_begun").count("bus") == 1


def test_a_claim_knows_when_it_stood_still(stage, staff, approved):
    first = claim(stage)
    assert first.pauses == ()
    stage.clock.forward(minutes=1)
    stop = stage.store.stops.stop_source(CLI, "ski", "x")
    stage.clock.forward(hours=1)
    stage.store.switch.pause(CLI, "both at once")
    stage.clock.forward(hours=3)
    end(stage, stop, staff[1], staff[2])
    stage.clock.forward(hours=1)
    stage.store.switch.resume(CLI)
    assert [(end - begin).total_seconds() for begin, end in claim(stage).pauses] == [5 * 3600]


def test_the_reasons_lie_sealed(stage, staff):
    stop = stage.store.stops.stop_all(CLI, "山田さんの依頼")
    stage.store.stops.ask_end(staff[1].id, stop.id, "山田さんと確認")
    with stage.store._database.read() as tx:
        row = tx.execute(text("SELECT reason, asked FROM stops")).one()
    assert not any("山田".encode() in bytes(value) for value in row)
