"""A stop of one mailing: what its tool calls so, whatever its subject; else its subject. Also of mail that comes later."""

from dataclasses import replace

import pytest
from stage import ACCEPTED

from mailguard.errors import ConflictError, NotFoundError
from mailguard.lifecycle import HoldState
from mailguard.store.audit import CLI
from mailguard.store.grouping import campaign_key
from mailguard.store.reach import About
from mailguard.store.views import Clearance


def arrival(stage, source, leaf, *, name=b"", subject=b"subject", **facts):
    made = stage.arrival(source, evidence=(leaf,), key=subject + leaf, subject_key=subject, **facts)
    return replace(made, inspection=replace(made.inspection, mailing_key=name))


def admit(stage, source, leaf, **facts):
    return stage.store.holds.admit(arrival(stage, source, leaf, **facts)).hold_id


def claimed(stage):
    found = stage.store.releases.claim(lease_seconds=60)
    return found.hold_id if found else None


def still(stage, mail):
    key = campaign_key(stage.store.digester, mail.source, mail.inspection)
    return stage.store.stops.latest().holds_back(mail.source.id, mail.inspection.subject_key, campaign_key=key)


def test_mail_that_the_tool_calls_the_same_mailing_stands_still_whatever_its_subject(stage, staff):
    source = staff[3]
    first = admit(stage, source, b"one", name=b"17", subject=b"A")
    second = admit(stage, source, b"two", name=b"17", subject=b"B")
    other = admit(stage, source, b"three", name=b"18", subject=b"C")
    for hold_id in (first, second, other):
        stage.decide(hold_id, staff[1])
    token = stage.store.releases.claim(lease_seconds=60).token
    stop = stage.store.stops.stop_campaign(CLI, first, "wrong list")
    assert stage.store.releases.clearance([token])[token] is Clearance.PAUSED
    assert claimed(stage) == other
    assert claimed(stage) is None
    assert [one.id for one in stage.store.stops.over(second)] == [stop.id]
    assert stage.store.stops.over(other) == []
    # New mail: another subject again, days later, under no hold yet; and a mailing that is begun anew under another name.
    stage.clock.forward(days=3)
    assert still(stage, arrival(stage, source, b"x", name=b"17", subject=b"D"))
    assert still(stage, arrival(stage, source, b"x", name=b"19", subject=b"A"))
    assert not still(stage, arrival(stage, source, b"x", name=b"18", subject=b"D"))
    assert stage.store.holds.reserve(arrival(stage, source, b"two", name=b"17", subject=b"B")) is None
    with pytest.raises(ConflictError, match=stop.id):
        stage.store.stops.stop_campaign(CLI, second, "again")


def test_a_mailing_without_a_name_is_known_by_its_subject(stage, staff):
    hold_id = admit(stage, staff[3], b"one")
    stage.store.stops.stop_campaign(CLI, hold_id, "x")
    assert still(stage, arrival(stage, staff[3], b"x"))
    assert still(stage, arrival(stage, staff[3], b"x", name=b"17"))
    assert not still(stage, arrival(stage, staff[3], b"x", subject=b"B"))


def test_mail_of_a_stopped_mailing_does_not_go_out_with_a_hold_of_another(stage, staff):
    source = staff[3]
    stopped = admit(stage, source, b"one", name=b"17", subject=b"A")
    free = admit(stage, source, b"list", name=b"18", subject=b"B")
    stage.decide(free, staff[1])
    assert stage.store.releases.record(
        stage.store.releases.claim(lease_seconds=60).token, [], stage.clock(), give_up=True
    )
    stage.store.stops.stop_campaign(CLI, stopped, "x")
    # The same subject and file as the hold that goes out, of the mailing that stands still.
    mail = arrival(stage, source, b"list", name=b"17", subject=b"B")
    assert stage.store.holds.reserve(mail) is None
    admission = stage.store.holds.admit(mail)
    assert (admission.hold_id == free, admission.state) == (False, HoldState.PENDING)
    assert claimed(stage) is None
    assert stage.store.holds.admit(mail).hold_id == admission.hold_id


def test_mail_goes_under_a_hold_of_its_own_mailing_only_while_neither_stands_still(stage, staff):
    source = staff[3]
    held = admit(stage, source, b"list", name=b"17", subject=b"A")
    stage.decide(held, staff[1])
    mail = arrival(stage, source, b"list", name=b"18", subject=b"A")
    other = admit(stage, source, b"other", name=b"17", subject=b"B")
    stop = stage.store.stops.stop_campaign(CLI, other, "x")
    assert stage.store.holds.reserve(mail) is None  # it would go under a hold that stands still
    stage.store.stops.ask_end(staff[1].id, stop.id, "x")
    stage.store.stops.agree_end(staff[2].id, stop.id)
    assert stage.store.holds.reserve(mail).hold_id == held


def test_a_campaign_is_stopped_by_its_own_id_and_by_those_who_see_it(stage, staff):
    client = stage.person("client", organisation="B商会")
    hold_id = admit(stage, staff[3], b"one", name=b"17")
    campaign = stage.store.campaigns.of(hold_id).id
    with pytest.raises(NotFoundError):
        stage.store.stops.stop_campaign(client.id, campaign, "x")
    stop = stage.store.stops.stop_campaign(staff[1].id, campaign, "x")
    assert (stop.hold_id, stage.store.stops.over(hold_id)[0].id) == (hold_id, stop.id)


def test_who_was_reached_is_told_of_the_whole_mailing(stage, staff):
    first = admit(stage, staff[3], b"one", name=b"17", subject=b"A")
    second = admit(stage, staff[3], b"two", name=b"17", subject=b"B")
    admit(stage, staff[3], b"three", name=b"18", subject=b"C")
    for about in (first, stage.store.campaigns.of(second).id):
        rows = stage.store.reach.take(About(campaign=about), CLI).rows
        assert {row.hold_id for row in rows} == {first, second}


def test_a_claim_knows_that_its_mailing_stood_still_and_the_report_says_so(stage, staff):
    first = admit(stage, staff[3], b"one", name=b"17", subject=b"A")
    second = admit(stage, staff[3], b"two", name=b"17", subject=b"B")
    stage.decide(second, staff[1])
    token = stage.store.releases.claim(lease_seconds=60).token
    stage.store.releases.record(token, [], stage.clock())
    stop = stage.store.stops.stop_campaign(CLI, first, "x")
    stage.clock.forward(hours=2)
    stage.store.stops.ask_end(staff[1].id, stop.id, "x")
    stage.store.stops.agree_end(staff[2].id, stop.id)
    claim = stage.store.releases.claim(lease_seconds=60)
    assert [(end - begin).total_seconds() for begin, end in claim.pauses] == [7200]
    stage.record(claim, ACCEPTED)
    [departure] = stage.store.departures.take([second], CLI)
    assert [step.action for step in departure.steps if step.action.startswith("stop.")] == [
        "stop.begun", "stop.end_asked", "stop.ended",
    ]  # fmt: skip
