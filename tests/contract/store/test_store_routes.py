"""Routes in the store: approvals by number and organisation, raised and never lowered, again for later messages."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from mailguard.errors import ConflictError, RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Problem, ProblemKind, Source, SourceMode
from mailguard.routes import Escalation, Missing, Point, Requirement, Route, Routes, Ruling, Then, When
from mailguard.store.calendar import BusinessTime, add_business_days
from mailguard.store.saying import Said

CLIENT = "委託元"
MANY = Route("多数", Then(approvals=2, of=(Requirement(organisation=CLIENT),), business_days=2), When(persons=1_001))
PROBLEM = Problem(("a.zip",), ProblemKind.DAMAGED, key=b"damaged")
RULING = Ruling(Routes((MANY,)))


def ruled(arrival, ruling=RULING):
    return replace(arrival, ruling=ruling)


@pytest.fixture
def client(stage):
    """The approver of the client, whose the source is."""
    for source in stage.store.sources.all():
        stage.store.sources.change(replace(source, organisation=CLIENT), "test")
    return stage.store.people.add(
        login="kato", name="kato", email="kato@client.example", role="approver", password=None,
        organisation="委託元 ", actor="test",
    )  # fmt: skip


def held(stage, source, persons=3_719, ruling=RULING, **facts):
    return stage.store.holds.admit(ruled(stage.arrival(source, persons=persons, **facts), ruling)).hold_id


def routed(stage, hold_id):
    return stage.store.holds.get(hold_id).routed


def test_more_than_a_thousand_need_one_approver_of_the_client(stage, staff, client):
    _, sato, suzuki, source = staff
    hold_id = held(stage, source)
    assert (stage.row(hold_id).approvals_needed, routed(stage, hold_id).needs.names) == (2, ("多数",))
    assert routed(stage, hold_id).missing == Missing(2, ((CLIENT, 1),))
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    assert routed(stage, hold_id).missing == Missing(1, ((CLIENT, 1),))
    assert [person.login for person in routed(stage, hold_id).approved] == ["sato"]
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING  # two of the own company do not suffice
    assert routed(stage, hold_id).missing == Missing(1, ((CLIENT, 1),))
    assert stage.store.releases.claim(lease_seconds=9) is None
    assert stage.decide(hold_id, client) is HoldState.APPROVED
    assert not routed(stage, hold_id).missing
    assert stage.store.releases.claim(lease_seconds=9) is not None
    record = [row.detail for row in stage.store.audit.rows(100, 0, hold_id) if row.action == "hold.first_approval"]
    assert all(f'"{CLIENT}":1' in detail.replace(" ", "") for detail in record)
    assert "hold.route" in stage.actions(hold_id)


def test_the_client_alone_does_not_suffice_and_who_is_disabled_does_not_count(stage, staff, client):
    _, sato, suzuki, source = staff
    hold_id = held(stage, source)
    assert stage.decide(hold_id, client) is HoldState.PENDING
    assert routed(stage, hold_id).missing == Missing(1)
    stage.store.people.disable("kato", "test")
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING
    assert routed(stage, hold_id).missing == Missing(1, ((CLIENT, 1),))


def test_the_second_person_rule_stands_on_top(stage, client):
    source = stage.source(client, organisation=CLIENT, logins=("bulk",))  # the client's approver operates the source
    hold_id = held(stage, source)
    with pytest.raises(RefusedError) as refused:
        stage.decide(hold_id, client)
    assert refused.value.code == "own_source"


def test_below_the_limit_and_without_routes_one_approval_is_enough(stage, staff):
    _, sato, _, source = staff
    for number, (persons, ruling) in enumerate([(1_000, RULING), (3_719, Ruling(Routes()))]):
        hold_id = held(stage, source, persons, ruling, key=b"%d" % number, evidence=(b"%d" % number,))
        assert stage.row(hold_id).approvals_needed == 1
        assert stage.decide(hold_id, sato) is HoldState.APPROVED


def test_an_undeclared_source_needs_two_whatever_its_route_says(stage, staff):
    _, sato, suzuki, _ = staff
    one = Ruling(Routes((Route("x", Then(business_days=1)),)))
    hold_id = held(stage, Source("", "未登録", declared=False), ruling=one)
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    assert stage.decide(hold_id, suzuki) is HoldState.APPROVED


def test_a_message_that_brings_more_raises_what_is_needed_and_shortens_the_time(stage, staff, client):
    _, sato, suzuki, source = staff
    hold_id = held(stage, source, persons=10)
    opened, until = stage.clock(), stage.row(hold_id).expires_at
    assert until == add_business_days(opened, 3)
    stage.clock.forward(hours=1)
    held(stage, source, persons=2_000)
    assert stage.row(hold_id).approvals_needed == 2
    assert stage.row(hold_id).expires_at == add_business_days(stage.clock(), 2) < until
    held(stage, source, persons=5, ruling=Ruling(Routes()))  # the file is gone, what the hold needs is not
    assert stage.decide(hold_id, sato) is HoldState.PENDING
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING
    assert stage.decide(hold_id, client) is HoldState.APPROVED


def test_a_route_may_give_more_time_than_the_default(stage, staff):
    hold_id = held(stage, staff[3], ruling=Ruling(Routes((Route("x", Then(business_days=5)),))))
    assert stage.row(hold_id).expires_at == add_business_days(stage.clock(), 5)
    stage.clock.forward(days=1)
    held(stage, staff[3], ruling=Ruling(Routes((Route("y", Then(business_days=5)),))))
    assert stage.row(hold_id).expires_at == add_business_days(stage.clock() - timedelta(days=1), 5)  # never lengthened


def test_a_cap_that_reaches_the_recipients_of_a_route_needs_its_approvals(stage, staff):
    _, sato, suzuki, source = staff
    crowd = Ruling(Routes((Route("宛先多数", Then(approvals=2), When(recipients=100)),)))
    small = held(stage, source, ruling=crowd)
    assert stage.row(small).approvals_needed == 1
    assert stage.decide(small, sato, cap=99) is HoldState.APPROVED
    assert stage.reserve(98) is not None
    large = held(stage, source, ruling=crowd, key=b"2", evidence=(b"2",))
    assert stage.decide(large, sato, cap=100) is HoldState.PENDING
    assert routed(stage, large).missing == Missing(1)
    assert stage.reserve(1, key=b"2", evidence=(b"2",)) is None
    assert stage.decide(large, suzuki, cap=100) is HoldState.APPROVED
    assert stage.reserve(99, key=b"2", evidence=(b"2",)) is not None


def test_the_smaller_of_two_caps_counts(stage, staff):
    _, sato, suzuki, source = staff
    crowd = Ruling(Routes((Route("宛先多数", Then(approvals=3), When(recipients=100)),)))
    hold_id = held(stage, source, ruling=crowd)
    assert stage.decide(hold_id, sato, cap=1_000) is HoldState.PENDING
    assert stage.decide(hold_id, suzuki, cap=99) is HoldState.APPROVED  # for 99 recipients one is enough
    assert stage.store.holds.get(hold_id).cap == 99


def test_recipients_that_join_reach_a_route(stage, staff):
    crowd = Ruling(Routes((Route("宛先多数", Then(approvals=2), When(recipients=3)),)))
    hold_id = held(stage, staff[3], ruling=crowd)
    for needed in (1, 2, 2):
        held(stage, staff[3], ruling=crowd)
        assert stage.row(hold_id).approvals_needed == needed


def test_a_later_message_needs_every_organisation_again(stage, staff, client):
    _, sato, suzuki, source = staff
    hold_id = held(stage, source)
    for person in (sato, suzuki, client):
        state = stage.decide(hold_id, person, cap=100)
    assert state is HoldState.APPROVED
    # Two second persons remain, and none of the client: it sent this one itself.
    assert stage.reserve(mail_from="kato@client.example") is None
    assert stage.reserve(mail_from="sato@example.co.jp") is not None
    assert stage.reserve() is not None


def test_deliver_late_follows_the_route(stage, staff, client):
    _, sato, suzuki, source = staff
    hold_id = held(stage, source)
    for person in (sato, client):
        stage.decide(hold_id, person)
    stage.clock.forward(hours=13)
    assert stage.store.releases.ask_late(12) == 1
    answer = {"choice": Choice.DELIVER_LATE, "reason": "確認済み"}
    for person, open_ in ((sato, True), (suzuki, True), (client, False)):
        stage.store.releases.decide_rest(hold_id, revision=stage.row(hold_id).revision, person_id=person.id, **answer)
        assert (stage.row(hold_id).asked_at is not None) is open_


def parts(stage, source, persons, ruling=RULING):
    """Two holds of one mailing, each with so many persons."""
    return [held(stage, source, persons, ruling, key=number, evidence=(number,)) for number in (b"first", b"second")]


def test_later_mail_needs_what_the_whole_mailing_needs_and_not_its_hold_alone(stage, staff, client):
    _, sato, suzuki, source = staff
    one, two = parts(stage, source, 600)
    assert stage.decide(one, sato) is HoldState.APPROVED
    assert stage.reserve(evidence=(b"first",), key=b"first", persons=600) is not None
    assert stage.decide(two, sato) is HoldState.PENDING  # 1,200 by now
    assert stage.decide(two, client) is HoldState.APPROVED
    # Two of them stand behind the second hold, and one behind the first: that alone is not enough for the mailing.
    assert stage.reserve(evidence=(b"second",), key=b"second", persons=600) is not None
    assert stage.reserve(evidence=(b"first",), key=b"first", persons=600) is None
    assert routed(stage, one).approvals == 2
    assert suzuki.enabled


def test_a_cap_that_holds_share_is_counted_once(stage, staff):
    rule = Ruling(Routes((Route("x", Then(approvals=2), When(recipients=60)),)))
    parts(stage, staff[3], 3, rule)
    [campaign] = stage.store.campaigns.recent()
    token = stage.store.campaigns.snapshot(campaign.id, staff[1].id).token
    stage.store.campaigns.decide(
        campaign.id, snapshot=token, choice=Choice.APPROVE, person_id=staff[1].id, reason="x", cap=50
    )
    later = stage.later(evidence=(b"first",), key=b"first")
    assert stage.store.holds.reserve(ruled(later, rule)) is not None


def test_to_deliver_late_what_the_whole_mailing_needs_counts(stage, staff, client):
    _, sato, suzuki, source = staff
    one, two = parts(stage, source, 600)
    stage.decide(one, sato)
    for person in (sato, client):
        stage.decide(two, person)
    stage.clock.forward(hours=13)
    assert stage.store.releases.ask_late(12) == 2
    answer = {"choice": Choice.DELIVER_LATE, "reason": "確認済み"}
    for person, open_ in ((sato, True), (suzuki, True), (client, False)):
        stage.store.releases.decide_rest(one, revision=stage.row(one).revision, person_id=person.id, **answer)
        assert (stage.row(one).asked_at is not None) is open_


@pytest.mark.parametrize("facts", [{"mode": SourceMode.EVERY_MAILING}, {"grounds": ("special_care",)}])
def test_mode_and_grounds_come_with_the_message(stage, staff, facts):
    when = (
        When(modes=frozenset({SourceMode.EVERY_MAILING}))
        if "mode" in facts
        else When(grounds=frozenset({"special_care"}))
    )
    routes = Routes((Route("x", Then(approvals=2), when),))
    hold_id = held(stage, staff[3], ruling=Ruling(routes))
    assert stage.row(hold_id).approvals_needed == 1
    held(stage, staff[3], ruling=Ruling(routes, **facts))
    assert stage.row(hold_id).approvals_needed == 2


def test_mail_that_only_claims_to_come_from_a_source_is_on_its_routes(stage, staff):
    routes = Routes((Route("x", Then(approvals=3), When(sources=frozenset({"a+b"}))),))
    hold_id = held(stage, Source("from:a%2Bb+c", "?", declared=False), ruling=Ruling(routes))
    assert stage.row(hold_id).approvals_needed == 3


def test_what_is_found_later_raises_it(stage, staff):
    hold_id = held(stage, staff[3], persons=3)
    arrival = stage.arrival(staff[3], persons=2_000)
    assert stage.store.unlocking.settle(
        hold_id, 0, replace(arrival.inspection, problems=(PROBLEM,)), arrival.verdict, RULING
    )
    assert (stage.row(hold_id).persons, stage.row(hold_id).approvals_needed) == (2_000, 2)


def test_of_two_who_decide_at_once_one_wins_and_the_other_hears_who_and_when(stage, staff, client):
    _, sato, _, source = staff
    hold_id = held(stage, source, persons=3)

    def attempt(wish):
        person, choice = wish
        try:
            return stage.decide(hold_id, person, choice, revision=1)
        except ConflictError as conflict:
            return str(conflict)

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(attempt, [(sato, Choice.APPROVE), (client, Choice.REJECT)]))
    [won] = [answer for answer in told if isinstance(answer, HoldState)]
    winner = sato if won is HoldState.APPROVED else client
    [heard] = [answer for answer in told if not isinstance(answer, HoldState)]
    assert winner.id in heard
    assert stage.clock().isoformat() in heard
    assert stage.row(hold_id).state is won


def test_of_two_approvals_at_once_that_are_both_needed_the_last_sends(stage, staff, client):
    hold_id = held(stage, staff[3])
    with ThreadPoolExecutor(2) as pool:
        states = list(pool.map(lambda person: stage.decide(hold_id, person, revision=1), (staff[1], client)))
    assert sorted(states) == [HoldState.APPROVED, HoldState.PENDING]
    assert stage.row(hold_id).state is HoldState.APPROVED
    assert stage.store.audit.verify() is None


def test_a_new_key_and_another_process_know_what_a_hold_needs(stage, staff, client):
    hold_id = held(stage, staff[3])
    stage.reopen()
    assert stage.decide(hold_id, staff[1]) is HoldState.PENDING
    assert routed(stage, hold_id).missing == Missing(1, ((CLIENT, 1),))


POINTS = (Point("who", "宛先は本人だけ", "Only their own"),)
MORE = (Point("basis", "法的な根拠", "The legal basis"),)


def test_the_checklist_of_its_routes_is_ticked_and_that_of_its_cap_too(stage, staff):
    _, sato, _, source = staff
    routes = (Route("a", Then(checklist=POINTS)), Route("b", Then(checklist=MORE), When(recipients=100)))
    hold_id = held(stage, source, ruling=Ruling(Routes(routes)))
    shown = stage.store.holds.checklist(hold_id)
    assert [(point.id, point.required, point.english) for point in shown] == [
        ("who", True, "Only their own"),
        ("basis", False, "The legal basis"),
    ]

    def approve(cap, *checked):
        return stage.store.holds.decide(
            hold_id,
            revision=1,
            choice=Choice.APPROVE,
            person_id=sato.id,
            reason="x",
            cap=cap,
            said=Said(checked=checked),
        )

    for cap, checked in ((9, ()), (100, ("who",))):
        with pytest.raises(RefusedError) as refused:
            approve(cap, *checked)
        assert refused.value.code == "checklist"
    assert approve(9, "who") is HoldState.APPROVED


def test_people_are_reminded_when_the_route_says_so_and_others_are_told_late(stage, staff):
    boss = stage.person("boss", "administrator")
    then = Then(reminders=("4h", 0.25), escalate_to=(Escalation(at=0.5, login="BOSS"),))
    hold_id = held(stage, staff[3], ruling=Ruling(Routes((Route("x", then),))))
    row, heard = stage.row(hold_id), []
    shares = [BusinessTime.share(row.first_seen, row.expires_at, share) for share in (0.2, 0.3, 0.45, 0.5, 0.8)]
    for moment in (*shares, row.expires_at - timedelta(hours=4)):
        stage.clock.now = moment
        before = set(stage.store.notices.pending(1000))
        stage.store.reminders.tell_due()
        stage.clock.forward(minutes=1)
        heard.append(sorted({one.person.login for one in set(stage.store.notices.pending(1000)) - before}))
    both = ["sato", "suzuki"]
    assert heard == [[], both, [], ["boss", *both], [], both]
    assert boss.enabled


def test_a_route_that_fits_later_reminds_anew(stage, staff):
    hold_id = held(stage, staff[3], persons=3)
    row = stage.row(hold_id)
    stage.clock.now = row.first_seen + 0.9 * (row.expires_at - row.first_seen)
    assert stage.store.reminders.tell_due() == 1
    stage.clock.forward(seconds=1)
    held(stage, staff[3], persons=2_000)
    assert stage.store.reminders.tell_due() == 1
    assert stage.store.reminders.tell_due() == 0


@pytest.mark.parametrize(
    ("when", "cap"), [(When(recipients=6), None), (When(persons=6), None), (When(recipients=50), 50)]
)
def test_what_is_decided_together_counts_together(stage, staff, client, when, cap):
    ruling = Ruling(Routes((Route("x", Then(of=(Requirement(organisation=CLIENT),)), when),)))
    for number in (b"1", b"2", b"3"):
        for _ in range(2):
            hold_id = held(stage, staff[3], persons=2, ruling=ruling, key=number, evidence=(number,))
    [mailing] = stage.store.campaigns.recent()

    def decide(person):
        token = stage.store.campaigns.snapshot(mailing.id, person.id).token
        wish = {"snapshot": token, "choice": Choice.APPROVE, "person_id": person.id, "reason": "x", "cap": cap}
        return stage.store.campaigns.decide(mailing.id, **wish).states

    assert decide(staff[1]) == {HoldState.PENDING: 3}
    assert stage.row(hold_id).state is HoldState.PENDING
    assert decide(client) == {HoldState.APPROVED: 3}
