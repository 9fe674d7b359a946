"""Messages that come together: the same as one after the other, and no one of them spoils the others."""

import pytest
from stage import content

from mailguard.errors import StoreError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Source
from mailguard.store.register import UNDECLARED


def admit_all(stage, *arrivals):
    return stage.store.holds.admit_all(arrivals)


def test_later_ones_join_the_hold_that_an_earlier_one_of_them_opened(stage, staff):
    ski = staff[3]
    twice = stage.arrival(ski)
    answers = admit_all(stage, twice, stage.arrival(ski, persons=7), twice, stage.arrival(ski, key=b"other"))
    assert [answer.outcome for answer in answers] == ["opened", "joined", "opened", "opened"]
    assert answers[0] == answers[2]
    row = stage.row(answers[0].hold_id)
    assert (row.messages, row.recipients, row.persons, row.revision) == (2, 2, 7, 1)
    assert stage.heard("opened") == ["sato", "sato", "suzuki", "suzuki", "tanaka", "tanaka"]
    assert admit_all(stage, twice) == [answers[0]]
    assert stage.row(answers[0].hold_id).messages == 2
    assert stage.store.audit.verify() is None


def test_the_record_tells_them_in_the_order_they_came(stage, staff):
    ski = staff[3]
    names = [stage.message(name) for name in ("a", "b", "c")]
    answers = admit_all(
        stage, stage.arrival(ski, names[0]), stage.arrival(ski, names[1], evidence=(b"leaf", b"new")),
        stage.arrival(ski, names[2], evidence=(b"leaf", b"new")),
    )  # fmt: skip
    rows = stage.store.audit.rows(5, 0)[::-1]
    assert [(row.action, row.subject) for row in rows] == [
        ("hold.opened", answers[0].hold_id), ("message.opened", "a"), ("hold.changed", answers[0].hold_id),
        ("message.joined", "b"), ("message.joined", "c"),
    ]  # fmt: skip
    view = stage.store.holds.get(answers[0].hold_id)
    assert view.row.revision == 2
    assert {finding.key for finding in view.inspection.findings} == {b"leaf", b"new"}


def test_a_cap_is_not_exceeded_by_those_that_come_together(stage, staff):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    stage.decide(hold_id, staff[1], cap=3)
    answers = admit_all(stage, *(stage.arrival(ski) for _ in range(4)))
    assert [answer.outcome for answer in answers] == ["waiting", "waiting", "opened", "joined"]
    assert stage.store.holds.get(hold_id).used == 3


def test_of_reservations_that_come_together_those_within_the_cap_are_given(stage, staff):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    stage.decide(hold_id, staff[1], cap=4)
    twice = stage.later(2)
    answers = stage.store.holds.reserve_all([twice, stage.later(2), twice, stage.later(1), stage.later(1)])
    assert [answer.recipients if answer else None for answer in answers] == [2, None, None, 1, None]
    assert stage.store.holds.get(hold_id).used == 4


def test_who_sends_one_of_them_vouches_for_none_of_them(stage, staff):
    ski, sato = staff[3], staff[1]
    stage.decide(stage.admit(ski).hold_id, sato)
    answers = admit_all(
        stage, stage.arrival(ski), stage.arrival(ski, stage.message(mail_from="sato@example.co.jp")), stage.arrival(ski)
    )
    assert [answer.outcome for answer in answers] == ["waiting", "opened", "joined"]
    assert stage.store.holds.may_decide(answers[1].hold_id, sato.id) == "own_address"


def test_late_ones_of_a_closed_hold_tell_the_operators_once(stage, staff):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    stage.decide(hold_id, staff[1], Choice.REJECT)
    answers = admit_all(stage, *(stage.arrival(ski) for _ in range(3)))
    assert {(answer.state, answer.outcome) for answer in answers} == {(HoldState.REJECTED, "closed")}
    assert stage.heard("closed") == ["tanaka"]
    assert stage.store.holds.get(hold_id).late_messages == 3


def test_claims_among_them_count(stage, staff):
    tanaka, sato, _, _ = staff
    claimed = Source("from:ski", "x", (tanaka.id, sato.id), declared=False)
    answers = admit_all(stage, stage.arrival(UNDECLARED), stage.arrival(claimed), stage.arrival(claimed))
    assert answers[1].hold_id == answers[2].hold_id != answers[0].hold_id
    assert stage.store.holds.may_decide(answers[1].hold_id, sato.id) == "own_source"


@pytest.mark.parametrize("bad", [{"to": ("\udc80@example.jp",)}, {"name": "m" * 101 + "\udc80"}])
def test_one_that_cannot_be_kept_does_not_spoil_the_others(stage, staff, bad):
    ski = staff[3]
    bad = stage.arrival(ski, stage.message(data=content(), **bad))
    answers = admit_all(stage, stage.arrival(ski), bad, stage.arrival(ski))
    assert isinstance(answers[1], StoreError)
    assert [answers[0].outcome, answers[2].outcome] == ["opened", "joined"]
    assert stage.row(answers[0].hold_id).messages == 2
    assert stage.store.audit.verify() is None


def test_each_comes_out_byte_for_byte(stage, staff):
    ski = staff[3]
    messages = [stage.message(to=(f"p{number}@example.jp",)) for number in range(5)]
    hold_id = admit_all(stage, *(stage.arrival(ski, message) for message in messages))[0].hold_id
    stage.decide(hold_id, staff[1])
    claims = [stage.store.releases.claim(lease_seconds=9) for _ in messages]
    assert [(claim.message_id, claim.content) for claim in claims] == [(one.id, one.content) for one in messages]


def test_parts_purged_in_between_are_kept_again(stage, staff):
    ski = staff[3]
    first = stage.admit(ski).hold_id
    stage.decide(first, staff[1], Choice.REJECT)
    stage.clock.forward(days=7)
    assert stage.store.holds.purge_due() == 1
    hold_id = stage.admit(ski, key=b"again").hold_id
    stage.decide(hold_id, staff[1])
    assert stage.store.releases.claim(lease_seconds=9).content == content(text="hi m2")


def test_what_may_have_been_sent_is_recorded(stage):
    stage.store.record.may_have_been_sent("m-1", 3)
    (row,) = stage.store.audit.rows(9, 0, "m-1")
    assert (row.action, row.detail) == ("message.may_have_been_sent", '{"recipients":3}')
    assert stage.store.audit.verify() is None


def test_a_source_counts_from_the_next_look_on_in_every_process(stage, staff):
    from mailguard.store import open_store

    other = open_store(stage.url, stage.folder, stage.clock, holds=stage.settings)
    before = other.sources.register()
    assert other.sources.register() is before
    stage.source(staff[0], name="new", networks=("192.0.2.0/24",))
    after = other.sources.register()
    assert before.match(login=None, client="192.0.2.9", from_domains=()) == UNDECLARED
    assert after.match(login=None, client="192.0.2.9", from_domains=()).id == "new"
    assert after.match(login=None, client="2001:db8::1", from_domains=()) == UNDECLARED
    other.close()


@pytest.mark.parametrize("jump", [-400, 400])
def test_a_clock_that_jumps_changes_no_order(stage, staff, jump):
    ski = staff[3]
    both = stage.admit(ski, evidence=(b"leaf", b"list"), key=b"both").hold_id
    part = stage.admit(ski, evidence=(b"list",), key=b"part").hold_id
    stage.decide(both, staff[1])
    stage.clock.forward(minutes=jump)
    stage.decide(part, staff[2], Choice.REJECT)  # after the approval, whatever the clock says
    assert stage.reserve(evidence=(b"leaf", b"list"), key=b"both") is None
    assert stage.admit(ski, evidence=(b"list",), key=b"part").outcome == "closed"
    stage.clock.forward(minutes=-jump)
    stage.admit(ski, key=b"third")
    rows = stage.store.audit.rows(100, 0)
    assert [row.seq for row in rows] == list(range(len(rows), 0, -1))
    assert stage.store.audit.verify() is None


def test_a_clock_set_back_hands_out_no_claim_twice(stage, staff):
    stage.decide(stage.admit(staff[3]).hold_id, staff[1])
    claim = stage.store.releases.claim(lease_seconds=60)
    stage.clock.forward(hours=-5)
    assert stage.store.releases.claim(lease_seconds=60) is None
    assert stage.still_mine(claim.token)
