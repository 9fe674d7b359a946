"""Stops and organisations: who may stop what, who reads why, and who is told."""

from dataclasses import dataclass

import pytest
from stage import Stage

from mailguard.errors import NotFoundError, RefusedError
from mailguard.store.audit import CLI
from mailguard.store.views import Person


@dataclass
class Folk:
    tanaka: Person
    sato: Person
    suzuki: Person
    client: Person
    other: Person


@pytest.fixture
def folk(stage: Stage):
    """An operator, two approvers of the own company, one of client A and one of client B; sources of A and of nobody."""
    made = Folk(
        stage.person("tanaka", "operator"), stage.person("sato"), stage.person("suzuki"),
        stage.person("client", organisation="A商会"), stage.person("other", organisation="B商会"),
    )  # fmt: skip
    stage.source(made.tanaka, organisation="A商会", logins=("bulk",))
    stage.source(made.tanaka, name="bus", logins=("bus",))
    return made


def refused(call, *arguments):
    with pytest.raises(RefusedError) as caught:
        call(*arguments)
    return caught.value.code


def test_an_approver_of_a_client_stops_what_he_sees_and_never_all(stage, folk):
    stops = stage.store.stops
    assert refused(stops.stop_all, folk.client.id, "x") == "stop_all_own"
    with pytest.raises(NotFoundError):
        stops.stop_source(folk.client.id, "bus", "x")
    hidden = stage.admit(next(one for one in stage.store.sources.all() if one.id == "bus"), key=b"bus").hold_id
    with pytest.raises(NotFoundError):
        stops.stop_campaign(folk.client.id, hidden, "x")
    mine = stops.stop_source(folk.client.id, "ski", "our list is wrong")
    assert stops.recent(viewer=folk.client.id) == [mine]
    assert stops.recent(viewer=folk.other.id) == []
    assert [stops.may_all(person.id) for person in (folk.sato, folk.client)] == [True, False]


def test_that_all_is_stopped_is_for_everybody_and_why_for_the_own_company(stage, folk):
    stops = stage.store.stops
    stop = stops.stop_all(folk.sato.id, "client B's list is wrong")
    stops.ask_end(folk.sato.id, stop.id, "it was the right one")
    for person in (folk.sato, folk.tanaka):
        [seen] = stops.active(person.id)
        assert (seen.reason, seen.asked, seen.name) == (stop.reason, "it was the right one", "sato Yamada")
    hold_id = stage.admit(next(one for one in stage.store.sources.all() if one.id == "ski")).hold_id
    for hidden in (
        *stops.active(folk.client.id),
        *stops.recent(viewer=folk.client.id),
        *stops.over(hold_id, folk.client.id),
    ):
        assert (hidden.id, hidden.at) == (stop.id, stop.at)
        assert not any((hidden.reason, hidden.asked, hidden.name, hidden.by, hidden.asked_by, hidden.asked_name))
    assert refused(stops.agree_end, folk.client.id, stop.id) == "stop_all_own"
    stops.agree_end(folk.suzuki.id, stop.id)
    assert stops.recent(viewer=folk.client.id)[0].ended_name == ""


def test_what_an_approver_of_a_client_asked_counts_for_no_stop_of_all(stage, folk):
    stop = stage.store.stops.stop_all(CLI, "x")
    assert refused(stage.store.stops.ask_end, folk.client.id, stop.id, "x") == "stop_all_own"
    assert stage.store.stops.active()[0].asked_by == ""


def test_a_deputy_of_the_own_company_stands_in_for_it(stage, folk):
    day = stage.clock().date().isoformat()
    stage.store.deputies.add(folk.sato.id, folk.client.id, day, day, "test")
    stop = stage.store.stops.stop_all(folk.client.id, "x")
    assert stage.store.stops.active(folk.client.id)[0].reason == "x"
    stage.clock.forward(days=2)
    assert stage.store.stops.active(folk.client.id)[0].reason == ""
    assert refused(stage.store.stops.ask_end, folk.client.id, stop.id, "x") == "stop_all_own"


def test_only_those_hear_of_a_stop_who_see_it(stage, folk):
    stops = stage.store.stops
    stops.stop_source(CLI, "ski", "x")
    assert stage.heard("stop_begun") == ["client", "sato", "suzuki", "tanaka"]
    stops.stop_source(CLI, "bus", "x")
    assert stage.heard("stop_begun").count("client") == 1
    hold_id = stage.admit(next(one for one in stage.store.sources.all() if one.id == "bus"), key=b"bus").hold_id
    stops.stop_campaign(CLI, hold_id, "x")
    assert [stage.heard("stop_begun").count(who) for who in ("client", "sato", "tanaka", "other")] == [1, 3, 3, 0]
    stops.stop_all(CLI, "x")
    assert "other" in stage.heard("stop_begun")  # their mail stands still, too


def test_nothing_is_let_through_a_stop_of_all_by_a_client(stage, folk):
    hold_id = stage.admit(next(one for one in stage.store.sources.all() if one.id == "ski")).hold_id
    stage.decide(hold_id, folk.client)
    stage.store.stops.stop_all(CLI, "x")
    let = stage.store.let_through
    assert refused(let.ask, hold_id, folk.client.id, "apology") == "stop_all_own"
    let.ask(hold_id, folk.sato.id, "apology")
    assert refused(let.agree, hold_id, folk.client.id) == "stop_all_own"
    let.agree(hold_id, folk.suzuki.id)
    assert stage.store.releases.claim(lease_seconds=60).hold_id == hold_id


def test_all_sending_is_paused_by_the_own_company_only_and_it_alone_reads_why(stage, folk):
    switch = stage.store.switch
    assert refused(switch.pause, folk.client.id, "x") == "not_switch"
    switch.pause(folk.sato.id, "client B asked for it")
    assert refused(switch.resume, folk.client.id) == "not_switch"
    hidden, shown = switch.state(folk.client.id), switch.state(folk.tanaka.id)
    assert (hidden.reason, hidden.name, shown.reason, shown.name) == ("", "", "client B asked for it", "sato Yamada")
    switch.resume(folk.suzuki.id)
    assert switch.recent(viewer=folk.client.id)[0].ended_name == ""
