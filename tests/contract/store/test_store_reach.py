"""Who was reached and who was not: a row for each recipient, counts that add up, addresses only with a reason."""

import json

import pytest
from sqlalchemy import select
from stage import ACCEPTED, REFUSED, WAITING

from mailguard.errors import NotFoundError, RefusedError
from mailguard.lifecycle import Choice, RecipientState
from mailguard.model import Source
from mailguard.store.audit import CLI
from mailguard.store.reach import About, Reached
from mailguard.store.schema import reach_exports
from mailguard.store.suppressions import Spared

TO = tuple(f"taro{number}@example.jp" for number in range(4))


def counts(stage, hold_id, **facts):
    reach = stage.store.reach.take(About((hold_id,)), CLI, **facts)
    assert sum(reach.counts.values()) == len(reach.rows)
    return dict(reach.counts)


@pytest.fixture
def approved(stage, staff):
    hold_id = stage.admit(staff[3], stage.message("first", to=TO)).hold_id
    stage.decide(hold_id, staff[1])
    return hold_id


def claim(stage, seconds=60):
    return stage.store.releases.claim(lease_seconds=seconds)


def test_each_fate_is_told(stage, staff, approved):
    assert counts(stage, approved) == {Reached.WAITING: 4}
    claimed = claim(stage)
    assert counts(stage, approved) == {Reached.IN_DOUBT: 4}  # it may be going out right now
    stage.record(claimed, ACCEPTED, REFUSED, RecipientState.SUPPRESSED, WAITING)
    told = {Reached.ACCEPTED: 1, Reached.REFUSED: 1, Reached.SUPPRESSED: 1}
    assert counts(stage, approved) == told | {Reached.WAITING: 1}
    row = stage.row(approved)
    stage.store.releases.decide_rest(
        approved, revision=row.revision, choice=Choice.STOP_REST, person_id=staff[0].id, reason="x"
    )
    stage.store.releases.end_stopped()
    assert counts(stage, approved) == told | {Reached.WITHDRAWN: 1}


@pytest.mark.parametrize(
    ("choice", "who", "state"),
    [(Choice.REJECT, 1, Reached.REJECTED), (Choice.WITHDRAW, 0, Reached.WITHDRAWN), (None, 0, Reached.EXPIRED)],
)
def test_what_never_left_says_why(stage, staff, choice, who, state):
    hold_id = stage.admit(staff[3], stage.message(to=TO)).hold_id
    if choice:
        stage.decide(hold_id, staff[who], choice)
    else:
        stage.clock.forward(days=20)
        stage.store.holds.expire_due()
    assert counts(stage, hold_id) == {state: 4}


def test_a_lost_reply_stays_in_doubt_until_it_is_accepted(stage, staff, approved):
    stage.lose(claim(stage), 0, 1)
    assert counts(stage, approved) == {Reached.IN_DOUBT: 2, Reached.WAITING: 2}
    again = claim(stage)
    stage.record(again, ACCEPTED, REFUSED, ACCEPTED, WAITING)
    assert counts(stage, approved) == {Reached.ACCEPTED: 2, Reached.IN_DOUBT: 1, Reached.WAITING: 1}


def test_a_process_that_died_leaves_doubt_whoever_goes_on(stage, staff, approved):
    claim(stage, seconds=5)
    stage.clock.forward(seconds=6)
    again = claim(stage)
    stage.record(again, ACCEPTED, WAITING, WAITING, WAITING)
    assert counts(stage, approved) == {Reached.ACCEPTED: 1, Reached.IN_DOUBT: 3}


def test_a_process_that_died_under_a_stop_leaves_doubt_when_it_is_withdrawn(stage, staff, approved):
    claim(stage, seconds=5)
    stage.store.stops.stop_all(CLI, "x")
    stage.clock.forward(seconds=6)
    assert claim(stage) is None
    assert counts(stage, approved) == {Reached.IN_DOUBT: 4}
    row = stage.row(approved)
    stage.store.releases.decide_rest(
        approved, revision=row.revision, choice=Choice.STOP_REST, person_id=staff[0].id, reason="x"
    )
    stage.store.releases.end_stopped()
    assert counts(stage, approved) == {Reached.IN_DOUBT: 4}


def test_what_left_under_an_approval_is_there_with_its_recipients(stage, staff, approved):
    one, two = stage.reserve(2, message_id="one"), stage.reserve(1, message_id="two")
    stage.store.holds.confirm(one, 2)
    assert counts(stage, approved) == {Reached.WAITING: 4, Reached.ACCEPTED: 2, Reached.IN_DOUBT: 1}
    stage.store.holds.give_back(two)
    reach = stage.store.reach.take(About((approved,)), CLI, clear=True, reason="report")
    assert [row.address for row in reach.rows if row.message_id == "one"] == ["taro0@example.jp", "taro1@example.jp"]
    assert not [row for row in reach.rows if row.message_id == "two"]


def test_addresses_are_masked_unless_there_is_a_reason_and_gone_after_a_purge(stage, staff, approved):
    stage.store.holds.confirm(stage.reserve(1, message_id="one"), 1)
    source = Source("ski", "スキー案内")
    stage.store.suppressions.record(Spared("first", source, ("gone@example.jp",)))
    reach = stage.store.reach.take(About((approved,)), staff[1].id)
    assert not any("taro" in row.address for row in reach.rows)
    assert reach.masked == len(reach.rows) == 6
    with pytest.raises(RefusedError) as caught:
        stage.store.reach.take(About((approved,)), staff[1].id, clear=True, reason=" ")
    assert caught.value.code == "reach_reason_missing"
    reach = stage.store.reach.take(About((approved,)), staff[1].id, clear=True, reason="山田さんへの報告")
    assert {row.address for row in reach.rows} == {*TO, "***"}
    assert stage.actions(approved)[0] == "reach.exported"
    with stage.store._database.read() as tx:
        assert not any("山田".encode() in bytes(row.reason) for row in tx.execute(select(reach_exports)))
    stage.record(claim(stage), *[ACCEPTED] * 4)
    stage.clock.forward(days=3)
    stage.store.holds.purge_due()
    reach = stage.store.reach.take(About((approved,)), staff[1].id, clear=True, reason="x")
    assert reach.masked == len(reach.rows) == 6
    assert reach.counts == {Reached.ACCEPTED: 5, Reached.SUPPRESSED: 1}
    assert stage.store.audit.verify() is None


def test_a_source_and_a_mailing_have_their_holds(stage, staff, approved):
    second = stage.admit(staff[3], stage.message(to=TO[:1]), key=b"second", evidence=(b"b",)).hold_id
    other = stage.admit(staff[3], stage.message(to=TO[:2]), key=b"other", subject_key=b"other").hold_id
    stage.admit(stage.source(staff[0], name="bus"), key=b"bus")

    def holds(about):
        return {row.hold_id for row in stage.store.reach.take(about, CLI).rows}

    assert holds(About(campaign=approved)) == {approved, second}
    assert holds(About(source="ski")) == {approved, second, other}
    assert holds(About((other, second))) == {other, second}
    for about in (About(("H-NOBODY", other)), About(campaign="H-NOBODY"), About()):
        with pytest.raises(NotFoundError):
            stage.store.reach.take(about, CLI)


def test_who_may_take_it(stage, staff, approved):
    auditor, root = stage.person("kansa", "auditor"), stage.person("root", "administrator")
    take = stage.store.reach.take
    for person, clear, code in ((staff[0], False, "not_reach"), (root, True, "not_reach_clear")):
        with pytest.raises(RefusedError) as caught:
            take(About((approved,)), person.id, clear=clear, reason="x")
        assert caught.value.code == code
    assert take(About((approved,)), auditor.id, clear=True, reason="x").masked == 0
    assert take(About((approved,)), root.id).masked == 4


def test_the_files_say_the_same(stage, staff, approved):
    stage.record(claim(stage), ACCEPTED, REFUSED, WAITING, WAITING)
    reach = stage.store.reach.take(About((approved,)), CLI)
    facts = json.loads(reach.written("json"))
    assert (facts["counts"], facts["total"]) == ({"accepted": 1, "waiting": 2, "refused": 1}, 4)
    assert [row["state"] for row in facts["recipients"]] == ["accepted", "refused", "waiting", "waiting"]
    lines = reach.written("csv").splitlines()
    assert lines[0].endswith("保留番号,メール番号,宛先,状態,中継サーバーの応答,日時")
    assert [line.split(",")[3:5] for line in lines[5:9]] == [
        ["送信済み(中継サーバー受理)", "1"],
        ["未送信(待ち)", "2"],
        ["送信失敗", "1"],
        ["すべて", "4"],
    ]
