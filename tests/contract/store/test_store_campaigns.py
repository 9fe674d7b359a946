"""Campaigns: how holds are grouped, what they add up to, and what one decision on all of them does."""

from dataclasses import replace

import pytest

from mailguard.errors import NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.model import Kind
from mailguard.store.register import UNDECLARED
from mailguard.store.snapshots import ChangedError


def files(stage, source, count, *, each=1, **facts):
    """A mailing with a file of its own for each hold."""
    ids = []
    for number in range(count):
        leaf = b"leaf %d" % number
        for _ in range(each):
            hold_id = stage.admit(source, key=leaf, evidence=(leaf,), **facts).hold_id
        ids.append(hold_id)
    return ids


def only(stage):
    (row,) = stage.store.campaigns.recent()
    return row


def decide(stage, person, choice=Choice.APPROVE, *, cap=None, snapshot=None, campaign=None):
    campaign = campaign or only(stage).id
    token = snapshot or stage.store.campaigns.snapshot(campaign, person.id).token
    return stage.store.campaigns.decide(
        campaign, snapshot=token, choice=choice, person_id=person.id, reason="looked at it", cap=cap
    )


def states(stage, ids):
    return {stage.row(hold_id).state for hold_id in ids}


def test_a_file_for_each_recipient_is_one_campaign_with_totals(stage, staff):
    ids = files(stage, staff[3], 3, each=2, persons=2)
    row = only(stage)
    assert (row.holds, row.messages, row.recipients, row.persons) == (3, 6, 6, 6)
    assert (row.subject, row.reasons, row.states) == ("冬の〇〇", ("attachment",), {HoldState.PENDING: 3})
    assert row.id.startswith("C-")
    assert [hold.id for hold in stage.store.campaigns.holds(row.id)] == ids
    assert [hold.id for hold in stage.store.campaigns.holds(row.id, limit=1, offset=1)] == ids[1:2]
    assert [view.row.id for view in stage.store.campaigns.samples(row.id)] == ids
    assert stage.store.campaigns.of(ids[0]) == row
    with pytest.raises(NotFoundError):
        stage.store.campaigns.get("C-none")


def test_another_subject_source_or_run_is_another_campaign(stage, staff):
    tanaka, *_, ski = staff
    other = stage.source(tanaka, name="other")
    stage.admit(ski)
    stage.admit(ski, key=b"2", subject_key=b"else")
    stage.admit(other)
    stage.clock.forward(hours=11)
    stage.admit(ski, key=b"3")
    assert [row.holds for row in stage.store.campaigns.recent()] == [2, 1, 1]
    stage.clock.forward(hours=13)
    stage.admit(ski, key=b"4")
    assert [row.holds for row in stage.store.campaigns.recent()] == [1, 2, 1, 1]


def named(stage, source, number, **facts):
    arrival = stage.arrival(source, key=b"%d" % number, subject_key=facts.pop("subject_key", b"subject"))
    return stage.store.holds.admit(replace(arrival, inspection=replace(arrival.inspection, **facts)))


def test_the_name_that_a_tool_gives_a_mailing_decides(stage, staff):
    ski = staff[3]
    named(stage, ski, 1, mailing_key=b"a", subject_key=b"one")
    named(stage, ski, 2, mailing_key=b"a", subject_key=b"other")
    named(stage, ski, 3, mailing_key=b"b", subject_key=b"one")
    assert [row.holds for row in stage.store.campaigns.recent()] == [1, 2]


def test_a_list_has_many_mailings(stage, staff):
    ski = staff[3]
    for number, facts in enumerate(({"list_key": b"a"}, {"list_key": b"b"}, {"list_key": b"a", "subject_key": b"x"})):
        named(stage, ski, number, **facts)
    assert [row.holds for row in stage.store.campaigns.recent()] == [1, 1, 1]


def test_mail_of_unknown_systems_is_grouped_by_who_it_says_it_is_from(stage, staff):
    for number, domain in enumerate(("a.example.jp", "b.example.jp", "a.example.jp")):
        named(stage, UNDECLARED, number, from_domains=(domain,))
    assert [row.holds for row in stage.store.campaigns.recent()] == [2, 1]


@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.REJECT])
def test_all_are_decided_together_as_each_alone_would_be(stage, staff, choice):
    _, sato, _, ski = staff
    ids = files(stage, ski, 3, each=2)
    alone = stage.admit(ski, key=b"alone", evidence=(b"alone",), subject_key=b"alone").hold_id
    stage.decide(alone, sato, choice, cap=1)
    mailing = next(row.id for row in stage.store.campaigns.recent() if row.holds == 3)
    state = HoldState.APPROVED if choice is Choice.APPROVE else HoldState.REJECTED
    assert decide(stage, sato, choice, campaign=mailing).states == {state: 3}
    single = stage.store.holds.get(alone)
    for hold_id in ids:
        view = stage.store.holds.get(hold_id)
        assert (view.row.state, view.row.revision, view.row.approvals) == (state, 2, single.row.approvals)
        assert [(said.choice, said.person_name, said.reason) for said in view.decisions] == [
            (choice, "sato Yamada", "looked at it")
        ]
        assert view.progress.messages == {next(iter(single.progress.messages)): 2}
        assert stage.actions(hold_id) == [stage.actions(alone)[0], "hold.opened"]
        if choice is Choice.APPROVE:
            assert (view.cap, view.used, view.decisions[0].cap) == (2, 2, 2)
    assert stage.store.releases.open_count() == (7 if choice is Choice.APPROVE else 0)
    assert stage.actions(mailing) == ["campaign.decided"]
    assert stage.store.audit.verify() is None
    # One notice for the campaign, not one for each of its holds.
    assert stage.heard(state.value) == sorted(2 * ["sato", "suzuki", "tanaka"])


def test_what_is_approved_together_is_released(stage, staff):
    files(stage, staff[3], 3)
    decide(stage, staff[1])
    claims = [stage.store.releases.claim(lease_seconds=60) for _ in range(4)]
    assert sum(claim is not None for claim in claims) == 3


@pytest.mark.parametrize("news", ["opened", "changed", "decided"])
def test_what_changed_since_it_was_looked_at_is_a_conflict_that_says_what(stage, staff, news):
    _, sato, suzuki, ski = staff
    ids = files(stage, ski, 3)
    token = stage.store.campaigns.snapshot(only(stage).id, sato.id).token
    stage.clock.forward(minutes=1)
    if news == "opened":
        stage.admit(ski, key=b"new", evidence=(b"new",))
    elif news == "changed":
        stage.admit(ski, key=b"leaf 1", evidence=(b"leaf 1", b"pasted"))
    else:
        stage.decide(ids[0], suzuki, Choice.REJECT)
    before = stage.store.audit.rows(1000, 0)
    with pytest.raises(ChangedError) as caught:
        decide(stage, sato, snapshot=token)
    assert vars(caught.value)["changes"].__getattribute__(news) == 1
    assert sum(getattr(caught.value.changes, name) for name in ("opened", "changed", "decided")) == 1
    assert stage.store.audit.rows(1000, 0) == before
    assert HoldState.APPROVED not in states(stage, ids)
    decide(stage, sato)
    assert HoldState.PENDING not in states(stage, ids)


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c.d", "0.1.99999999999999999999999.2027-04-28", "0.1.9.9999-12-31T23:59:59-23:59"]
)
def test_a_snapshot_that_nobody_took_decides_nothing(stage, staff, token):
    ids = files(stage, staff[3], 2)
    with pytest.raises(ChangedError):
        decide(stage, staff[1], snapshot=token or "-")
    assert states(stage, ids) == {HoldState.PENDING}


def test_more_mail_of_the_same_holds_changes_no_snapshot(stage, staff):
    _, sato, _, ski = staff
    files(stage, ski, 2)
    token = stage.store.campaigns.snapshot(only(stage).id, sato.id).token
    files(stage, ski, 2)
    assert decide(stage, sato, snapshot=token).states == {HoldState.APPROVED: 2}
    assert stage.store.releases.open_count() == 4


def test_one_hold_that_may_not_be_decided_stops_all(stage, staff):
    _, sato, _, ski = staff
    ids = files(stage, ski, 2)
    own = stage.message(mail_from="sato@example.co.jp")
    ids.append(stage.admit(ski, own, key=b"own", evidence=(b"own",)).hold_id)
    with pytest.raises(RefusedError) as caught:
        decide(stage, sato)
    assert caught.value.code == "own_address"
    assert states(stage, ids) == {HoldState.PENDING}
    assert stage.actions(only(stage).id) == ["campaign.refused"]
    assert decide(stage, staff[2]).states == {HoldState.APPROVED: 3}


@pytest.mark.parametrize("who", [0, None])
def test_operators_and_people_who_are_no_approvers_decide_no_campaign(stage, staff, who):
    ids = files(stage, staff[3], 2)
    person = staff[0] if who == 0 else stage.person("kansa", "auditor")
    with pytest.raises(RefusedError):
        decide(stage, person)
    assert states(stage, ids) == {HoldState.PENDING}


def test_two_persons_approve_what_comes_from_an_unknown_system(stage, staff):
    _, sato, suzuki, _ = staff
    ids = files(stage, UNDECLARED, 3, each=2)
    assert decide(stage, sato, cap=20).states == {HoldState.PENDING: 3}
    waiting = stage.store.campaigns.snapshot(only(stage).id, sato.id)
    assert (waiting.holds, waiting.agreed) == (0, 3)
    fresh = stage.admit(UNDECLARED, key=b"new", evidence=(b"new",)).hold_id
    assert decide(stage, sato).states == {HoldState.PENDING: 1}
    assert decide(stage, suzuki, cap=50).cap == 21  # what sato gave: 20 for three, and 1
    assert states(stage, [*ids, fresh]) == {HoldState.APPROVED}
    # Of the last hold the first of both saw only what was received.
    assert [stage.store.holds.get(hold_id).cap for hold_id in (*ids, fresh)] == [20, 20, 20, 1]


def later(stage, leaf, recipients=1):
    return stage.reserve(recipients, evidence=(leaf,), key=leaf)


def test_later_mail_of_approved_files_passes_up_to_the_cap_of_all_and_new_files_do_not(stage, staff):
    _, sato, _, ski = staff
    ids = files(stage, ski, 3)
    assert decide(stage, sato, cap=5).cap == 5
    assert later(stage, b"new") is None
    assert later(stage, b"leaf 0", 3) is None
    first = later(stage, b"leaf 0")
    assert later(stage, b"leaf 1") is not None
    assert later(stage, b"leaf 2") is None
    stage.store.holds.give_back(first)
    waiting = stage.admit(ski, key=b"leaf 2", evidence=(b"leaf 2",))
    assert (waiting.hold_id, waiting.outcome) == (ids[2], "waiting")
    assert stage.admit(ski, key=b"leaf 1", evidence=(b"leaf 1",)).outcome == "opened"


def test_without_a_number_only_what_was_received_goes(stage, staff):
    files(stage, staff[3], 2)
    assert decide(stage, staff[1]).cap is None
    assert later(stage, b"leaf 0") is None


@pytest.mark.parametrize("cap", [0, 2])
def test_a_cap_covers_all_recipients_of_the_campaign(stage, staff, cap):
    files(stage, staff[3], 3)
    with pytest.raises(RefusedError) as caught:
        decide(stage, staff[1], cap=cap)
    assert caught.value.code == "cap_too_low"


def test_an_approval_ends_with_its_hours(stage, staff):
    files(stage, staff[3], 2)
    decide(stage, staff[1], cap=9)
    stage.clock.forward(hours=23)
    assert later(stage, b"leaf 0") is not None
    stage.clock.forward(hours=2)
    assert later(stage, b"leaf 0") is None


def shown(stage, kind):
    """An arrival whose one finding is of `kind`."""
    arrival = stage.arrival(stage.ski, key=kind.value.encode(), evidence=(kind.value.encode(),))
    (finding,) = arrival.inspection.findings
    return replace(arrival, inspection=replace(arrival.inspection, findings=(replace(finding, kind=kind),)))


def test_holds_that_a_rule_could_tell_apart_are_decided_by_themselves(stage, staff, monkeypatch):
    _, sato, _, stage.ski = staff
    for kind in (Kind.NAME, Kind.PHONE, Kind.SPECIAL_CARE):
        stage.store.holds.admit(shown(stage, kind))
    files(stage, stage.ski, 5)
    seen = []
    real = type(stage.store.holds).settle
    monkeypatch.setattr(
        type(stage.store.holds), "settle", lambda self, tx, wish: seen.append(1) or real(self, tx, wish)
    )
    decide(stage, sato)
    assert len(seen) == 3  # the five files are like the one with a name


def test_persons_that_are_counted_again_are_counted_in_the_campaign(stage, staff):
    hold_id = files(stage, staff[3], 2)[0]
    stage.admit(staff[3], key=b"leaf 0", evidence=(b"leaf 0",), persons=9)
    assert only(stage).persons == 12
    assert stage.row(hold_id).persons == 9


def test_a_late_message_of_a_closed_hold_counts_nothing(stage, staff):
    files(stage, staff[3], 2)
    campaign = only(stage).id
    decide(stage, staff[1], Choice.REJECT)
    before = stage.store.campaigns.get(campaign)
    assert stage.admit(staff[3], key=b"leaf 0", evidence=(b"leaf 0",)).outcome == "closed"
    assert stage.store.campaigns.get(campaign) == before
    assert stage.store.holds.get(before.first_hold).progress.messages == {MessageState.REJECTED: 2}


def test_an_upgrade_names_the_reasons_of_all_holds_of_a_campaign(stage, staff):
    files(stage, staff[3], 2)
    stage.clock.forward(hours=1)
    files(stage, staff[3], 3, reasons=("recipient_mismatch",))
    whole = only(stage)
    assert whole.reasons == ("attachment", "recipient_mismatch")
    with stage.store._database.write() as tx:  # as grouping what was there left it
        tx.exec_driver_sql("UPDATE campaigns SET reasons = '[\"attachment\"]', last_seen = first_seen")
    stage.migrate("campaign_reasons")
    assert only(stage) == whole
