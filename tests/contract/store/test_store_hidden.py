"""What is not a hold but tells of one: stops, lists of who was reached, monitored mailings, contacts, stop-list entries."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from stage import Stage

from mailguard import leak
from mailguard.config import ReportSection
from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.model import Finding, Inspection, Kind, Source
from mailguard.policy import Report
from mailguard.store.audit import CLI
from mailguard.store.reach import About, Reached
from mailguard.store.views import Person
from mailguard.store.watched_mailings import WatchedMail
from mailguard.store.watching import Watched

TODAY, TOMORROW = "2027-04-28", "2027-04-29"
PHONE = Inspection(
    findings=(Finding("phone", Kind.PHONE, ("a.csv",), "2", 1, 1, ("03-****-**00",), (b"p" * 16,), key=b"leaf"),),
    persons=3,
    subject_key=b"subject",
)


@dataclass
class Folk:
    tanaka: Person
    sato: Person
    suzuki: Person
    client: Person
    other: Person


@pytest.fixture
def folk(stage: Stage):
    """An operator, two approvers of the own company, one of client A, one of client B."""
    return Folk(
        stage.person("tanaka", "operator"),
        stage.person("sato"),
        stage.person("suzuki"),
        stage.person("client", organisation="A商会"),
        stage.person("other", organisation="B商会"),
    )


@pytest.fixture
def hold(stage, folk):
    """Held of client A's source, with a phone number that could be published."""
    source = stage.source(folk.tanaka, organisation="A商会", logins=("bulk",))
    return stage.store.holds.admit(dataclasses.replace(stage.arrival(source), inspection=PHONE)).hold_id


def code(call, *arguments, **more):
    with pytest.raises(RefusedError) as caught:
        call(*arguments, **more)
    return caught.value.code


def test_a_stop_is_seen_by_those_whose_mail_it_stops(stage, folk, hold):
    stops = stage.store.stops
    for begin in (stops.stop_source, stops.stop_campaign):
        with pytest.raises(NotFoundError):
            begin(folk.other.id, "ski" if begin == stops.stop_source else hold, "x")
    source = stops.stop_source(folk.client.id, "ski", "x")
    campaign = stops.stop_campaign(folk.sato.id, hold, "x")
    for person in (folk.tanaka, folk.sato, folk.client):
        assert [stop.id for stop in stops.active(person.id)] == [campaign.id, source.id]
    assert stops.active(folk.other.id) == stops.recent(viewer=folk.other.id) == []
    for call in (stops.ask_end, lambda *given: stops.agree_end(*given[:2])):
        with pytest.raises(NotFoundError):
            call(folk.other.id, source.id, "x")
    with pytest.raises(RefusedError):
        stops.stop_all(folk.other.id, "x")
    everything = stops.stop_all(folk.sato.id, "x")
    assert [stop.id for stop in stops.active(folk.other.id)] == [everything.id]
    assert len(stops.active()) == 3
    assert [one.id for one in stage.store.sources.all(folk.client.id)] == ["ski"]
    assert stage.store.sources.all(folk.other.id) == []


def test_who_was_reached_is_told_of_what_one_sees(stage, folk, hold):
    take = stage.store.reach.take
    assert take(About((hold,)), folk.client.id).counts == {Reached.WAITING: 1}
    for about in (About((hold,)), About(campaign=hold)):
        with pytest.raises(NotFoundError):
            take(about, folk.other.id)
    assert take(About(source="ski"), folk.other.id).rows == ()
    assert len(take(About(source="ski"), folk.client.id).rows) == 1


def test_monitored_mailings_and_campaigns_are_drafted_by_who_sees_them(stage, folk, hold):
    stage.store.watching.count_all([Watched("ski", ("x",), WatchedMail.of(PHONE, 1)), Watched("", ("x",), None)])
    mailings = stage.store.watched_mailings
    [one] = mailings.days(viewer=folk.client.id)
    assert mailings.days(viewer=folk.other.id) == []
    campaign = stage.store.campaigns.of(hold).id
    now = datetime(2027, 4, 28, 1, tzinfo=UTC)
    for wish in (leak.Wish([], monitored=[one.id]), leak.Wish([], campaigns=[campaign])):
        with pytest.raises(NotFoundError):
            leak.gathered(stage.store, wish, ReportSection(), Report(), folk.other.id, now)
        for actor in (folk.client.id, CLI):
            assert len(leak.gathered(stage.store, wish, ReportSection(), Report(), actor, now).mailings) == 1
    assert [row.actor for row in stage.store.audit.rows(10, 0, one.id)] == [CLI, folk.client.id]


def test_contacts_are_those_of_holds_one_sees(stage, folk, hold):
    contacts = stage.store.public_contacts
    with pytest.raises(NotFoundError):
        contacts.offers(hold, folk.other.id)
    with pytest.raises(NotFoundError):
        contacts.ask(hold, "0.0", folk.other.id, revision=1, reason="x")
    entry = contacts.ask(hold, "0.0", folk.tanaka.id, revision=1, reason="x")
    assert [one.id for one in contacts.all(viewer=folk.client.id)] == [entry]
    assert contacts.all(viewer=folk.other.id) == []
    for call in (contacts.agree, contacts.end, contacts.barred):
        with pytest.raises(NotFoundError):
            call(entry, folk.other.id)
    contacts.agree(entry, folk.client.id)
    assert len(contacts.latest()) == 1


def test_a_deputy_agrees_to_a_contact_but_not_to_that_of_the_absent_one(stage, folk, hold):
    contacts, root = stage.store.public_contacts, stage.person("root", "administrator")
    entry = contacts.ask(hold, "0.0", folk.sato.id, revision=1, reason="x")
    assert contacts.barred(entry, root.id) == "not_approver"
    stage.store.deputies.add(folk.sato.id, root.id, TODAY, TOMORROW, "test")
    assert code(contacts.agree, entry, root.id) == "contact_own"
    stage.store.deputies.add(folk.suzuki.id, folk.tanaka.id, TODAY, TOMORROW, "test")
    assert contacts.barred(entry, folk.tanaka.id) == "not_approver", "whoever operates the source is nobody's voice"
    guest = stage.person("guest", "operator")
    stage.store.deputies.add(folk.suzuki.id, guest.id, TODAY, TOMORROW, "test")
    assert contacts.barred(entry, guest.id) is None
    contacts.agree(entry, guest.id)
    assert len(contacts.latest()) == 1


def test_a_contact_asked_by_a_deputy_is_not_agreed_to_by_the_absent_one(stage, folk, hold):
    contacts, root = stage.store.public_contacts, stage.person("root", "administrator")
    stage.store.deputies.add(folk.sato.id, root.id, TODAY, TOMORROW, "test")
    entry = contacts.ask(hold, "0.0", root.id, revision=1, reason="x")
    assert code(contacts.agree, entry, folk.sato.id) == "contact_own"
    contacts.agree(entry, folk.suzuki.id)


def test_a_deputy_lets_a_mailing_through_a_stop_but_nobodys_right_counts_twice(stage, folk, hold):
    root, through = stage.person("root", "administrator"), stage.store.let_through
    stage.decide(hold, folk.sato)
    stage.store.stops.stop_source(CLI, "ski", "x")
    assert code(through.ask, hold, root.id, "x") == "not_approver"
    stage.store.deputies.add(folk.sato.id, root.id, TODAY, TOMORROW, "test")
    through.ask(hold, root.id, "x")
    for person in (folk.sato, root):
        assert code(through.agree, hold, person.id) == "exception_asked"
    assert stage.store.releases.claim(lease_seconds=60) is None
    through.agree(hold, folk.suzuki.id)
    assert stage.store.releases.claim(lease_seconds=60).hold_id == hold


def test_what_a_deputy_asked_counts_only_while_deputy(stage, folk, hold):
    root, through = stage.person("root", "administrator"), stage.store.let_through
    stage.decide(hold, folk.sato)
    stage.store.stops.stop_source(CLI, "ski", "x")
    deputy = stage.store.deputies.add(folk.sato.id, root.id, TODAY, TOMORROW, "test")
    through.ask(hold, root.id, "x")
    stage.store.deputies.end(deputy.id, "test")
    with pytest.raises(ConflictError, match="Ask first"):
        through.agree(hold, folk.suzuki.id)


def test_clients_know_and_add_entries_of_their_own_sources_only(stage, folk, hold):
    stop_list, bus = stage.store.stop_list, Source("bus", "B", organisation="B商会")
    stage.store.sources.add(bus, "test")
    stop_list.add(folk.sato.id, address="a@example.com")
    own = stop_list.add(folk.client.id, address="b@example.com", sources=["ski"])
    stop_list.add(folk.sato.id, address="c@example.com", sources=["ski", "!bus"])
    for sources in ([], ["bus"], ["ski", "bus"], ["!bus"], ["ski", "!bus"]):
        assert code(stop_list.add, folk.client.id, address="d@example.com", sources=sources) == "stop_list_scope"
    assert [entry.id for entry in stop_list.entries(folk.client.id)] == [own.id]
    assert stop_list.entries(folk.other.id) == []
    stop_list.take_file("/etc/list.csv", b"k" * 16, [])
    assert stop_list.files(folk.client.id) == []
    assert len(stop_list.files(folk.tanaka.id)) == 1
    assert len(stop_list.entries(folk.tanaka.id)) == len(stop_list.entries()) == 3
